import type { Random } from '../random.ts'
import { got, post, proxy, type Step, sent } from '../step.ts'
import { filterOf, type Grammar, ofNumbers, ordersOf, quoted } from './filters.ts'
import { withSpoilt } from './spoil.ts'

const texts = ['=', '!=', 'LIKE', 'ILIKE', 'IN', 'NOT IN']

const grammar: Grammar = {
  keys: [
    { name: 'metrics.acc', operators: ofNumbers, values: ['0', '0.5', '1'] },
    { name: 'params.depth', operators: texts, values: quoted(['1', '2', '%']) },
    { name: 'tags.team', operators: texts, values: quoted(['red', 'RED', 'b%']) },
    { name: 'name', operators: texts, values: quoted(['forest 1', 'FOREST%', '%2']) },
    { name: 'attributes.model_type', operators: texts, values: quoted(['tree', 'T%']) },
    { name: 'source_run_id', operators: ['=', '!=', 'IN'], values: ["'<modelRun>'", "'none'"] },
    { name: 'model_id', operators: ['=', 'IN', 'NOT IN'], values: ["'<model1>'", "'<model2>'"] },
    { name: 'creation_timestamp', operators: ofNumbers, values: ['0', '4102444800000'] },
  ],
  orders: ['metrics.acc', 'name', 'creation_timestamp', 'attributes.name', 'params.depth'],
  unknown: ['nothing', 'attributes.nothing', 'metric.acc'],
}

/** Logged models, their life, and files that runs and models keep. */
export function loggedModelSteps(random: Random, count: number): readonly Step[] {
  return [
    ...withSpoilt(random, 0.3, [...lifeSteps(random), ...fileSteps(random)]),
    ...Array.from({ length: count }, () => search(random)),
    post(
      'logged-models/search',
      { experiment_ids: ['<models>'], max_results: 1 },
      { bind: { modelPage: 'next_page_token' } },
    ),
    post('logged-models/search', {
      experiment_ids: ['<models>'],
      max_results: 1,
      page_token: '<modelPage>',
    }),
    post('logged-models/search', {
      experiment_ids: ['<models>'],
      max_results: 1,
      page_token: 'none',
    }),
    post('logged-models/search', {}),
    sent('DELETE', 'logged-models/<model3>', {}),
    got('logged-models/<model3>'),
    sent('DELETE', 'logged-models/<model3>', {}),
  ]
}

function lifeSteps(random: Random): readonly Step[] {
  const made = [1, 2, 3].flatMap((n): readonly Step[] => [
    post(
      'logged-models',
      {
        experiment_id: '<models>',
        name: `forest ${n}`,
        model_type: random.of(['tree', 'linear']),
        source_run_id: '<modelRun>',
        params: [{ key: 'depth', value: String(n) }],
        tags: [{ key: 'team', value: random.of(['red', 'blue']) }],
      },
      { bind: { [`model${n}`]: 'model.info.model_id' } },
    ),
    post('runs/log-batch', {
      run_id: '<modelRun>',
      metrics: [
        {
          key: 'acc',
          value: n / 4,
          timestamp: n,
          step: n,
          model_id: `<model${n}>`,
          dataset_name: 'iris',
          dataset_digest: 'd1',
        },
      ],
    }),
  ])
  const path = 'logged-models/<model1>'
  const model_id = '<model1>'
  return [
    post('experiments/create', { name: 'with models' }, { bind: { models: 'experiment_id' } }),
    post(
      'runs/create',
      { experiment_id: '<models>', start_time: 1, run_name: 'r' },
      { bind: { modelRun: 'run.info.run_id' } },
    ),
    ...made,
    got(path),
    got('logged-models/m-00000000000000000000000000000000'),
    sent('PATCH', path, {
      model_id,
      status: random.of(['LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED']),
    }),
    sent('PATCH', path, {
      model_id,
      status: random.of(['LOGGED_MODEL_PENDING', 'READY', 'NONE']),
    }),
    sent('PATCH', `${path}/tags`, { model_id, tags: [{ key: 'more', value: 'v' }] }),
    sent('DELETE', `${path}/tags/more`, {}),
    sent('DELETE', `${path}/tags/more`, {}),
    post(`${path}/params`, { model_id, params: [{ key: 'new', value: '1' }] }),
    post(`${path}/params`, { model_id, params: [{ key: 'new', value: '2' }] }),
    post('runs/outputs', { run_id: '<modelRun>', models: [{ model_id: '<model1>', step: 3 }] }),
    post('runs/log-inputs', { run_id: '<modelRun>', models: [{ model_id: '<model2>' }] }),
    post('runs/outputs', { run_id: '<modelRun>', models: [{ model_id: 'm-none', step: 0 }] }),
    got('runs/get', { run_id: '<modelRun>' }),
    got(path),
    post('model-versions/create', {
      name: 'nobody of models',
      source: 'models:/<model1>',
      model_id: '<model1>',
    }),
    post('registered-models/create', { name: 'of a logged model' }),
    post('model-versions/create', {
      name: 'of a logged model',
      source: 'models:/<model1>',
      model_id: '<model1>',
    }),
    got('model-versions/get-download-uri', { name: 'of a logged model', version: '1' }),
    got(path),
  ]
}

