import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { trainingSteps } from '../training/index.ts'
import { graph, logText, type TestPipelines, tester, testPipelines } from './test-pipelines.ts'

const csv = fileURLToPath(
  new URL('../../../../examples/bike-sharing/data/bike-sharing-hourly.csv', import.meta.url),
)
const features = [
  'season',
  'mnth',
  'hr',
  'holiday',
  'weekday',
  'workingday',
  'weathersit',
  'temp',
  'atemp',
  'hum',
  'windspeed',
]

let test: TestPipelines
beforeAll(async () => {
  test = await testPipelines({ builtins: trainingSteps })
  await test.data.create(tester, {
    name: 'hires',
    description: '',
    eventTime: { column: 'dteday', hourColumn: 'hr' },
    rules: [],
  })
  // The lake reads only what lies in its own folders.
  const path = join(test.folder, 'hires.csv')
  await copyFile(csv, path)
  await test.data.addFile('hires', {
    path,
    format: 'csv',
    mode: 'create',
    to: Date.UTC(2011, 3, 1),
    origin: {},
    actor: tester,
  })
})
afterAll(() => test[Symbol.asyncDispose]())

const literal = (value: string | number | string[]) => ({ from: 'literal', value }) as const
const training = (inputs: Record<string, ReturnType<typeof literal>>) =>
  graph(
    'training',
    [
      {
        id: 'train',
        step: 'train',
        body: { kind: 'builtin', name: 'train' },
        inputs: {
          data: {
            from: 'dataset',
            dataset: 'hires',
            version: { from: 'param', name: 'datasetVersion' },
            windowFrom: { from: 'param', name: 'trainFrom' },
            windowTo: { from: 'param', name: 'trainTo' },
          },
          method: literal('gradient-boosting'),
          target: literal('cnt'),
          features: literal(features),
          categorical: literal(['weathersit']),
          ...inputs,
        },
        outputs: {
          model: 'model',
          metrics: 'value',
          loss: 'metric',
          featureImportance: 'value',
          signature: 'value',
        },
        codeDigest: '0'.repeat(64),
      },
    ],
    {
      params: {
        trainFrom: { type: 'timestamp' },
        trainTo: { type: 'timestamp' },
        datasetVersion: { type: 'integer', default: -1 },
      },
      outputs: {
        model: { node: 'train', output: 'model' },
        loss: { node: 'train', output: 'loss' },
      },
    },
  )
const window = { trainFrom: Date.UTC(2011, 0, 1), trainTo: Date.UTC(2011, 3, 1) }

describe('the built-in step train', () => {
  it('trains on a window of a dataset and yields one ONNX graph, with what is known about it', async () => {
    await test.declare(training({}))
    const run = await test.run('training', { params: window })
    expect(run.error).toBeNull()
    const [trained] = run.stepRuns
    const { model, metrics, loss, featureImportance, signature } = trained?.outputs ?? {}
    expect(model?.sizeBytes).toBeGreaterThan(10_000)
    expect(metrics?.value).toMatchObject({ rows: 2067, mae: expect.any(Number) })
    expect(loss?.value).toBeLessThan(60)
    expect(featureImportance?.value).toMatchObject({ 0: { feature: 'hr' } })
    expect(signature?.value).toMatchObject({
      inputs: expect.arrayContaining([
        { name: 'temp', datatype: 'FP32', shape: [-1, 1] },
        { name: 'weathersit', datatype: 'BYTES', shape: [-1, 1] },
      ]),
      outputs: [{ name: 'variable', datatype: 'FP32', shape: [-1, 1] }],
    })
    expect(trained?.lineage?.datasets).toMatchObject([
      { dataset: 'hires', version: 1, from: window.trainFrom, to: window.trainTo },
    ])
    expect(await logText(test.pipelines, run.id)).toMatch(
      /train stdout trained gradient-boosting on 2067 rows and 11 features; rmse \d+/,
    )
    const logged = await test.tracking.runs.get(run.trackingRunId ?? '')
    expect(logged.metrics.map(({ key }) => key)).toEqual(
      expect.arrayContaining(['train.mae', 'train.rmse', 'loss']),
    )
  })

  it('is answered by the cache for the same rows, and trains the same model without it', async () => {
    const first = await test.run('training', { params: window })
    expect(first.steps.cached).toBe(1)
    const again = await test.run('training', { params: window, cache: false })
    expect(again.steps.cached).toBe(0)
    expect(again.outputs['model']?.digest).toBe(first.outputs['model']?.digest)
  })

  it.each([
    ['target', literal('count'), 'the target "count" is no column of the rows'],
    ['features', literal(['temp', 'wind']), 'the feature "wind" is no column of the rows'],
    ['iteration', literal(5), "no option 'iteration'"],
    ['method', literal('magic'), 'option "method" of train'],
  ])('says what is wrong with %s', async (name, value, message) => {
    await test.declare(training({ [name]: value }))
    const run = await test.run('training', { params: window })
    expect(run.error?.message).toContain(message)
    expect(run.error?.hint).not.toContain('undefined')
  })

  it('says so when the window is empty', async () => {
    await test.declare(training({}))
    const later = { trainFrom: Date.UTC(2020, 0, 1), trainTo: Date.UTC(2020, 0, 2) }
    const run = await test.run('training', { params: later })
    expect(run.error?.message).toMatch(/0 rows to train on|no rows/)
  })

  it('refuses a built-in step that it does not have', async () => {
    const unknown = training({})
    Object.assign(unknown.nodes[0] ?? {}, { body: { kind: 'builtin', name: 'conjure' } })
    await test.declare(unknown)
    const run = await test.run('training', { params: window })
    expect(run.error).toMatchObject({ code: 'UNSUPPORTED' })
  })
})
