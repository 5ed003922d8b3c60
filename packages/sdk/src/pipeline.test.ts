import { KaizenError } from '@kaizen/contracts'
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  beatsChampion,
  commandStep,
  dataset,
  endpoint,
  entity,
  featureView,
  featureViewMonitor,
  integer,
  jsonParam,
  type MetricHandle,
  type ModelHandle,
  metric,
  model,
  monitor,
  number,
  olderThan,
  pipeline,
  pipelineMonitor,
  policy,
  project,
  pythonStep,
  sliding,
  step,
  table,
  timestamp,
  train,
  trainingWindow,
  value,
  window,
} from './index.ts'

it('a monitor of a pipeline brings it, and compares with earlier runs', () => {
  const noop = step('noop', { in: {}, out: {}, run: () => ({}) })
  const fit = pipeline('nightly', {}, () => {
    noop({})
    return {}
  })
  const made = project({ name: 'p', monitors: [pipelineMonitor('watch', { pipeline: fit })] })
  expect(made.pipelines).toEqual([fit])
  expect(made.monitors[0]?.declaration).toMatchObject({
    pipeline: 'nightly',
    endpoint: null,
    dataset: null,
    reference: { kind: 'rolling', length: '90d' },
  })
})

it('a monitor of a feature view brings it with its dataset and entities, and knows its features', () => {
  const orders = dataset('orders', { eventTime: 'at' })
  const customer = entity('customer', { keys: { customer_id: 'integer' } })
  const spend = featureView('spend', {
    entities: [customer],
    source: orders,
    features: { total: 'number', city: 'string' },
  })
  const watch = featureViewMonitor('watch', { featureView: spend, columns: ['total'] })
  const made = project({ name: 'p', monitors: [watch] })
  expect([made.featureViews, made.datasets, made.entities]).toEqual([[spend], [orders], [customer]])
  expect(watch.declaration).toMatchObject({
    featureView: 'spend',
    endpoint: null,
    columns: ['total'],
    reference: { kind: 'rolling', length: '30d' },
  })
  // @ts-expect-error the view has no such feature
  featureViewMonitor('other', { featureView: spend, columns: ['nothing'] })
})

const rows = dataset('rows', { eventTime: 'at' })
const split = step('split', {
  in: { rows: table(), share: value<number>() },
  out: { train: table(), test: table(), count: value<number>() },
  run: ({ rows: input, share }, { paths }) => {
    expectTypeOf(input.path).toBeString()
    expectTypeOf(share).toBeNumber()
    expectTypeOf<keyof typeof paths>().toEqualTypeOf<'train' | 'test'>()
    return { train: input.path, test: 'rows', count: share * 10 }
  },
})
const fitModel = pythonStep('fit', {
  in: { train: table(), rate: value<number>() },
  out: { model: model(), auc: metric() },
  file: 'fit.py',
})
const report = commandStep('report', {
  in: { auc: value<number>(), model: model() },
  out: { text: value<string>() },
  argv: ['sh', 'report.sh'],
})

