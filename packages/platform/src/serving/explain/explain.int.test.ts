import type { ExplanationView } from '@kaizen/contracts'
import {
  categoricalColumn,
  exactShapley,
  type FittedModel,
  fitModel,
  GraphBuilder,
  numericColumn,
  seededRandom,
  type Table,
  tableOf,
} from '@kaizen/ml'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addingModel, echoModel, editor, type TestServing, testServing } from '../test-serving.ts'

const random = seededRandom(11)
const count = 400
const a = Float64Array.from({ length: count }, () => random() * 10)
const b = Float64Array.from({ length: count }, () => random() - 0.5)
const c = Array.from({ length: count }, () => `k${Math.floor(random() * 4)}`)
const score = (i: number): number => 3 * a[i]! * Number(b[i]! > 0) + (c[i] === 'k1' ? 8 : 0)
const columns = [
  numericColumn('a', a),
  numericColumn('b', b),
  numericColumn('d', Float64Array.from({ length: count }, random)),
  categoricalColumn('c', c),
]
const withTarget = (y: Float64Array | readonly string[]): Table =>
  tableOf([
    ...columns,
    y instanceof Float64Array ? numericColumn('y', y) : categoricalColumn('y', [...y]),
  ])
const numbers = withTarget(Float64Array.from({ length: count }, (_, i) => score(i)))
const twoClasses = withTarget(
  Array.from({ length: count }, (_, i) => (score(i) + random() * 9 > 12 ? 'yes' : 'no')),
)
const threeClasses = withTarget(
  Array.from({ length: count }, (_, i) => (score(i) > 20 ? 'high' : score(i) > 8 ? 'mid' : 'low')),
)

type Row = Readonly<Record<string, number | string>>
const rowAt = (i: number): Row => ({
  a: a[i]!,
  b: b[i]!,
  d: columns[2]!.kind === 'numeric' ? columns[2]!.values[i]! : 0,
  c: c[i]!,
})
const json = { 'content-type': 'application/json' }

/** Enough on the busiest machine. */
const patient = { explain: 'shap', explain_budget_ms: 10_000 }

interface Answer {
  readonly status: number
  readonly predictions: readonly Record<string, unknown>[]
  readonly explanations: ExplanationView
  readonly message?: string
}

let test: TestServing
beforeAll(async () => {
  test = await testServing()
})
afterAll(async () => {
  await test[Symbol.asyncDispose]()
})

/** An endpoint with a log of 40 rows, and what it says of a further one. */
async function explained(name: string, model: FittedModel, params: object = patient) {
  await test.deploy(name, await test.register(name, model.toOnnx()))
  await ask(name, history)
  return ask(name, [rowAt(7), rowAt(8)], params)
}
async function ask(name: string, rows: readonly Row[], params?: object): Promise<Answer> {
  const body = { dataframe_records: rows, ...(params && { params }) }
  const answer = await test.post(`/endpoints/${name}/invocations`, body, json)
  return { status: answer.status, ...((await answer.json()) as Omit<Answer, 'status'>) }
}

const names = ['a', 'b', 'd', 'c'] as const

/** Exact values of a score by all coalitions, with the rows of the log as background. */
function truthOf(
  model: FittedModel,
  scoreOf: (answer: ArrayLike<number>) => number,
  row: Row,
): Float64Array {
  // Categories travel through the game as their numbers.
  const coded = (one: Row) =>
    Float64Array.from(names, (name) =>
      name === 'c' ? Number(String(one['c']).slice(1)) : Number(one[name]),
    )
  const predict = (rows: readonly Float64Array[]): number[] => {
    const prediction = model.predict(
      tableOf([
        ...names.slice(0, 3).map((name, i) =>
          numericColumn(
            name,
            Float32Array.from(rows, (one) => one[i]!),
          ),
        ),
        categoricalColumn(
          'c',
          rows.map((one) => `k${one[3]}`),
        ),
      ]),
    )
    const answers = prediction.task === 'regression' ? prediction.values : prediction.probabilities
    const width = answers.length / rows.length
    return rows.map((_, i) => scoreOf(answers.subarray(i * width, (i + 1) * width)))
  }
  return exactShapley(predict, [coded(row)], history.map(coded)).values[0]!
}
const history = Array.from({ length: 40 }, (_, i) => rowAt(i + 100))
const itself = (answer: ArrayLike<number>): number => answer[0]!
const logRatio =
  (over: number, under: number) =>
  (answer: ArrayLike<number>): number =>
    Math.log(answer[over]! / answer[under]!)

