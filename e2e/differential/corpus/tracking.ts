import type { Random } from '../random.ts'
import { got, post, type Step } from '../step.ts'
import { withSpoilt } from './spoil.ts'

const day = 86_400_000
const keys = ['a', 'loss', 'val/loss', 'f1 score', 'lr', 'x.y-z', 'Ünï']
const wrongKeys = [
  '',
  '../a',
  '/a',
  'a//b',
  'a/./b',
  'a:b',
  'a#b',
  'k'.repeat(251),
  'a\\b',
  '.',
  'a,b',
]
const texts = ['1', 'v', '', 'a b', "it's", '💡', 'x'.repeat(500), 'x'.repeat(6001), 'null']
const numbers = [0, 1, -1.5, 1e300, 1e-300, 'NaN', 'Infinity', '-Infinity', '1.5', 3]

const anyKey = (random: Random): string =>
  random.chance(0.08) ? random.of(wrongKeys) : random.of(keys)

/** Experiments, runs and what they log. */
export function trackingSteps(random: Random): readonly Step[] {
  return withSpoilt(random, 0.3, [
    ...experimentSteps(random),
    ...[1, 2, 3].flatMap((n) => runSteps(random, n)),
    ...readSteps(random),
    ...endSteps(random),
  ])
}

function experimentSteps(random: Random): readonly Step[] {
  const named = (n: number) => `differential ${n}`
  return [
    ...[1, 2, 3].map((n) =>
      post(
        'experiments/create',
        {
          name: named(n),
          tags: [...new Set(random.some(keys, 2))].map((key) => ({ key, value: 'v' })),
        },
        { bind: { [`exp${n}`]: 'experiment_id' } },
      ),
    ),
    post('experiments/create', { name: named(1) }),
    post('experiments/create', {
      name: 'elsewhere',
      artifact_location: random.of(['s3://b/p', 'file:///tmp/x', 'runs:/x', 's3://b/p?a=..#f']),
    }),
    got('experiments/get', { experiment_id: '<exp1>' }),
    got('experiments/get', { experiment_id: random.of(['99999', 'abc', '-1', '1e3', '0']) }),
    got('experiments/get-by-name', { experiment_name: named(2) }),
    got('experiments/get-by-name', { experiment_name: 'nobody' }),
    post('experiments/set-experiment-tag', {
      experiment_id: '<exp1>',
      key: anyKey(random),
      value: random.of(texts),
    }),
    post('experiments/set-experiment-tag', { experiment_id: '<exp1>', key: 'gone', value: 'v' }),
    post('experiments/delete-experiment-tag', { experiment_id: '<exp1>', key: 'gone' }),
    post('experiments/delete-experiment-tag', { experiment_id: '<exp1>', key: 'never' }),
    post('experiments/update', { experiment_id: '<exp2>', new_name: 'renamed' }),
    post('experiments/update', { experiment_id: '<exp2>', new_name: named(1) }),
    post('experiments/delete', { experiment_id: '<exp3>' }),
    post('experiments/delete', { experiment_id: '<exp3>' }),
    post('experiments/create', { name: named(3) }),
    post('experiments/update', { experiment_id: '<exp3>', new_name: 'x' }),
    post('experiments/restore', { experiment_id: '<exp3>' }),
    got('experiments/get', { experiment_id: '<exp3>' }),
    got('experiments/get', { experiment_id: '<exp2>' }),
  ]
}

function runSteps(random: Random, n: number): readonly Step[] {
  const run_id = `<run${n}>`
  const metric = () => ({
    key: anyKey(random),
    value: random.of(numbers),
    timestamp: random.of([1, 2, 3]),
    step: random.of([0, 1, 2, -1]),
  })
  const pair = () => ({ key: anyKey(random), value: random.of(texts) })
  return [
    post(
      'runs/create',
      {
        experiment_id: '<exp1>',
        user_id: 'ann',
        run_name: `run ${n}`,
        start_time: n * day,
        tags: [{ key: 'k', value: 'v' }],
      },
      { bind: { [`run${n}`]: 'run.info.run_id' } },
    ),
    ...Array.from({ length: 6 }, () => post('runs/log-metric', { run_id, ...metric() })),
    ...Array.from({ length: 3 }, () => post('runs/log-parameter', { run_id, ...pair() })),
    ...Array.from({ length: 3 }, () => post('runs/set-tag', { run_id, ...pair() })),
    post('runs/log-batch', {
      run_id,
      metrics: Array.from({ length: 4 }, metric),
      params: [...new Set(random.some(keys, 3))].map((key) => ({
        key: `batch/${key}`,
        value: random.of(texts),
      })),
      tags: Array.from({ length: 2 }, pair),
    }),
    post('runs/log-parameter', { run_id, key: 'once', value: '1' }),
    post('runs/log-parameter', { run_id, key: 'once', value: '1' }),
    post('runs/log-parameter', { run_id, key: 'once', value: '2' }),
    post('runs/delete-tag', { run_id, key: 'k' }),
    post('runs/delete-tag', { run_id, key: 'k' }),
    post('runs/set-tag', { run_id, key: 'mlflow.runName', value: `named by tag ${n}` }),
    post('runs/log-inputs', {
      run_id,
      datasets: [
        {
          tags: [{ key: 'mlflow.data.context', value: random.of(['train', 'eval']) }],
          dataset: {
            name: random.of(['iris', 'wine']),
            digest: random.of(['d1', 'd2']),
            source_type: 'local',
            source: '{}',
            schema: '{}',
            profile: '{"rows":1}',
          },
        },
      ],
    }),
    got('runs/get', { run_id }),
    post('runs/update', {
      run_id,
      status: random.of(['FINISHED', 'FAILED', 'KILLED', 'SCHEDULED', 'NONE']),
      end_time: n * day + 5,
      run_name: `again ${n}`,
    }),
    got('runs/get', { run_id }),
  ]
}