describe('pipeline', () => {
  it('draws the graph from ordinary calls', () => {
    const declared = pipeline('fare', { params: { share: number(0.8) } }, (p) => {
      const data = split({ rows: window(rows, { from: 5 }), share: p.share })
      const slow = fitModel({ train: data.train, rate: 0.05 }, { retry: { max: 2 } })
      const fast = fitModel({ train: data.train, rate: 0.2 }, { after: [slow.model] })
      expectTypeOf(fast.model).toEqualTypeOf<ModelHandle>()
      expectTypeOf(fast.auc).toEqualTypeOf<MetricHandle>()
      report({ auc: fast.auc, model: fast.model }, { id: 'final', cache: false, timeout: '5m' })
      return { model: fast.model }
    })
    expect(declared.nodes.map(({ id, inputs, after }) => ({ id, inputs, after }))).toEqual([
      {
        id: 'split',
        inputs: {
          rows: { from: 'dataset', dataset: 'rows', windowFrom: { from: 'literal', value: 5 } },
          share: { from: 'param', name: 'share' },
        },
        after: [],
      },
      {
        id: 'fit',
        inputs: {
          train: { from: 'node', node: 'split', output: 'train' },
          rate: { from: 'literal', value: 0.05 },
        },
        after: [],
      },
      {
        id: 'fit-2',
        inputs: {
          train: { from: 'node', node: 'split', output: 'train' },
          rate: { from: 'literal', value: 0.2 },
        },
        after: ['fit'],
      },
      {
        id: 'final',
        inputs: {
          auc: { from: 'node', node: 'fit-2', output: 'auc' },
          model: { from: 'node', node: 'fit-2', output: 'model' },
        },
        after: [],
      },
    ])
    expect(declared.nodes[1]?.retry).toEqual({ max: 2, backoff: '1s' })
    expect(declared.nodes[3]).toMatchObject({ cache: false, timeout: '5m' })
  })

  it('lets a step come after one that has no outputs', () => {
    const tidy = commandStep('tidy', { in: {}, out: {}, argv: ['true'] })
    const { nodes } = pipeline('order', {}, () => {
      const first = tidy({})
      tidy({}, { after: [first] })
      return {}
    })
    expect(nodes.map(({ id, after }) => [id, after])).toEqual([
      ['tidy', []],
      ['tidy-2', ['tidy']],
    ])
  })

  it('makes wrong kinds compile errors', () => {
    pipeline('typed', { params: { share: number(), names: jsonParam<string[]>() } }, (p) => {
      const data = split({ rows: window(rows), share: p.share })
      const trained = fitModel({ train: data.train, rate: 1 })
      // @ts-expect-error a model is not a table
      fitModel({ train: trained.model, rate: 1 })
      // @ts-expect-error a list of names is not a number
      split({ rows: data.train, share: p.names })
      // @ts-expect-error text is not a number
      split({ rows: data.train, share: 'most' })
      // @ts-expect-error a table goes in by handle, not by value
      split({ rows: 'rows.parquet', share: 1 })
      // @ts-expect-error there is no such output
      expect(data.validation).toBeUndefined()
      // @ts-expect-error a handle has no order
      expect(() => trained.auc > 0.5).toThrow(KaizenError)
      report({ auc: trained.auc, model: trained.model })
      return { model: trained.model }
    })
    // @ts-expect-error an input is missing
    const missing = () => pipeline('short', {}, () => fitModel({ rate: 1 }))
    expect(missing).toThrow('step "fit": input "train" is missing')
  })

  it('refuses to treat a handle as a value', () => {
    pipeline('values', { params: { share: number() } }, (p) => {
      const data = split({ rows: window(rows), share: p.share })
      const asked = 'the output "count" of the step "split" has no value while'
      expect(() => `${data.count}`).toThrow(asked)
      expect(() => JSON.stringify({ data })).toThrow('of the step "split" has no value')
      expect(() => Number(p.share)).toThrow('the parameter "share" has no value')
      expect(() => [...(data.count as unknown as number[])]).toThrow(asked)
      expect(() => data.count()).toThrow(asked)
      return { train: data.train }
    })
  })

  it('refuses calls that make no graph', () => {
    expect(() => fitModel({ train: window(rows), rate: 1 })).toThrow('called outside a pipeline')
    let foreign: ReturnType<typeof fitModel> | undefined
    pipeline('one', {}, () => {
      foreign = fitModel({ train: window(rows), rate: 1 })
      return foreign
    })
    expect(() =>
      pipeline('two', {}, () => report({ auc: 1, model: foreign?.model as ModelHandle })),
    ).toThrow('belongs to another pipeline')
    expect(() =>
      pipeline('three', {}, () => {
        fitModel({ train: window(rows), rate: 1 }, { id: 'a' })
        return fitModel({ train: window(rows), rate: 2 }, { id: 'a' })
      }),
    ).toThrow('two steps of the pipeline are named "a"')
    expect(() =>
      pipeline('outer', {}, () => {
        pipeline('inner', {}, () => ({}))
        return {}
      }),
    ).toThrow('inside another pipeline')
    expect(() =>
      // @ts-expect-error the graph is declared at once
      pipeline('async', {}, async () => ({})),
    ).toThrow('its function is async')
    // The refusals left no graph open.
    expect(() => fitModel({ train: window(rows), rate: 1 })).toThrow('called outside a pipeline')
  })

  it('runs a step as a plain function', async () => {
    const context = { paths: { train: 'a', test: 'b' } } as never
    expect(await split.run({ rows: { path: 'x' }, share: 0.5 }, context)).toMatchObject({
      count: 5,
    })
  })
})

describe('policy', () => {
  const taxi = endpoint('taxi', { target: 'fare' })
  const watch = monitor('watch', { endpoint: taxi })
  const rest = {
    monitor: watch,
    dataset: rows,
    triggers: [olderThan('30d')],
    training: sliding('90d', { holdout: '7d' }),
    gate: beatsChampion('mae'),
  } as const

  it('takes a pipeline that can be asked for a candidate, and no other', () => {
    const able = pipeline('able', { params: { ...trainingWindow, rate: number(0.1) } }, (p) =>
      train.gradientBoosting({
        data: window(rows, { from: p.trainFrom, to: p.trainTo, version: p.datasetVersion }),
        target: 'fare',
        learningRate: p.rate,
      }),
    )
    expect(policy('loop', { ...rest, pipeline: able }).declaration).toMatchObject({
      endpoint: 'taxi',
      pipeline: 'able',
      refit: true,
    })
    const unable = pipeline('unable', { params: { from: timestamp(), n: integer() } }, () => ({}))
    expect(() =>
      // @ts-expect-error it has no training window and no model
      policy('loop', { ...rest, pipeline: unable }),
    ).toThrow('pipeline "unable" cannot be asked for a candidate')
  })
})
