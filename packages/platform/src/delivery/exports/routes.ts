import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { exportsApi as api, KaizenError } from '@kaizen/contracts'
import { type Route, route } from '../../http/index.ts'
import type { RegistryService } from '../../registry/index.ts'
import type { BlobStore, Database } from '../../storage/index.ts'
import { ExportQueue } from './export-queue.ts'
import { largestBytes } from './model.ts'
import { withFiles } from './tar.ts'

export interface ExportRouteDeps {
  readonly registry: RegistryService
  readonly database: Database
  readonly blobs: BlobStore
}

/** Bundles of models as tar archives. */
export function exportRoutes({ registry, database, blobs }: ExportRouteDeps): readonly Route[] {
  const queue = new ExportQueue()
  return [
    route(api.version, async ({ params: { name, version }, query, reply }) => {
      const { reader } = database
      const found = version.startsWith('@')
        ? await registry.versionByAlias(reader, name, version.slice(1))
        : await registry.version(reader, name, Number(version))
      if (found.modelDigest === null) {
        throw new KaizenError(
          'UNSUPPORTED',
          `version ${found.version} of "${found.name}" holds no ONNX file, so nothing can be written from it`,
          { hint: 'Log the model in the ONNX flavour and register that; only ONNX is exported.' },
        )
      }
      checkSize(found.modelSizeBytes ?? 0)
      const { description } = found
      const follow =
        query.to === 'edge'
          ? {
              alias: version.startsWith('@') ? version.slice(1) : 'champion',
              publicKey: await registry.signatures.trustedKey(reader, found),
            }
          : undefined
      const content = await blobs.bytes(found.modelDigest)
      const { archive, digest } = await queue.archive({
        target: query.to,
        source: { name, version: found.version, description, content, follow },
      })
      const signature = await registry.signatures.signExport(reader, found, digest)
      const proof = { 'SIGNATURE.json': `${JSON.stringify(signature, null, 2)}\n` }
      reply.header('content-type', 'application/x-tar')
      await reply.send(signature ? withFiles(archive, proof) : archive)
    }),
    route(api.file, async ({ query, body, reply }) => {
      const content = await readBody((body as Readable | undefined) ?? [])
      const source = { name: query.name, version: null, description: '', content }
      reply.header('content-type', 'application/x-tar')
      await reply.send((await queue.archive({ target: query.to, source })).archive)
    }),
  ]
}

/** The whole body, refused as soon as it is too long. */
async function readBody(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Buffer> {
  let sizeBytes = 0
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      sizeBytes += chunk.length
      checkSize(sizeBytes)
      yield chunk
    }
  }
  return buffer(counted())
}

function checkSize(sizeBytes: number): void {
  if (sizeBytes <= largestBytes) return
  throw new KaizenError('TOO_LARGE', `models over ${largestBytes / 2 ** 20} MiB are not exported`, {
    hint: 'Download its file from the registry.',
  })
}
