import type { Random } from '../random.ts'
import { got, post, type Step } from '../step.ts'
import { filterOf, type Grammar, ofNumbers, ofTexts, ordersOf, quoted } from './filters.ts'

const minute = 60_000
const numbers = ['0', '1', '0.5', '-1', '2.25', '1e3', '.5', '10']
const words = ['a', 'A', 'b', 'abc', '%b%', 'A%', '_', 'a_c', '', 'é']
const nullable = [...ofTexts, 'IS NULL', 'IS NOT NULL']

const runs: Grammar = {
  keys: [
    ...['metrics.m', 'metric.m', 'metrics.`n n`', 'metrics."o"', 'metrics.nan'].map((name) => ({
      name,
      operators: ofNumbers,
      values: numbers,
    })),
    ...['params.p', 'param.p', 'parameter.q', 'params.`r r`'].map((name) => ({
      name,
      operators: nullable,
      values: quoted(words),
    })),
    ...['tags.t', 'tag.t', 'tags."mlflow.runName"', 'tags.`u u`'].map((name) => ({
      name,
      operators: nullable,
      values: quoted(words),
    })),
    {
      name: 'attributes.status',
      operators: ofTexts,
      values: quoted(['FINISHED', 'running', 'RUN%']),
    },
    { name: 'status', operators: ['=', '!='], values: quoted(['FINISHED', 'RUNNING']) },
    {
      name: 'attributes.start_time',
      operators: ofNumbers,
      values: ['0', '60000', '120000', "'60000'"],
    },
    { name: 'created', operators: ofNumbers, values: ['60000', '180000'] },
    { name: 'end_time', operators: ofNumbers, values: ['60000', '90000'] },
    { name: 'attributes.run_name', operators: ofTexts, values: quoted(['run 1', 'RUN%', '%2']) },
    { name: 'attributes.`run name`', operators: ['='], values: quoted(['run 3']) },
    { name: 'user_id', operators: ofTexts, values: quoted(['ann', 'bob', 'ANN']) },
    {
      name: 'attributes.artifact_uri',
      operators: ['LIKE'],
      values: quoted(['mlflow%', '%artifacts']),
    },
    {
      name: 'attributes.run_id',
      operators: ['=', '!=', 'IN', 'NOT IN'],
      values: ["'<found1>'", "'<found2>'", "'none'"],
    },
    {
      name: 'datasets.name',
      operators: ['=', '!=', 'LIKE', 'ILIKE', 'IN', 'NOT IN'],
      values: quoted(['iris', 'wine', 'I%']),
    },
    { name: 'dataset.digest', operators: ['=', 'LIKE', 'IN'], values: quoted(['d1', 'd2']) },
    { name: 'datasets.context', operators: ['=', '!=', 'IN'], values: quoted(['train', 'eval']) },
  ],
  orders: [
    'metrics.m',
    'metrics.`n n`',
    'metrics.nan',
    'params.p',
    'tags.t',
    'attributes.start_time',
    'start_time',
    'end_time',
    'status',
    'attributes.run_name',
    'created',
    'user_id',
  ],
  unknown: [
    'nothing',
    'attributes.nothing',
    'experiment.name',
    'metrics',
    'inputs.a',
    'attributes.lifecycle_stage',
  ],
}

const experiments: Grammar = {
  keys: [
    {
      name: 'name',
      operators: ofTexts,
      values: quoted(['searched 1', 'SEARCHED%', '%2', 'Default']),
    },
    { name: 'attribute.name', operators: ofTexts, values: quoted(['searched 2', '%']) },
    { name: 'tags.t', operators: ofTexts, values: quoted(words) },
    { name: 'tag.`u u`', operators: ofTexts, values: quoted(words) },
    { name: 'creation_time', operators: ofNumbers, values: ['0', '4102444800000'] },
    { name: 'attributes.last_update_time', operators: ofNumbers, values: ['0', '4102444800000'] },
  ],
  orders: ['name', 'experiment_id', 'creation_time', 'last_update_time', 'attribute.name'],
  unknown: ['nothing', 'tags', 'metrics.a', 'lifecycle_stage', 'attributes.id'],
}

/** Searches of runs and experiments over objects whose order is known. */
export function searchSteps(random: Random, count: number): readonly Step[] {
  return [
    ...experimentsToFind(random),
    ...runsToFind(random),
    ...Array.from({ length: count }, () => runSearch(random)),
    ...pagesOfRuns(random),
    ...Array.from({ length: Math.ceil(count / 3) }, () => experimentSearch(random)),
    ...oddSearches(random),
  ]
}

function experimentsToFind(random: Random): readonly Step[] {
  return [1, 2, 3].flatMap((n) => [
    post(
      'experiments/create',
      { name: `searched ${n}` },
      { bind: { [`searched${n}`]: 'experiment_id' } },
    ),
    post('experiments/set-experiment-tag', {
      experiment_id: `<searched${n}>`,
      key: random.of(['t', 'u u']),
      value: random.of(['a', 'A', 'b', 'abc']),
    }),
  ])
}