function expectValues(found: readonly number[], truth: Float64Array, digits: number): void {
  expect(found.length).toBe(truth.length)
  for (const [i, value] of found.entries()) expect(value).toBeCloseTo(truth[i]!, digits)
}

describe('trees', () => {
  const options = { iterations: 30 }

  it('of a regression: exact values in the unit of the answer', async () => {
    const model = fitModel({ trainer: 'gradient-boosting', table: numbers, target: 'y', options })
    const { explanations, predictions } = await explained('hires', model)
    expect(explanations).toMatchObject({
      method: 'tree-shap',
      exact: true,
      link: 'identity',
      features: ['a', 'b', 'd', 'c'],
      background: { rows: 40, source: 'log' },
    })
    const [row] = explanations.rows[0]!
    expectValues(row!.values, truthOf(model, itself, rowAt(7)), 4)
    expect(row!.score).toBeCloseTo(predictions[0] as unknown as number, 3)
    expect(explanations.residual).toBeLessThan(1e-3)
  })

  it('of two classes: log odds, mirrored', async () => {
    const model = fitModel({
      trainer: 'gradient-boosting',
      table: twoClasses,
      target: 'y',
      options,
    })
    const { explanations } = await explained('churn', model)
    expect(explanations).toMatchObject({
      method: 'tree-shap',
      link: 'logit',
      output: 'probabilities',
    })
    expect(explanations.targets.map(({ label }) => label)).toEqual(['no', 'yes'])
    const [no, yes] = explanations.rows[0]!
    expectValues(yes!.values, truthOf(model, logRatio(1, 0), rowAt(7)), 4)
    expectValues(no!.values, truthOf(model, logRatio(0, 1), rowAt(7)), 4)
  })

  it('of three classes: the scores below the softmax', async () => {
    const model = fitModel({
      trainer: 'gradient-boosting',
      table: threeClasses,
      target: 'y',
      options,
    })
    const { explanations } = await explained('tier', model)
    expect(explanations).toMatchObject({ method: 'tree-shap', link: 'softmax' })
    expect(explanations.targets.length).toBe(3)
    // Differences of scores are differences of the logarithms of probabilities.
    const [first, , third] = explanations.rows[0]!
    const between = third!.values.map((value, i) => value - first!.values[i]!)
    expectValues(between, truthOf(model, logRatio(2, 0), rowAt(7)), 4)
    expect(explanations.residual).toBeLessThan(1e-5)
  })
})

describe('linear models', () => {
  it('of a regression: exact values', async () => {
    const model = fitModel({ trainer: 'linear', table: numbers, target: 'y', options: {} })
    const { explanations } = await explained('line', model)
    expect(explanations).toMatchObject({ method: 'linear-shap', exact: true, link: 'identity' })
    const [row] = explanations.rows[0]!
    expectValues(row!.values, truthOf(model, itself, rowAt(7)), 3)
  })

  it('of classes: log odds', async () => {
    const model = fitModel({ trainer: 'logistic', table: twoClasses, target: 'y', options: {} })
    const { explanations } = await explained('logit', model)
    expect(explanations).toMatchObject({ method: 'linear-shap', exact: true, link: 'logit' })
    expectValues(explanations.rows[1]![1]!.values, truthOf(model, logRatio(1, 0), rowAt(8)), 3)
  })
})

