import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha256 } from '../../kernel/index.ts'
import { OnnxRuntime } from '../../runtime/index.ts'
import { exportBundle } from './exporter.ts'
import type { GoldenSet } from './golden-set.ts'
import { type FileMap, tarOf } from './tar.ts'
import { models } from './test-models.ts'
import { rawModel } from './test-raw-model.ts'

const run = promisify(execFile)
const schemas = new URL('../../../fixtures/schemas/', import.meta.url)
const isRoot = process.getuid?.() === 0
const trees = models.find(([name]) => name === 'two classes of trees')![1]

type Json = Readonly<Record<string, never>>

/** The schemas are of draft 4, whose `id` ajv does not know; each is found by its file name. */
async function ociValidator(): Promise<Ajv> {
  const ajv = new Ajv({ strict: false, logger: false })
  formats.default(ajv)
  const plain = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(plain)
    if (value === null || typeof value !== 'object') return value
    const kept = Object.entries(value).filter(
      ([key, one]) => !['id', '$schema'].includes(key) || typeof one !== 'string',
    )
    return Object.fromEntries(kept.map(([key, one]) => [key, plain(one)]))
  }
  for (const name of await readdir(new URL('oci/', schemas))) {
    const schema = plain(JSON.parse(await readFile(new URL(`oci/${name}`, schemas), 'utf8')))
    ajv.addSchema(schema as object, name)
  }
  return ajv
}

async function sbomValidator(): Promise<(bom: unknown) => unknown> {
  const ajv = new Ajv({ strict: false, logger: false })
  formats.default(ajv)
  for (const name of ['spdx', 'jsf-0.82', 'bom-1.6']) {
    const path = new URL(`cyclonedx/${name}.schema.json`, schemas)
    ajv.addSchema(JSON.parse(await readFile(path, 'utf8')))
  }
  const validate = ajv.getSchema('http://cyclonedx.org/schema/bom-1.6.schema.json')!
  return (bom) => (validate(bom) ? [] : validate.errors)
}

