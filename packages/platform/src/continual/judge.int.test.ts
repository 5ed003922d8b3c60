import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gateRule } from '@kaizen/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packFolder } from '../runtime/index.ts'
import { batchMigrations, type TestBatch, testBatch } from '../serving/batch/test-batch.ts'
import {
  addingModel,
  editor,
  squareModel,
  type TestServing,
  testServing,
} from '../serving/test-serving.ts'
import { type TestDatabase, testDatabase } from '../storage/test-databases.ts'
import { armUri, Judge } from './judge.ts'
import type { ArmState, CandidateRecord, PolicyRecord } from './model.ts'

const interpreter = process.env['KAIZEN_PYTHON'] ?? 'python3'
/** `temp + 2`, as a function of Python. */
const python = {
  MLmodel: `flavors:
  python_function:
    loader_module: adding
    code: code
    data: MLmodel
signature:
  inputs: '[{"type": "tensor", "name": "temp", "tensor-spec": {"dtype": "float32", "shape": [-1, 1]}}]'
  outputs: '[{"type": "tensor", "name": "variable", "tensor-spec": {"dtype": "float32", "shape": [-1, 1]}}]'
`,
  'code/adding.py': `
class Adding:
    def predict(self, tensors):
        return {"variable": tensors["temp"] + 2}

def _load_pyfunc(path):
    return Adding()
`,
}

describe('the gate before a model of any runtime', () => {
  let base: TestDatabase
  let test: TestServing
  let other: TestServing
  let files: TestBatch
  let judge: Judge
  /** Adds what the rows add: it is right. */
  let candidate: string
  beforeAll(async () => {
    base = await testDatabase('sqlite', batchMigrations)
    other = await testServing()
    await other.deploy('far', await other.register('bike', addingModel(2)))
    test = await testServing({
      database: base.database,
      python: interpreter,
      remote: { allowPrivate: true, timeoutMs: 30_000 },
    })
    files = await testBatch(join(test.folder, 'data'), base.database)
    await test.deploy('hires', await test.register('bike', addingModel(2)))
    const right = await test.models.resolve(await test.register('new', addingModel(1)))
    candidate = right.modelDigest!
    await test.register('square', squareModel())
    const folder: { path: string; digest: string }[] = []
    for (const [path, content] of Object.entries(python))
      folder.push({ path, digest: (await test.blobs.put(Buffer.from(content))).digest })
    const packed = await test.blobs.put(packFolder(folder))
    const own = { modelDigest: packed.digest, modelSizeBytes: packed.sizeBytes, signature: null }
    test.models.add({ ...right, ...own, name: 'python' })
    await test.serving.ensembles.create(editor, {
      name: 'blend',
      description: '',
      inputs: {},
      nodes: { one: { kind: 'model', model: 'models:/bike/1' } },
      outputs: { variable: 'one' },
    })
    await files.data.create(editor, { name: 'rows', description: '' })
    const path = join(test.folder, 'data', 'rows.csv')
    const lines = Array.from({ length: 60 }, (_, i) => `${i},s,${i + 1}`)
    await writeFile(path, `temp,season,cnt\n${lines.join('\n')}\n`)
    const how = { format: 'csv', mode: 'create', origin: { kind: 'test' }, actor: editor } as const
    await files.data.addFile('rows', { path, ...how })
    const { runtime, blobs, serving } = test
    judge = new Judge({ runtime, blobs, serving, data: files.data, lake: files.lake })
  })
  afterAll(async () => {
    await files[Symbol.asyncDispose]()
    await test[Symbol.asyncDispose]()
    await other[Symbol.asyncDispose]()
    await base[Symbol.asyncDispose]()
  })

  /** The gate's word on the candidate, where the endpoint answers with a model. */
  const against = async (model: string) => {
    const arms = [{ name: 'champion', model, mode: 'live' as const, weight: 1 }]
    const { arms: served } = await test.serving.setRoute(editor, 'hires', { arms }, 'test')
    const gate = gateRule.parse({ metric: 'mae', minImprovement: 0.5 })
    const policy = { declaration: { gate, dataset: 'rows' } } as PolicyRecord
    const asked = { datasetVersion: 1, holdoutFrom: null, holdoutTo: null, number: 1 }
    const champion: ArmState = served[0]!
    const trained = { digest: candidate, sizeBytes: 1000, trackingRunId: null }
    return judge.judge(policy, asked as unknown as CandidateRecord, {
      model: trained,
      champion,
      target: 'cnt',
    })
  }

  it.each([
    ['ONNX', () => 'models:/bike/1'],
    ['Python', () => 'models:/python/1'],
    ['an ensemble', () => 'ensembles:/blend'],
    ['another server', () => `${other.url}/v2/models/far`],
  ])('scores a champion of %s on the same rows', async (_kind, model) => {
    const decision = await against(model())
    expect(decision).toMatchObject({ passed: true, candidate: { mae: 0 }, champion: { mae: 1 } })
  })

  it('says why a champion cannot answer the rows', async () => {
    const decision = await against('models:/square/1')
    expect(decision.passed).toBe(false)
    expect(decision.summary + JSON.stringify(decision.checks)).toMatch(/not comparable/)
  })
})

it('names what an arm serves so that no alias can move it', () => {
  const arm = (model: string) => armUri({ model, modelName: 'm', version: 3 })
  expect(arm('models:/m@champion')).toBe('models:/m/3')
  expect(arm('ensembles:/m')).toBe('ensembles:/m/3')
  expect(arm('grpcs://h/v2/models/m')).toBe('grpcs://h/v2/models/m')
})
