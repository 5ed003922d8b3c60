import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ExportTarget } from '@kaizen/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { OnnxRuntime } from '../../runtime/index.ts'
import { exportBundle } from './exporter.ts'
import type { GoldenSet } from './golden-set.ts'
import { kubernetesFiles } from './kubernetes.ts'
import { serviceName } from './service-name.ts'
import type { FileMap } from './tar.ts'
import { models } from './test-models.ts'

const run = promisify(execFile)
const content = models
  .find(([name]) => name === 'two classes of trees')![1]()
  .toOnnx()
let root: string

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'kaizen-servers-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

async function bundle(target: ExportTarget): Promise<FileMap> {
  await using runtime = new OnnxRuntime({ threads: 1 })
  const source = { name: 'Good loans', version: 3, description: '', content }
  return await exportBundle(runtime, target, source)
}
async function write(files: FileMap): Promise<string> {
  const folder = await mkdtemp(join(root, 'bundle-'))
  for (const [path, text] of Object.entries(files)) await writeFile(join(folder, path), text)
  return folder
}

describe('the server of a bundle', () => {
  let url: string
  let golden: GoldenSet
  let stop: () => Promise<number | null>
  beforeAll(async () => {
    const files = await bundle('javascript')
    golden = JSON.parse(String(files['golden.json']))
    const child = spawn(process.execPath, ['server.js'], {
      cwd: await write(files),
      env: { PORT: '0', MAX_BODY_BYTES: '100000' },
    })
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    url = `http://127.0.0.1:${/port (\d+)/.exec(String(line))?.[1]}`
    stop = async () => {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      return ((await ended) as [number | null])[0]
    }
  })

  const infer = async (body: unknown) => {
    const answer = await fetch(`${url}/v2/models/Good%20loans/infer`, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    return { status: answer.status, body: (await answer.json()) as Record<string, never> }
  }

  it('answers the golden inputs in the Open Inference Protocol', async () => {
    const { status, body } = await infer({ id: 'a', inputs: golden.inputs })
    expect(status).toBe(200)
    expect(body).toMatchObject({ id: 'a', model_name: 'Good loans', model_version: '3' })
    const [label, probabilities] = body['outputs'] as unknown as GoldenSet['outputs']
    expect(label).toEqual(golden.outputs[0])
    expect(probabilities?.shape).toEqual([64, 2])
    for (const [i, value] of golden.outputs[1]!.data.entries()) {
      expect(probabilities?.data[i]).toBeCloseTo(Number(value), 5)
    }
  })

  it('takes nested data, an output alone and no rows', async () => {
    const nested = golden.inputs.map((input) => ({
      ...input,
      data: input.data.map((one) => [one]),
    }))
    const { body } = await infer({ inputs: nested, outputs: [{ name: 'label' }] })
    expect(body['outputs']).toEqual([golden.outputs[0]])
    const none = golden.inputs.map((input) => ({ ...input, shape: [0, 1], data: [] }))
    expect((await infer({ inputs: none })).body['outputs']?.[1]).toMatchObject({ shape: [0, 2] })
  })

  it.each(['/v2', '/v2/health/live', '/v2/health/ready', '/v2/models/Good%20loans/ready'])(
    'answers %s',
    async (path) => {
      expect((await fetch(url + path)).status).toBe(200)
    },
  )

  type Change = (input: Record<string, unknown>) => Record<string, unknown>
  const first = (change: Change) => () => ({
    inputs: golden.inputs.map((input, i) => (i === 0 ? change({ ...input }) : input)),
  })
  it.each<[string, () => unknown, number]>([
    ['what is not JSON', () => '{', 400],
    ['a list', () => [], 400],
    ['no inputs', () => ({}), 400],
    ['an input too few', () => ({ inputs: golden.inputs.slice(1) }), 400],
    ['an input twice', () => ({ inputs: [golden.inputs[0], ...golden.inputs] }), 400],
    ['an unknown input', first((input) => ({ ...input, name: 'other' })), 400],
    ['an unknown output', () => ({ inputs: golden.inputs, outputs: [{ name: 'x' }] }), 400],
    ['another datatype', first((input) => ({ ...input, datatype: 'INT8' })), 400],
    ['another width', first((input) => ({ ...input, shape: [32, 2] })), 400],
    ['fewer rows than the others', first((input) => ({ ...input, shape: [1, 1], data: [1] })), 400],
    ['a negative size', first((input) => ({ ...input, shape: [-1, 1] })), 400],
    ['too few elements', first((input) => ({ ...input, data: [1] })), 400],
    ['ragged data', first((input) => ({ ...input, data: [[1, 2], [3]] })), 400],
    ['text in a float', first((input) => ({ ...input, data: new Array(64).fill('1') })), 400],
    ['null', first((input) => ({ ...input, data: new Array(64).fill(null) })), 400],
    [
      'a number beyond float32',
      first((input) => ({ ...input, data: new Array(64).fill(1e39) })),
      400,
    ],
    ['a body that is too long', () => ' '.repeat(200_000), 413],
  ])('refuses %s', async (_, body, status) => {
    const answer = await infer(body())
    expect(answer.status).toBe(status)
    expect(answer.body).toEqual({ error: expect.any(String) })
  })

  it('answers 404 elsewhere and ends when it is told to', async () => {
    expect((await fetch(`${url}/v2/models/other/infer`, { method: 'POST' })).status).toBe(404)
    expect((await fetch(`${url}/v2/models/..%2f..%2fetc`)).status).toBe(404)
    expect(await stop()).toBe(0)
  })
})

describe('systemd', () => {
  it('lays the bundle out, after checking it', async () => {
    const folder = await write(await bundle('systemd'))
    const destination = join(root, 'installed')
    const env = { ...process.env, DESTDIR: destination }
    const { stdout } = await run('sh', ['install.sh'], { cwd: folder, env })
    expect(stdout).toContain('0 answers differ')
    const unit = await readFile(join(destination, 'etc/systemd/system/good-loans.service'), 'utf8')
    const [, program] = /^ExecStart=\/usr\/bin\/env node (.+)$/m.exec(unit) ?? []
    expect(await readFile(join(destination, program!), 'utf8')).toContain("from './protocol.js'")
    await writeFile(join(folder, 'model.js'), 'export const predict = () => ({})')
    await expect(run('sh', ['install.sh'], { cwd: folder, env })).rejects.toThrow(/checksum/)
  })

  const analyses = spawnSync('systemd-analyze', ['--version']).status === 0
  it.skipIf(!analyses)('is a unit that systemd itself accepts', async () => {
    const folder = await write(await bundle('systemd'))
    const { stderr } = await run('systemd-analyze', ['verify', join(folder, 'good-loans.service')])
    expect(stderr).not.toMatch(/Unknown|Failed to parse/)
  })

  it('sets every key once, in a section that knows it', async () => {
    const unit = String((await bundle('systemd'))['good-loans.service'])
    const lines = unit.split('\n').filter((line) => line !== '')
    const wrong = lines.filter((line) => !/^\[(Unit|Service|Install)\]$|^[A-Z]\w+=.*$/.test(line))
    expect(wrong).toEqual([])
    for (const kept of ['DynamicUser=yes', 'NoNewPrivileges=yes', 'ProtectSystem=strict']) {
      expect(lines).toContain(kept)
    }
  })
})

describe('kubernetes', () => {
  const metadata = z.strictObject({ name: z.literal('good-loans') })
  const labels = z.strictObject({ 'app.kubernetes.io/name': z.literal('good-loans') })
  const probe = z.strictObject({
    httpGet: z.strictObject({
      path: z.string().startsWith('/v2/health/'),
      port: z.literal('http'),
    }),
    periodSeconds: z.int(),
    timeoutSeconds: z.int(),
    failureThreshold: z.int().optional(),
  })
  const container = z.looseObject({
    command: z.tuple([z.literal('node'), z.literal('/model/server.js')]),
    ports: z.tuple([z.strictObject({ name: z.literal('http'), containerPort: z.literal(8080) })]),
    startupProbe: probe,
    livenessProbe: probe,
    readinessProbe: probe,
    securityContext: z.strictObject({
      allowPrivilegeEscalation: z.literal(false),
      readOnlyRootFilesystem: z.literal(true),
      capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
    }),
    volumeMounts: z.tuple([
      z.strictObject({
        name: z.literal('model'),
        mountPath: z.literal('/model'),
        readOnly: z.literal(true),
      }),
    ]),
  })
  const pod = z.looseObject({
    securityContext: z.looseObject({ runAsNonRoot: z.literal(true), runAsUser: z.literal(1000) }),
    containers: z.tuple([container]),
    volumes: z.tuple([
      z.strictObject({
        name: z.literal('model'),
        configMap: z.strictObject({ name: z.literal('good-loans-model') }),
      }),
    ]),
  })
  const object = (apiVersion: string, kind: string, spec: z.ZodType) =>
    z.strictObject({ apiVersion: z.literal(apiVersion), kind: z.literal(kind), metadata, spec })
  const schemas: Readonly<Record<string, z.ZodType>> = {
    'deployment.yaml': object(
      'apps/v1',
      'Deployment',
      z.strictObject({
        selector: z.strictObject({ matchLabels: labels }),
        strategy: z.looseObject({ type: z.literal('RollingUpdate') }),
        template: z.strictObject({ metadata: z.strictObject({ labels }), spec: pod }),
      }),
    ),
    'service.yaml': object(
      'v1',
      'Service',
      z.looseObject({
        selector: labels,
        ports: z.tuple([z.looseObject({ targetPort: z.literal('http') })]),
      }),
    ),
    'horizontal-pod-autoscaler.yaml': object(
      'autoscaling/v2',
      'HorizontalPodAutoscaler',
      z.looseObject({
        scaleTargetRef: z.strictObject({
          apiVersion: z.literal('apps/v1'),
          kind: z.literal('Deployment'),
          name: z.literal('good-loans'),
        }),
      }),
    ),
    'pod-disruption-budget.yaml': object(
      'policy/v1',
      'PodDisruptionBudget',
      z.looseObject({ selector: z.strictObject({ matchLabels: labels }) }),
    ),
    'network-policy.yaml': object(
      'networking.k8s.io/v1',
      'NetworkPolicy',
      z.looseObject({ podSelector: z.strictObject({ matchLabels: labels }), egress: z.tuple([]) }),
    ),
  }

  it('writes objects that fit together, and lists every one and every file it mounts', async () => {
    const files = await bundle('kubernetes')
    const read = (path: string) => parse(String(files[path]), { strict: true, uniqueKeys: true })
    for (const [path, schema] of Object.entries(schemas)) schema.parse(read(path))
    const kustomization = read('kustomization.yaml')
    const yaml = Object.keys(files).filter((path) => path.endsWith('.yaml'))
    expect([...kustomization.resources, 'kustomization.yaml'].sort()).toEqual(yaml.sort())
    const [config] = kustomization.configMapGenerator
    expect(config.name).toBe('good-loans-model')
    for (const path of config.files) expect(files[path]).toBeDefined()
    const { stdout } = await run(process.execPath, ['verify.js'], { cwd: await write(files) })
    expect(stdout).toContain(' 0 answers differ')
  })

  it('refuses what no ConfigMap holds', () => {
    const server = { 'model.js': 'x'.repeat(1_000_001), 'server.js': '', 'package.json': '' }
    expect(() => kubernetesFiles({ name: 'm', version: 1 }, server)).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED', message: expect.stringContaining('1 MiB') }),
    )
  })

  it.each([
    ['Good loans', 'good-loans'],
    ['7 days', 'model-7-days'],
    ['日本', 'model'],
    ['a'.repeat(39) + '--b', 'a'.repeat(39)],
    ['$(reboot)\n[Service]', 'reboot-service'],
  ])('names the service of %j', (name, wanted) => {
    expect(serviceName(name)).toBe(wanted)
  })
})