describe.each([
  ['source', () => trees().toOnnx()],
  ['onnxruntime', rawModel],
] as const)('an image of %s', (kind, content) => {
  let root: string
  let files: FileMap
  let golden: GoldenSet
  let config: Json
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'kaizen-image-'))
    files = await exported(content())
    golden = JSON.parse(String(files['golden.json']))
    for (const [path, bytes] of Object.entries(files)) {
      await mkdir(dirname(join(root, 'bundle', path)), { recursive: true })
      await writeFile(join(root, 'bundle', path), bytes)
    }
    config = await unpack()
  }, 120_000)
  afterAll(() => rm(root, { recursive: true, force: true }))

  async function exported(model: Uint8Array): Promise<FileMap> {
    await using runtime = new OnnxRuntime({ threads: 1 })
    const source = { name: 'Good loans', version: 3, description: 'As it is.', content: model }
    return await exportBundle(runtime, 'oci', source)
  }
  const blob = (digest: string): Buffer =>
    Buffer.from(files[`image/blobs/sha256/${digest.slice('sha256:'.length)}`]!)
  const parsed = (path: string): Json => JSON.parse(String(files[path]))

  const manifestDigest = (): string =>
    (parsed('image/index.json')['manifests'] as unknown as readonly { digest: string }[])[0]!.digest

  /** Lays the layers over each other, as a runtime does; answers the image's configuration. */
  async function unpack(): Promise<Json> {
    const digest = manifestDigest()
    const manifest = JSON.parse(String(blob(digest)))
    await mkdir(join(root, 'rootfs'))
    for (const layer of manifest.layers) {
      const archive = join(root, 'layer.tar')
      await writeFile(archive, gunzipSync(blob(layer.digest)))
      await run('tar', ['-xpf', archive, '-C', join(root, 'rootfs')])
    }
    return JSON.parse(String(blob(manifest.config.digest)))
  }

  /** The image's program in its own root, as its own user, with only its own environment. */
  function start(args: readonly string[], port: string) {
    const { User, Env, Entrypoint } = config['config'] as unknown as {
      User: string
      Env: string[]
      Entrypoint: string[]
    }
    const env = Object.fromEntries([...Env, `PORT=${port}`].map((one) => one.split('=', 2)))
    const inside = ['--userspec', User, join(root, 'rootfs'), ...Entrypoint, ...args]
    return spawn('/usr/sbin/chroot', inside, { env })
  }
  const ended = async (args: readonly string[], port = '0') => {
    const child = start(args, port)
    let text = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        text += String(chunk)
      })
    }
    const [code] = (await once(child, 'close')) as [number | null]
    return { code, text }
  }

  it('is an image layout by the schemas of the specification', async () => {
    const ajv = await ociValidator()
    const errorsOf = (schema: string, value: unknown): unknown =>
      ajv.validate(schema, value) ? [] : ajv.errors
    expect(errorsOf('image-layout-schema.json', parsed('image/oci-layout'))).toEqual([])
    expect(errorsOf('image-index-schema.json', parsed('image/index.json'))).toEqual([])
    const digest = manifestDigest()
    const manifest = JSON.parse(String(blob(digest)))
    expect(errorsOf('image-manifest-schema.json', manifest)).toEqual([])
    expect(errorsOf('config-schema.json', config)).toEqual([])
    const { layers: _, ...broken } = manifest
    expect(errorsOf('image-manifest-schema.json', broken)).not.toEqual([])
  })

  it('runs as nobody in particular, with labels and a health check', () => {
    expect(config).toMatchObject({
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      config: {
        User: '65532:65532',
        Cmd: ['/model/server.js'],
        ExposedPorts: { '8080/tcp': {} },
        Healthcheck: { Test: ['CMD', '/usr/local/bin/node', '/model/health.js'] },
        Labels: {
          'org.opencontainers.image.title': 'Good loans',
          'org.opencontainers.image.version': '3',
          'org.opencontainers.image.description': 'As it is.',
          'io.kaizen.model.sha256': sha256(content()),
        },
      },
    })
  })

  it('has a bill of materials that CycloneDX accepts and that names every library', async () => {
    const bom = parsed('sbom.cdx.json')
    const validate = await sbomValidator()
    expect(validate(bom)).toEqual([])
    expect(validate({ ...bom, components: [{ type: 'idea' }] })).not.toEqual([])
    const names = (bom['components'] as unknown as { name: string; type: string }[]).map(
      ({ name }) => name,
    )
    expect(names).toEqual(expect.arrayContaining(['Good loans', 'node']))
    expect(names.some((name) => name.startsWith('libc'))).toBe(true)
    expect(names.includes('onnxruntime-node')).toBe(kind === 'onnxruntime')
  })

  it('is the same bytes again', async () => {
    expect(sha256(tarOf(await exported(content())))).toBe(sha256(tarOf(files)))
  })

  it('verifies where it lies, and no more when a blob is another', async () => {
    const folder = join(root, 'bundle')
    const { stdout } = await run(process.execPath, ['verify.js'], { cwd: folder })
    expect(stdout).toBe('4 blobs, 0 faults\n')
    const [path] = Object.keys(files).filter((one) => one.includes('/blobs/'))
    await writeFile(join(folder, path!), 'another')
    await expect(run(process.execPath, ['verify.js'], { cwd: folder })).rejects.toThrow(
      /is another file|JSON/,
    )
    await writeFile(join(folder, path!), files[path!]!)
  })

  it.skipIf(!isRoot)('answers the golden set from its unpacked root', async () => {
    expect(await ended(['/model/verify.js'])).toMatchObject({
      code: 0,
      text: expect.stringMatching(/64 golden rows, 0 (?:answers|outputs) differ\n$/),
    })
    const server = start(['/model/server.js'], '0')
    try {
      const [line] = (await once(server.stdout, 'data')) as [Buffer]
      const port = /port (\d+)/.exec(String(line))![1]!
      const answer = await fetch(`http://127.0.0.1:${port}/v2/models/Good%20loans/infer`, {
        method: 'POST',
        body: JSON.stringify({ inputs: golden.inputs }),
      })
      expect(answer.status).toBe(200)
      const { outputs } = (await answer.json()) as GoldenSet
      for (const [i, wanted] of golden.outputs.entries()) {
        expect(outputs[i]).toMatchObject({ name: wanted.name, shape: wanted.shape })
        for (const [at, value] of wanted.data.entries()) {
          const found = outputs[i]!.data[at]
          if (typeof value !== 'number') expect(found).toBe(value)
          else expect(found).toBeCloseTo(value, 5)
        }
      }
      expect((await ended(['/model/health.js'], port)).code).toBe(0)
      expect((await ended(['/model/health.js'], '1')).code).toBe(1)
      // Nothing of it is writable to whom it runs as.
      const write = `require('node:fs').writeFileSync('/model/model.js', '')`
      expect(await ended(['-e', write])).toMatchObject({
        code: 1,
        text: expect.stringContaining('EACCES'),
      })
    } finally {
      const stopped = once(server, 'exit')
      server.kill('SIGTERM')
      expect((await stopped)[0]).toBe(0)
    }
  })
})