function readSteps(random: Random): readonly Step[] {
  const run_id = '<run1>'
  const metric_key = 'loss'
  const long = Array.from({ length: 40 }, (_, n) => ({
    key: 'long',
    value: n % 7,
    timestamp: n,
    step: n >> 1,
  }))
  const bulk = 'metrics/get-history-bulk'
  return [
    post('runs/log-batch', { run_id, metrics: long }),
    got('metrics/get-history', { run_id, metric_key: 'long' }),
    got(
      'metrics/get-history',
      { run_id, metric_key: 'long', max_results: 7 },
      { bind: { historyPage: 'next_page_token' } },
    ),
    got('metrics/get-history', {
      run_id,
      metric_key: 'long',
      max_results: 7,
      page_token: '<historyPage>',
    }),
    got('metrics/get-history', {
      run_id,
      metric_key: 'long',
      max_results: random.of([0, -1, 'x', 30_000]),
    }),
    got('metrics/get-history', { run_id, metric_key: 'never' }),
    got('metrics/get-history', { run_id: 'f'.repeat(32), metric_key }),
    got(`/ajax-api/2.0/mlflow/${bulk}`, {
      run_id: ['<run1>', '<run2>'],
      metric_key: 'long',
      max_results: 10,
    }),
    got(
      `/ajax-api/2.0/mlflow/${bulk}`,
      { run_id: ['<run1>', '<run2>', '<run3>'], metric_key },
      { unordered: ['metrics'] },
    ),
    got(`${bulk}-interval`, {
      run_ids: ['<run1>', '<run2>'],
      metric_key: 'long',
      max_results: random.of([1, 2, 5, 20, 320]),
    }),
    got(`${bulk}-interval`, {
      run_ids: ['<run1>'],
      metric_key: 'long',
      start_step: 3,
      end_step: 11,
      max_results: 4,
    }),
    got(`${bulk}-interval`, { run_ids: ['<run1>'], metric_key: 'long', start_step: 3 }),
    got(`${bulk}-interval`, {
      run_ids: ['<run1>'],
      metric_key: 'long',
      start_step: 9,
      end_step: 2,
    }),
    got(`${bulk}-interval`, { run_ids: [], metric_key: 'long' }),
    got(`${bulk}-interval`, {
      run_ids: ['<run1>'],
      metric_key: 'long',
      max_results: random.of([0, -1, 2501]),
    }),
    got('runs/get', { run_id: 'f'.repeat(32) }),
    got('runs/get', { run_uuid: '<run2>' }),
    post('runs/log-batch', {
      run_id,
      params: [
        { key: 'twice', value: '1' },
        { key: 'twice', value: '2' },
      ],
    }),
    post('runs/log-batch', { run_id, metrics: Array.from({ length: 1001 }, () => long[0]) }),
    post('runs/log-batch', {
      run_id,
      params: Array.from({ length: 101 }, (_, n) => ({ key: `p${n}`, value: '' })),
    }),
    post('runs/log-batch', {
      run_id,
      tags: Array.from({ length: 101 }, (_, n) => ({ key: `t${n}`, value: '' })),
    }),
    post('runs/log-batch', { run_id }),
    post(
      'experiments/search-datasets',
      { experiment_ids: ['<exp1>'] },
      { unordered: ['dataset_summaries'] },
    ),
    post('runs/log-model', {
      run_id,
      model_json: random.of([
        '{"artifact_path":"m","flavors":{},"run_id":"x","utc_time_created":"2001-01-01"}',
        '{}',
        '[]',
        'no json',
        '{"a":1}',
      ]),
    }),
    got('artifacts/list', { run_id }),
    got('artifacts/list', { run_id, path: random.of(['..', '/etc', 'a/../b', '%2e%2e', 'none']) }),
  ]
}

function endSteps(random: Random): readonly Step[] {
  const run_id = '<run3>'
  return [
    post('runs/delete', { run_id }),
    got('runs/get', { run_id }),
    post('runs/log-metric', { run_id, key: 'late', value: 1, timestamp: 1 }),
    post('runs/set-tag', { run_id, key: 'late', value: '1' }),
    post('runs/delete', { run_id }),
    post('runs/restore', { run_id }),
    post('runs/restore', { run_id }),
    post('runs/delete', { run_id: random.of(['f'.repeat(32), 'no run', '']) }),
    post('experiments/delete', { experiment_id: '<exp1>' }),
    post('runs/create', { experiment_id: '<exp1>', start_time: 1 }),
    post('runs/set-tag', { run_id: '<run1>', key: 'late', value: '1' }),
    got('runs/get', { run_id: '<run1>' }),
    post('experiments/restore', { experiment_id: '<exp1>' }),
    got('runs/get', { run_id: '<run1>' }),
    post('runs/create', { experiment_id: '99999', start_time: 1 }),
    post('runs/create', { experiment_id: 'abc', start_time: 1 }),
    post('runs/create', {
      experiment_id: '<exp2>',
      start_time: 5,
      run_name: 'by name',
      tags: [{ key: 'mlflow.runName', value: 'by tag' }],
    }),
    post('runs/create', {
      experiment_id: '<exp2>',
      start_time: 6,
      tags: [
        { key: 'mlflow.runName', value: 'only by tag' },
        { key: 'mlflow.user', value: 'bob' },
      ],
    }),
    got('nothing/at-all', {}),
    post('nothing/at-all', {}),
  ]
}
