import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EnsembleView, manifest } from '@kaizen/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditMigrations } from '../../audit/index.ts'
import { packFolder } from '../../runtime/index.ts'
import { type TestDatabase, testDatabase, testDialects } from '../../storage/test-databases.ts'
import { servingMigrations } from '../migrations.ts'
import {
  addingModel,
  echoModel,
  editor,
  squareModel,
  type TestServing,
  testServing,
} from '../test-serving.ts'

const interpreter = process.env['KAIZEN_PYTHON'] ?? 'python3'
const json = { 'content-type': 'application/json' }

/** Steps and graphs of a project, as its people write them. */
const project = `
import { ensemble, project, pythonServingStep, servingStep, tensor } from '@kaizen/sdk'

export const clean = servingStep('clean', {
  in: { raw: tensor('FP32', [-1, 2]) },
  out: { x: tensor('FP32', [-1, 2]) },
  timeout: '700ms',
  run: async ({ raw }) => {
    if (raw.data[0] === -1) throw new Error('colder than it gets')
    if (raw.data[0] === -2) while (true);
    if (raw.data[0] === -3) process.exit(3)
    if (raw.data[0] === -4) return { x: [1] }
    console.log('cleaning', raw.shape[0])
    return { x: Array.from(raw.data, (value) => value + 1) }
  },
})
export const round = pythonServingStep('round', {
  in: { y: tensor('FP32', [-1, 2]) },
  out: { total: tensor('FP64', [-1, 1]), name: tensor('BYTES', [-1, 1]) },
  file: 'steps/after.py',
  function: 'total',
})
export default project({
  name: 'sums',
  ensembles: [
    ensemble('sums', (graph) => {
      const cleaned = graph.step('clean', clean, { raw: graph.input('raw') })
      const squared = graph.model('square', 'models:/square/1', { x: cleaned })
      const python = graph.model('half', 'models:/half/1', { x: cleaned })
      const mean = graph.average('mean', [squared, python])
      const after = graph.step('round', round, { y: mean })
      return { total: after.out('total'), name: after.out('name'), mean }
    }),
  ],
})
`
/** Evaluates a project as the command line does. */
const evaluation = `
const { loadProject, toManifest } = await import(${JSON.stringify(import.meta.resolve('@kaizen/sdk'))})
const folder = process.argv[1]
const { manifest } = await toManifest(await loadProject(folder), { folder })
console.log(JSON.stringify(manifest))
`
const after = `
import numpy

def total(tensors):
    y = tensors["y"].sum(axis=1, keepdims=True)
    return {"total": y.astype("float64"), "name": numpy.array([[f"sum {v[0]:.1f}"] for v in y], dtype=object)}
`
const half = {
  MLmodel: `flavors:
  python_function:
    loader_module: half
    code: code
    data: MLmodel
signature:
  inputs: '[{"type": "tensor", "name": "x", "tensor-spec": {"dtype": "float32", "shape": [-1, 2]}}]'
  outputs: '[{"type": "tensor", "name": "y", "tensor-spec": {"dtype": "float32", "shape": [-1, 2]}}]'
`,
  'code/half.py': `
class Half:
    def predict(self, tensors):
        return {"y": tensors["x"] / 2}

def _load_pyfunc(path):
    return Half()
`,
}

it('the Python of the tests has numpy', () => {
  execFileSync(interpreter, ['-c', 'import numpy'])
})