function runsToFind(random: Random): readonly Step[] {
  return Array.from({ length: 9 }, (_, index) => index + 1).flatMap((n) => {
    const run_id = `<found${n}>`
    const maybe = <T>(value: T): readonly T[] => (random.chance(0.7) ? [value] : [])
    const word = () => random.of(words.filter((text) => !/[%]/.test(text)))
    const metric = (key: string) => ({
      key,
      value: random.of([0, 1, 0.5, -1, 2.25, 1000]),
      timestamp: n,
      step: 0,
    })
    return [
      post(
        'runs/create',
        {
          experiment_id: `<searched${1 + (n % 2)}>`,
          user_id: random.of(['ann', 'bob']),
          run_name: `run ${n}`,
          start_time: n * minute,
        },
        { bind: { [`found${n}`]: 'run.info.run_id' } },
      ),
      post('runs/log-batch', {
        run_id,
        metrics: [
          ...maybe(metric('m')),
          ...maybe(metric('n n')),
          ...maybe(metric('o')),
          ...maybe({
            key: 'nan',
            value: random.of(['NaN', 'Infinity', '-Infinity', 1]),
            timestamp: 1,
            step: 0,
          }),
        ],
        params: [
          ...maybe({ key: 'p', value: word() }),
          ...maybe({ key: 'q', value: word() }),
          ...maybe({ key: 'r r', value: word() }),
        ],
        tags: [...maybe({ key: 't', value: word() }), ...maybe({ key: 'u u', value: word() })],
      }),
      ...maybe(post('runs/update', { run_id, status: 'FINISHED', end_time: n * minute + 30_000 })),
      ...maybe(
        post('runs/log-inputs', {
          run_id,
          datasets: [
            {
              tags: [{ key: 'mlflow.data.context', value: random.of(['train', 'eval']) }],
              dataset: {
                name: random.of(['iris', 'wine']),
                digest: random.of(['d1', 'd2']),
                source_type: 't',
                source: 's',
              },
            },
          ],
        }),
      ),
    ]
  })
}

const runSearch = (random: Random): Step =>
  post('runs/search', {
    experiment_ids: random.of([
      ['<searched1>', '<searched2>'],
      ['<searched1>'],
      ['<searched3>'],
      ['<searched1>', '99999'],
    ]),
    ...(random.chance(0.85) ? { filter: filterOf(random, runs) } : {}),
    order_by: ordersOf(random, runs),
    ...(random.chance(0.3) ? { max_results: random.of([1, 2, 5, 50_000, 50_001, 0, -1]) } : {}),
    ...(random.chance(0.2)
      ? { run_view_type: random.of(['ACTIVE_ONLY', 'DELETED_ONLY', 'ALL', 'NONE']) }
      : {}),
  })

/** The same search in pages; a token belongs to its search. */
function pagesOfRuns(random: Random): readonly Step[] {
  const search = {
    experiment_ids: ['<searched1>', '<searched2>'],
    order_by: ordersOf(random, { ...runs, unknown: ['metrics.m'] }),
    max_results: 4,
  }
  return [
    post('runs/search', search, { bind: { page1: 'next_page_token' } }),
    post(
      'runs/search',
      { ...search, page_token: '<page1>' },
      { bind: { page2: 'next_page_token' } },
    ),
    post('runs/search', { ...search, page_token: '<page2>' }),
    post('runs/search', { ...search, page_token: 'not a token' }),
    post('runs/search', { ...search, page_token: 'bm9uZQ==' }),
  ]
}

function experimentSearch(random: Random): Step {
  const fields = {
    max_results: random.chance(0.1) ? random.of([0, -1, 50_001]) : random.of([1, 2, 100]),
    ...(random.chance(0.8) ? { filter: filterOf(random, experiments) } : {}),
    order_by: ordersOf(random, experiments),
    ...(random.chance(0.2) ? { view_type: random.of(['ACTIVE_ONLY', 'DELETED_ONLY', 'ALL']) } : {}),
  }
  return random.chance(0.5) ? post('experiments/search', fields) : got('experiments/search', fields)
}

const oddSearches = (random: Random): readonly Step[] => [
  post('runs/search', {}),
  post('runs/search', { experiment_ids: [] }),
  post('runs/search', { experiment_ids: ['abc'] }),
  post('runs/search', { experiment_ids: ['<searched1>'], filter: 'x'.repeat(10_000) }),
  post('runs/search', {
    experiment_ids: ['<searched1>'],
    filter: `${"params.p = 'a' AND ".repeat(30)}params.p = 'a'`,
  }),
  post('runs/search', {
    experiment_ids: ['<searched1>'],
    order_by: [random.of(['metrics.m; drop table runs', '', 'metrics.m metrics.m', "'m'"])],
  }),
  post('experiments/search', {}),
  post('experiments/search', { max_results: 2 }, { bind: { experimentsPage: 'next_page_token' } }),
  post('experiments/search', { max_results: 2, page_token: '<experimentsPage>' }),
]
