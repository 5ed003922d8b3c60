import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { KaizenError } from '@kaizen/contracts/errors'
import type { BlobInfo, BlobRetirement, BlobStore, ByteRange, PutOptions } from '../blobs/blobs.ts'
import { openFileBlobs } from '../blobs/file-blobs.ts'
import { LocalCopies } from '../blobs/local-copies.ts'
import { checkDigest, checkSize, requireDigest, writeAside } from '../blobs/write-aside.ts'
import { S3Client, type S3ClientOptions } from './s3-client.ts'
import { directTransfer } from './s3-direct.ts'
import {
  abortUploadsBefore,
  copyObject,
  listBlobs,
  partBytes,
  putObject,
  removeObject,
  statObject,
  uploadFile,
} from './s3-objects.ts'
import { resumableRead } from './s3-read.ts'
import type { S3Settings } from './s3-settings.ts'

export const blobKey = (digest: string): string =>
  `blobs/${requireDigest(digest).slice(0, 2)}/${digest}`
/** Long enough for an engine to open the file that it was given. */
const sparedCopiesMs = 10 * 60_000
const defaultLocalCopiesBytes = 20 * 1024 ** 3

export interface S3BlobOptions extends S3ClientOptions {
  /** How much disk the local copies of content may take. */
  readonly localCopiesBytes?: number
}

const retiredKey = (digest: string): string => `retired/${requireDigest(digest)}`

/**
 * Content-addressed blobs in a bucket. Content passes through a file of `workFolder` on its way in, because its digest
 * is its key: so a copy that is there already is not sent, and a part that fails is sent again from the file. Copies for
 * engines that read files are kept in `workFolder` too, as many as the limit allows.
 * @throws INVALID_CONFIG when the bucket cannot be used.
 */
export async function openS3Blobs(
  settings: S3Settings,
  workFolder: string,
  options: S3BlobOptions = {},
): Promise<BlobStore> {
  const s3 = new S3Client(settings, options)
  await checkBucket(s3, settings)
  const spool = join(workFolder, 'spool')
  await rm(spool, { recursive: true, force: true })
  await mkdir(spool, { recursive: true })
  const cache = await openFileBlobs(join(workFolder, 'cache'))
  const retirement = s3Retirement(s3)
  const sizeOf = async (digest: string): Promise<number | undefined> => {
    const key = blobKey(digest)
    const size = await statObject(s3, key)
    if (size !== undefined) return size
    await retirement.restore(digest)
    return statObject(s3, key)
  }
  const requireSize = async (digest: string): Promise<number> => {
    const size = await sizeOf(digest)
    if (size !== undefined) return size
    throw new KaizenError('NOT_FOUND', `there is no content with digest ${digest}`)
  }
  const read = async (digest: string, range?: ByteRange): Promise<Readable> => {
    const sizeBytes = await requireSize(digest)
    const { from, to } = range ?? { from: 0, to: sizeBytes }
    if (to <= from) return Readable.from([])
    return resumableRead(s3, blobKey(digest), { from, to: Math.min(to, sizeBytes) })
  }
  const copies = await LocalCopies.open(cache, read, {
    limitBytes: options.localCopiesBytes ?? defaultLocalCopiesBytes,
    sparedMs: sparedCopiesMs,
  })

  return {
    put: (content, putOptions = {}) =>
      content instanceof Uint8Array && content.length <= partBytes
        ? putBytes(s3, content, putOptions)
        : putSpooled(s3, spool, content, putOptions),
    read,
    async bytes(digest) {
      const chunks: Uint8Array[] = []
      for await (const chunk of await read(digest)) chunks.push(chunk as Uint8Array)
      const bytes = Buffer.concat(chunks)
      checkDigest(createHash('sha256').update(bytes).digest('hex'), digest)
      return bytes
    },
    async stat(digest) {
      const sizeBytes = await sizeOf(digest)
      return sizeBytes === undefined ? undefined : { digest, sizeBytes }
    },
    localPath: (digest) => copies.path(digest),
    async remove(digest) {
      await removeObject(s3, blobKey(digest))
      await copies.remove(digest)
    },
    retirement,
    direct: directTransfer(s3),
  }
}

async function putBytes(s3: S3Client, bytes: Uint8Array, options: PutOptions): Promise<BlobInfo> {
  checkSize(bytes.length, options.maxBytes ?? Number.POSITIVE_INFINITY)
  const digest = createHash('sha256').update(bytes).digest('hex')
  checkDigest(digest, options.expectDigest)
  await putObject(s3, blobKey(digest), bytes)
  return { digest, sizeBytes: bytes.length }
}

async function putSpooled(
  s3: S3Client,
  spool: string,
  content: Readable | Uint8Array,
  options: PutOptions,
): Promise<BlobInfo> {
  const path = join(spool, randomUUID())
  const info = await writeAside(path, content, { ...options, durable: false })
  try {
    const key = blobKey(info.digest)
    if (info.sizeBytes <= partBytes) await putObject(s3, key, await readFile(path))
    else if ((await statObject(s3, key)) === undefined) {
      await uploadFile(s3, key, { path, sizeBytes: info.sizeBytes })
    }
    return info
  } finally {
    await rm(path, { force: true })
  }
}

function s3Retirement(s3: S3Client): BlobRetirement {
  const move = async (from: string, to: string): Promise<void> => {
    const sizeBytes = await statObject(s3, from)
    if (sizeBytes === undefined) return
    await copyObject(s3, from, to, sizeBytes)
    await removeObject(s3, from)
  }
  return {
    stored: () => listBlobs(s3, 'blobs/'),
    retired: () => listBlobs(s3, 'retired/'),
    retire: async (digest) => move(blobKey(digest), retiredKey(digest)),
    restore: async (digest) => move(retiredKey(digest), blobKey(digest)),
    purge: async (digest) => removeObject(s3, retiredKey(digest)),
    discardUnfinished: (time) => abortUploadsBefore(s3, time),
  }
}

async function checkBucket(s3: S3Client, settings: S3Settings): Promise<void> {
  const query = { 'list-type': '2', 'max-keys': '1', prefix: s3.prefix }
  try {
    await (await s3.send({ method: 'GET', query })).arrayBuffer()
  } catch (failure) {
    if (!(failure instanceof KaizenError)) throw failure
    throw new KaizenError(
      'INVALID_CONFIG',
      `--blobs: the bucket "${settings.bucket}" cannot be used: ${failure.message}`,
      { ...(failure.hint === undefined ? {} : { hint: failure.hint }), cause: failure },
    )
  }
}