/** x * y for positive y, else 0: nothing that trees or sums of features could be. */
function gatedModel(): Uint8Array {
  const graph = new GraphBuilder()
  const x = graph.input({ name: 'x', type: 'float', shape: [1] })
  const y = graph.input({ name: 'y', type: 'float', shape: [1] })
  const z = graph.input({ name: 'z', type: 'float', shape: [1] })
  const product = graph.add('Mul', [graph.add('Relu', [graph.add('Mul', [x, y])]), z])
  graph.output(product, { name: 'variable', type: 'float', shape: [1] })
  return graph.finish('gated', {})
}

describe('any other model', () => {
  const xyz = (x: number, y: number, z: number) => ({ x, y, z })
  const known = Array.from({ length: 30 }, (_, i) => xyz(i % 7, (i % 5) - 2, (i % 3) - 1))

  it('is asked for all coalitions where they are few', async () => {
    await test.deploy('gated', await test.register('gated', gatedModel()))
    // Without a log, what is absent is 0.
    const alone = await ask('gated', [xyz(2, 3, 4)], patient)
    expect(alone.explanations).toMatchObject({
      background: { rows: 1, source: 'zeros' },
      targets: [{ name: 'variable', label: null, base: 0 }],
      rows: [[{ score: 24, values: [8, 8, 8].map((value) => expect.closeTo(value, 5)) }]],
    })
    await ask('gated', known)
    const { explanations } = await ask('gated', [xyz(2, 3, 4)], patient)
    expect(explanations).toMatchObject({
      method: 'exact-shapley',
      exact: true,
      standardError: null,
    })
    const predict = (rows: readonly Float64Array[]) =>
      rows.map(([x, y, z]) => Math.max(0, x! * y!) * z!)
    const { background } = explanations
    expect(background).toEqual({ rows: 31, source: 'log' })
    const truth = exactShapley(
      predict,
      [[2, 3, 4]],
      [xyz(2, 3, 4), ...known].map(({ x, y, z }) => [x, y, z]),
    ).values[0]!
    expectValues(explanations.rows[0]![0]!.values, truth, 4)
  })

  it('is estimated by walks within the budget where coalitions are many, and still adds up', async () => {
    const graph = new GraphBuilder()
    const x = graph.input({ name: 'x', type: 'float', shape: [30] })
    const weighted = (weight: (i: number) => number) =>
      graph.add('MatMul', [
        graph.add('Relu', [x]),
        graph.constant({
          type: 'float',
          dims: [30, 1],
          data: Float32Array.from({ length: 30 }, (_, i) => weight(i)),
        }),
      ])
    const both = graph.add('Mul', [weighted((i) => i), weighted((i) => 30 - i)])
    graph.output(both, { name: 'y', type: 'float', shape: [1] })
    const model = graph.finish('wide', {})
    await test.deploy('wide', await test.register('wide', model))
    const rowOf = (i: number) => Array.from({ length: 30 }, (_, j) => Math.sin(i + j))
    const answer = await test.post(
      '/v2/models/wide/infer',
      {
        parameters: { explain: 'shap', explain_budget_ms: 100 },
        inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 30], data: rowOf(1) }],
      },
      json,
    )
    const body = (await answer.json()) as {
      readonly parameters: Record<string, unknown>
      readonly outputs: readonly { name: string; shape: number[]; data: number[] }[]
    }
    expect(answer.status).toBe(200)
    expect(body.parameters).toMatchObject({
      shap_method: 'permutation-shap',
      shap_exact: false,
      shap_link: 'identity',
    })
    const [y, values, base, features] = body.outputs
    expect(values).toMatchObject({ name: 'shap_values', shape: [1, 1, 30] })
    expect(features).toMatchObject({ name: 'shap_features', shape: [30] })
    const total = values!.data.reduce((sum, value) => sum + value, base!.data[0]!)
    expect(total).toBeCloseTo(y!.data[0]!, 3)
  })
})