const names = ['a.txt', 'folder/b.bin', 'folder/deep/c d.json', 'ünï.txt', 'page.html', 'empty']
const hostilePaths = [
  '..%2f..%2fetc%2fpasswd',
  '%2e%2e/%2e%2e/x',
  'a/%2e%2e/%2e%2e/b',
  '%00',
  'a%00b',
  '..%5cx',
  '%252e%252e%252fx',
  '....//x',
]

function fileSteps(random: Random): readonly Step[] {
  const root = `${proxy}/artifacts/<models>/<modelRun>/artifacts`
  const put = (path: string, raw: string): Step => ({
    method: 'PUT',
    path: `${root}/${encodeURI(path)}`,
    raw,
  })
  return [
    ...names.map((name) => put(name, name === 'empty' ? '' : `content of ${name}`)),
    put('a.txt', 'replaced'),
    put('a.txt/below', 'a file below a file'),
    ...names.map((name) => got(`${root}/${encodeURI(name)}`)),
    got(`${root}/none.txt`),
    got(`${root}/folder`),
    ...[
      '<models>/<modelRun>/artifacts',
      '<models>/<modelRun>/artifacts/folder',
      'none',
      '..',
      '/etc',
      '',
    ].map((path) => got(`${proxy}/artifacts`, { path })),
    ...['', 'folder', 'folder/deep', 'none', 'a.txt'].map((path) =>
      got('artifacts/list', { run_id: '<modelRun>', path }),
    ),
    ...random
      .shuffled(hostilePaths)
      .slice(0, 5)
      .flatMap((path): readonly Step[] => [
        { method: 'GET', path: `${root}/${path}` },
        { method: 'PUT', path: `${root}/${path}`, raw: 'x' },
      ]),
    got('/get-artifact', { run_id: '<modelRun>', path: 'folder/b.bin' }),
    got('/get-artifact', { run_id: '<modelRun>', path: '../../x' }),
    got('/get-artifact', { run_id: '<modelRun>', path: 'none' }),
    {
      method: 'PUT',
      path: `${proxy}/artifacts/<models>/models/<model1>/artifacts/MLmodel`,
      raw: 'flavors: {}',
    },
    got('logged-models/<model1>/artifacts/directories', {}),
    got('logged-models/<model1>/artifacts/directories', {
      artifact_directory_path: random.of(['none', '..', '/']),
    }),
    got('/ajax-api/2.0/mlflow/logged-models/<model1>/artifacts/files', {
      artifact_file_path: 'MLmodel',
    }),
    got('/ajax-api/2.0/mlflow/logged-models/<model1>/artifacts/files', {
      artifact_file_path: random.of(['none', '../x']),
    }),
    post(`${proxy}/mpu/create/<models>/x`, { path: 'x', num_parts: 2 }),
    got(`${proxy}/presigned/<models>/<modelRun>/artifacts/a.txt`),
    { method: 'DELETE', path: `${root}/folder` },
    { method: 'DELETE', path: `${root}/none.txt` },
    got('artifacts/list', { run_id: '<modelRun>' }),
  ]
}

const search = (random: Random): Step =>
  post('logged-models/search', {
    experiment_ids: random.of([['<models>'], ['<models>', '99999'], []]),
    ...(random.chance(0.85) ? { filter: filterOf(random, grammar) } : {}),
    ...(random.chance(0.2)
      ? {
          datasets: [
            { dataset_name: 'iris', ...(random.chance(0.5) ? { dataset_digest: 'd1' } : {}) },
          ],
        }
      : {}),
    order_by: ordersOf(random, grammar).map((text) => {
      const [field_name = ''] = text.split(' ')
      return { field_name, ascending: random.chance(0.5) }
    }),
    ...(random.chance(0.2) ? { max_results: random.of([1, 2, 0, -1, 1000]) } : {}),
  })