describe.each(testDialects)('ensembles on $dialect', ({ dialect, available }) => {
  let base: TestDatabase
  let test: TestServing
  let folder: string
  beforeAll(async () => {
    if (!available) throw new Error(`${dialect} is not installed`)
    folder = await mkdtemp(join(tmpdir(), 'kaizen-ensembles-'))
    base = await testDatabase(dialect, [...auditMigrations, ...servingMigrations])
    test = await testServing({ database: base.database, python: interpreter })
    await test.register('square', squareModel())
    await test.register('bike', addingModel(1))
    await test.register('bike', addingModel(3))
    await test.register('echo', echoModel())
    await registerHalf()
  })
  afterAll(async () => {
    await test[Symbol.asyncDispose]()
    await base[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  async function registerHalf(): Promise<void> {
    const files: { path: string; digest: string }[] = []
    for (const [path, content] of Object.entries(half))
      files.push({ path, digest: (await test.blobs.put(Buffer.from(content))).digest })
    const { digest, sizeBytes } = await test.blobs.put(packFolder(files))
    const square = await test.models.resolve('models:/square/1')
    const own = { modelDigest: digest, modelSizeBytes: sizeBytes, signature: null }
    test.models.add({ ...square, ...own, name: 'half' })
  }

  /** Puts the project into force, as applying it does. */
  async function apply(): Promise<number> {
    await mkdir(join(folder, 'steps'), { recursive: true })
    await writeFile(join(folder, 'kaizen.ts'), project)
    await writeFile(join(folder, 'steps/after.py'), after)
    const read = execFileSync(process.execPath, ['--input-type=module', '-e', evaluation, folder])
    const { ensembles, bundle } = manifest.parse(JSON.parse(read.toString()))
    for (const { path } of bundle) await test.blobs.put(await readFile(join(folder, path)))
    const prepared = await test.serving.ensembles.prepare(ensembles![0]!, bundle)
    const { version } = await base.database.write((tx) =>
      test.serving.ensembles.declare(tx, editor, { ...prepared, project: 'sums' }),
    )
    return version
  }

  const bikes = (model: string) => ({
    name: 'bikes',
    nodes: {
      old: { kind: 'model', model: 'models:/bike/1' },
      new: { kind: 'model', model },
      mean: { kind: 'average', of: ['old', 'new'], weights: [1, 3] },
    },
    outputs: { variable: 'mean' },
  })
  const create = async (body: unknown): Promise<readonly [number, EnsembleView]> => {
    const response = await test.post('/api/v1/ensembles', body, json)
    return [response.status, (await response.json()) as EnsembleView]
  }
  const route = (endpoint: string, arms: readonly object[]): Promise<Response> =>
    fetch(`${test.url}/api/v1/endpoints/${endpoint}/route`, {
      method: 'PUT',
      headers: json,
      body: JSON.stringify({ arms, reason: 'test' }),
    })
  const infer = async (endpoint: string, raw: readonly number[]) => {
    const inputs = [{ name: 'raw', datatype: 'FP32', shape: [raw.length / 2, 2], data: raw }]
    const response = await test.post(`/v2/models/${endpoint}/infer`, { inputs }, json)
    return [response.status, await response.json()] as const
  }
  const sumsEndpoint = async (): Promise<void> => {
    if ((await fetch(`${test.url}/api/v1/endpoints/sums`)).status === 200) return
    await apply()
    const target = { description: '', model: 'sums', target: null }
    await test.serving.create(editor, { name: 'sums', ...target })
    const response = await route('sums', [{ name: 'champion', model: 'ensembles:/sums' }])
    expect([response.status, await response.json()]).toMatchObject([200, { state: 'ready' }])
  }

  it('are made by hand with their versions pinned, and made again only where something differs', async () => {
    const [status, made] = await create(bikes('models:/bike/2'))
    expect([status, made]).toMatchObject([
      201,
      {
        version: 1,
        members: [
          { node: 'old', modelName: 'bike', version: 1 },
          { node: 'new', modelName: 'bike', version: 2 },
        ],
        signature: { outputs: [{ name: 'variable', datatype: 'FP32', shape: [-1, 1] }] },
      },
    ])
    expect((await create(bikes('models:/bike/2')))[1].version).toBe(1)
    const refreshed = await test.post('/api/v1/ensembles/bikes/versions', '')
    expect(await refreshed.json()).toMatchObject({ version: 1, digest: made.digest })
    expect((await create(bikes('models:/bike/1')))[1].version).toBe(2)
    const shown = async (path: string) => (await fetch(test.url + path)).json()
    expect(await shown('/api/v1/ensembles/bikes?version=1')).toEqual(made)
    expect(await shown('/api/v1/ensembles/bikes')).toMatchObject({ version: 2 })
    const first = await shown('/api/v1/ensembles/bikes/versions?limit=1')
    expect(first).toMatchObject({ items: [{ version: 2 }], nextPageToken: '2' })
    expect(await shown('/api/v1/ensembles/bikes/versions?limit=1&pageToken=2')).toMatchObject({
      items: [{ version: 1 }],
    })
    const { items } = (await shown('/api/v1/ensembles')) as { items: EnsembleView[] }
    expect(items.filter(({ name }) => name === 'bikes')).toMatchObject([{ version: 2 }])
  })

  it('answer on every protocol as one model, are swapped, and take part in rollouts', async () => {
    await create(bikes('models:/bike/2'))
    const target = { description: '', model: 'bikes', target: null }
    await test.serving.create(editor, { name: 'hires', ...target })
    const [, one] = await create(bikes('models:/bike/2'))
    const uri = `ensembles:/bikes/${one.version}`
    expect((await route('hires', [{ name: 'champion', model: uri }])).status).toBe(200)
    const ask = async (): Promise<unknown> => {
      const body = { dataframe_records: [{ temp: 1, season: 'x' }] }
      const answer = await test.post('/endpoints/hires/invocations', body, json)
      return ((await answer.json()) as { predictions: unknown }).predictions
    }
    expect(await ask()).toEqual([(2 + 3 * 4) / 4])
    const metadata = await fetch(`${test.url}/v2/models/hires`)
    expect(await metadata.json()).toMatchObject({
      platform: 'kaizen_ensemble',
      versions: [String(one.version)],
    })
    const explained = await test.post(
      '/endpoints/hires/invocations',
      { dataframe_records: [{ temp: 1, season: 'x' }], params: { explain: 'shap' } },
      json,
    )
    expect(explained.status).toBe(200)
    const [, two] = await create(bikes('models:/bike/1'))
    const spec = {
      model: `ensembles:/bikes/${two.version}`,
      steps: [{ weight: 0.5, duration: '0s', minSamples: 1 }],
    }
    const started = await test.post('/api/v1/endpoints/hires/rollouts', spec, json)
    expect([started.status, await started.json()]).toMatchObject([
      201,
      { candidate: { model: 'bikes', version: two.version, uri: spec.model } },
    ])
    const act = { action: 'promote', reason: 'good' }
    const promoted = await test.post('/api/v1/endpoints/hires/rollouts/1/actions', act, json)
    expect(await promoted.json()).toMatchObject({ state: 'promoted' })
    expect(await ask()).toEqual([2])
    const { items } = await test.serving.reader.records('hires', { limit: 1 })
    expect(items[0]).toMatchObject({
      model: 'bikes',
      version: two.version,
      outputs: { variable: 2 },
    })
  })

  it('are refused with the node that does not fit, and by hand where they hold code', async () => {
    const refused = async (body: object, said: string, code = 400): Promise<void> => {
      const [status, answer] = await create({ name: 'bad', outputs: { y: 'a' }, ...body })
      expect([status, JSON.stringify(answer)]).toEqual([code, expect.stringContaining(said)])
    }
    const square = { kind: 'model', model: 'models:/square/1' }
    await refused({ nodes: { a: { ...square, inputs: { y: 'input.x' } } } }, 'has no input \\"y\\"')
    await refused(
      { nodes: { a: { kind: 'model', model: 'models:/no/1' } } },
      'node \\"a\\": there is no model',
      404,
    )
    await refused(
      { nodes: { a: { kind: 'model', model: 'ensembles:/bikes/1' } } },
      'is an ensemble itself',
    )
    await refused(
      { nodes: { a: square, b: { kind: 'vote', of: ['a', 'a'] } }, outputs: { y: 'b.value' } },
      'is no label',
    )
    await refused({ nodes: { a: { kind: 'magic' } } }, 'body.nodes')
    await refused({ nodes: {} }, 'expected 1 to 64 nodes')
    const code = { language: 'python', module: 'x.py', export: 'f', codeDigest: 'a'.repeat(64) }
    const none = { in: {}, out: { y: { datatype: 'FP32', shape: [1] } }, inputs: {} }
    await refused({ nodes: { a: { kind: 'step', ...code, ...none } } }, 'comes with a project')
    const unknown = await fetch(`${test.url}/api/v1/ensembles/nobody`)
    expect(unknown.status).toBe(404)
    for (const uri of [
      'ensembles:/nobody',
      'ensembles:/bikes/0',
      'ensembles:/bikes/1/2',
      'ensembles:/',
    ])
      expect((await route('hires', [{ name: 'a', model: uri }])).status).toBeGreaterThanOrEqual(400)
  })

  // What processes of steps do is the same whatever keeps the graphs; starting them takes seconds.
  if (dialect === 'sqlite') {
    it('run steps of the project around ONNX and Python models', async () => {
      await sumsEndpoint()
      const [status, answer] = await infer('sums', [1, 2, 3, 4])
      // [2, 3] and [4, 5]: the mean of the square and the half of each, and the sum of both.
      expect([status, answer]).toMatchObject([
        200,
        {
          outputs: [
            { name: 'total', datatype: 'FP64', shape: [2, 1], data: [7.75, 22.75] },
            { name: 'name', datatype: 'BYTES', data: ['sum 7.8', 'sum 22.8'] },
            { name: 'mean', datatype: 'FP32', shape: [2, 2], data: [2.5, 5.25, 9, 13.75] },
          ],
        },
      ])
      expect(await infer('sums', [])).toMatchObject([200, { outputs: [{ shape: [0, 1] }, {}, {}] }])
      expect(await apply()).toBe(1)
    })

    it('say which step failed, and go on after one that throws, hangs, ends or answers too little', async () => {
      await sumsEndpoint()
      const refused = await infer('sums', [-1, 0])
      expect(refused).toMatchObject([
        400,
        {
          error: expect.stringMatching(
            /node "clean".*the step "clean" refused.*colder than it gets/,
          ),
        },
      ])
      const short = await infer('sums', [-4, 0])
      expect(short).toMatchObject([
        503,
        { error: expect.stringMatching(/node "clean".*"x" has 1 elements/) },
      ])
      for (const [trigger, said] of [
        [-2, /node "clean".*took longer than 700 ms/],
        [-3, /node "clean".*it ended with code 3/],
      ] as const) {
        expect(await infer('sums', [trigger, 0])).toMatchObject([
          503,
          { error: expect.stringMatching(said) },
        ])
        await expect
          .poll(async () => (await infer('sums', [1, 2]))[0], { timeout: 15_000 })
          .toBe(200)
      }
    })
  }
})