describe('protocols and bad requests', () => {
  beforeAll(async () => {
    await test.deploy('plain', await test.register('plain', addingModel(1)))
    await test.deploy('echo', await test.register('echo', echoModel()))
  })
  const body = { dataframe_records: [{ temp: 3, season: 'x' }] }
  const values = [[{ score: 4, values: [3, 0] }]]

  it('answer :explain of KServe, and the query of CSV requests', async () => {
    const kserve = await test.post(
      '/v1/models/plain:explain',
      { instances: body.dataframe_records },
      json,
    )
    expect(await kserve.json()).toMatchObject({ predictions: [4], explanations: { rows: values } })
    const csv = await test.post('/endpoints/plain/invocations?explain=shap', 'temp,season\n3,x\n', {
      'content-type': 'text/csv',
    })
    expect(await csv.json()).toMatchObject({
      explanations: { method: 'linear-shap', rows: values },
    })
    const plain = await test.post('/endpoints/plain/invocations', body, json)
    expect(await plain.json()).toEqual({ predictions: [4] })
  })

  it.each([
    [{ explain: 'lime' }, 400, 'is no method'],
    [{ explain: 'shap', explain_budget_ms: 0 }, 400, 'milliseconds'],
    [{ explain: 'shap', explain_budget_ms: 1e9 }, 400, 'milliseconds'],
    [{ explain: ['shap'] }, 400, 'is no method'],
    [{ temperature: 1 }, 400, '"temperature"'],
  ])('refuse %j', async (params, status, words) => {
    const answer = await test.post('/endpoints/plain/invocations', { ...body, params }, json)
    expect(answer.status).toBe(status)
    expect(((await answer.json()) as Answer).message).toContain(words)
  })

  it('refuse what cannot be explained, and more rows than are explained at once', async () => {
    const rows = Array.from({ length: 65 }, () => ({ temp: 1, season: '' }))
    expect((await ask('plain', rows, { explain: 'shap' })).status).toBe(413)
    expect((await ask('plain', rows)).status).toBe(200)
    const none = await test.post('/v2/models/plain/infer', {
      parameters: { explain: 'shap' },
      inputs: [
        { name: 'temp', datatype: 'FP32', shape: [0, 1], data: [] },
        { name: 'season', datatype: 'BYTES', shape: [0, 1], data: [] },
      ],
    })
    expect(none.status).toBe(400)
    expect(test.faults).toEqual([])
  })
})

it('similar cases: nearest first, with what was answered and what was true', async () => {
  await test.deploy('cases', await test.register('cases', addingModel(1)))
  const rows = [1, 5, 9, 20].map((temp, i) => ({ temp, season: i === 2 ? 'summer' : 'spring' }))
  const ids = rows.map(({ temp }) => `t${temp}`)
  await test.post(
    '/endpoints/cases/invocations',
    { dataframe_records: rows, kaizen: { inference_ids: ids } },
    json,
  )
  await test.serving.feedback(editor, 'cases', [{ inferenceId: 't5', value: 7 }])
  const find = async (body: object) => {
    const answer = await test.post('/api/v1/endpoints/cases/similar', body, json)
    const { items, searched } = (await answer.json()) as {
      items: Record<string, unknown>[]
      searched: number
    }
    return { status: answer.status, items, searched }
  }
  const { items, searched } = await find({ inputs: { temp: 6, season: 'spring' }, limit: 3 })
  expect(searched).toBe(4)
  expect(items.map(({ inferenceId }) => inferenceId)).toEqual(['t5', 't1', 't20'])
  expect(items[0]).toMatchObject({ actual: 7, outputs: { variable: 6 }, distance: 1 / 19 / 2 })
  const summer = await find({ inputs: { season: 'summer' }, limit: 1, except: 't1' })
  expect(summer.items[0]).toMatchObject({ inferenceId: 't9', distance: 0 })
  expect((await find({ inputs: { wind: 1 } })).items.every(({ distance }) => distance === 1)).toBe(
    true,
  )
  expect((await find({ inputs: {} })).items).toEqual([])
  expect((await find({ inputs: { temp: [1] } })).status).toBe(400)
  expect((await find({ inputs: {}, limit: 0 })).status).toBe(400)
})
