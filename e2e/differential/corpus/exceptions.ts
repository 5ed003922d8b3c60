import { got, post, proxy, type Step, sent, v2, v3 } from '../step.ts'

const long = 'x'.repeat(9000)
const location = { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: '<odd>' } }

/** What chance seldom asks: each difference that is allowed is met by every corpus. */
export const exceptionSteps = (): readonly Step[] => [
  post('experiments/create', { name: 'odd' }, { bind: { odd: 'experiment_id' } }),
  post(
    'runs/create',
    { experiment_id: '<odd>', start_time: 1, run_name: 'r' },
    { bind: { oddRun: 'run.info.run_id' } },
  ),
  post('runs/log-model', {
    run_id: '<oddRun>',
    model_json: '{"artifact_path":"m","flavors":{},"run_id":"x","utc_time_created":"2001-01-01"}',
  }),
  got('runs/get', { run_id: '<oddRun>' }),
  post('logged-models', {
    experiment_id: '<odd>',
    name: 'tagged',
    tags: [{ key: '', value: 'v' }],
  }),
  post('logged-models', {
    experiment_id: '<odd>',
    name: 'bare',
    model_type: '',
    source_run_id: '',
  }),
  ...[
    { dataset_name: 'd' },
    { dataset_digest: 'd' },
    { dataset_name: 'd', dataset_digest: 'e' },
  ].map((dataset) =>
    post('runs/log-batch', {
      run_id: '<oddRun>',
      metrics: [{ key: 'of data', value: 1, timestamp: 1, ...dataset }],
    }),
  ),
  post('runs/update', { run_id: '<oddRun>', run_name: long }),
  post('runs/log-inputs', { run_id: 'no such run', models: [{ model_id: 'm-none' }] }),
  got('/get-artifact', { run_id: 'f'.repeat(32), path: '..' }),
  got('/get-artifact', { path: 'none' }),
  got('registered-models/get', { name: ' ' }),
  { method: 'PUT', path: `${proxy}/artifacts/<odd>/<oddRun>/artifacts/a.txt`, raw: 'a' },
  got(`${proxy}/artifacts`, { path: 'a//b' }),
  got(`${proxy}/artifacts`, { path: ' ' }),
  post(
    'traces',
    { experiment_id: '<odd>', timestamp_ms: 1_000_000_000_000, request_metadata: [], tags: [] },
    { bind: { oddTrace: 'trace_info.request_id' } },
  ),
  sent('PATCH', `${v2}/traces/<oddTrace>`, { status: 'OK' }),
  post(
    'traces',
    { experiment_id: '<odd>', timestamp_ms: 1_000_000_000_001, request_metadata: [], tags: [] },
    { bind: { oddTagged: 'trace_info.request_id' } },
  ),
  sent('PATCH', 'traces/<oddTagged>/tags', { key: 'long', value: long }),
  got(`${v3}/traces/<oddTagged>`),
  post(`${v3}/traces/search`, { locations: [location], filter: 'feedback.score != 1' }),
  sent('DELETE', `${v3}/traces/tr-${'0'.repeat(31)}9/assessments/a-none`, {}),
  post('traces/delete-traces', { experiment_id: '<odd>', request_ids: 'none' }),
  ...exceptionsOfRuns(),
  ...exceptionsOfModels(),
  ...exceptionsOfPlaces(),
  ...exceptionsOfTraces(),
  post('experiments/restore', { experiment_id: '<odd>' }),
  post('experiments/delete', { experiment_id: '<odd>' }),
  post('experiments/delete', { experiment_id: '<odd>' }),
]

const exceptionsOfRuns = (): readonly Step[] => [
  post('runs/create', { experiment_id: '<odd>', run_name: 'r' }),
  post('runs/create', { start_time: 1 }),
  ...[long.slice(0, 300), 1.5].map((key) =>
    post('runs/create', { experiment_id: '<odd>', tags: [{ key, value: 'v' }] }),
  ),
  post('runs/search', { experiment_ids: ['<odd>'], filter: ' ' }),
]

const exceptionsOfModels = (): readonly Step[] => [
  post('logged-models/search', {
    experiment_ids: ['<models>'],
    filter: 'metrics.acc > 0',
    datasets: [{ dataset_name: 'iris' }],
  }),
  post('logged-models', {
    experiment_id: '<odd>',
    name: 'odd',
    model_type: 'tree',
    source_run_id: '<oddRun>',
  }),
  post('logged-models', { experiment_id: '<odd>', model_type: 'tree', source_run_id: '<oddRun>' }),
  ...['name = "odd"', 'name ILIKE 0'].map((filter) =>
    post('logged-models/search', { experiment_ids: ['<odd>'], filter }),
  ),
  post('registered-models/create', { name: 'odd' }),
  got('model-versions/get-download-uri', { name: 'odd', version: -1 }),
  got('registered-models/alias', { name: 'nobody', alias: 'v1' }),
  got('registered-models/alias', { name: 'odd', alias: 'latest' }),
  sent('DELETE', 'registered-models/alias', { name: 'odd', alias: "x'; DROP TABLE runs; --" }),
]

const exceptionsOfTraces = (): readonly Step[] => [
  post(`${v3}/traces/search`, {
    locations: [{ type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: '<traced>' } }],
    filter: "span.attributes.index = 'wiki'",
  }),
  post(`${v3}/traces/search`, { locations: [location], filter: "tags.team RLIKE '('" }),
  post(`${v3}/traces/<oddTagged>/assessments`, {
    assessment: { source: { source_type: 'HUMAN', source_id: 'ann' }, feedback: { value: 1 } },
  }),
  post(`${v3}/datasets/search`, { experiment_ids: ['0'], filter_string: "name > 'a'" }),
]

/** Sources, folders and ids that lead elsewhere or nowhere, and words that are left out or too many. */
const exceptionsOfPlaces = (): readonly Step[] => [
  post('model-versions/create', { name: '/absolute', source: 'models:/nobody/99' }),
  post('model-versions/create', { name: 'odd', source: 's3://b/1' }),
  sent('PATCH', 'model-versions/update', { name: 'odd', version: '1' }),
  post('model-versions/create', { name: 'odd', source: 'runs:/<oddRun>/model' }),
  post('experiments/create', { name: 'climbing', artifact_location: '../../etc/passwd' }),
  post(
    'webhooks',
    {
      name: 'odd',
      url: 'https://93.184.215.14/odd',
      status: 'DISABLED',
      events: [{ entity: 'MODEL_VERSION', action: 'CREATED' }],
    },
    { bind: { oddHook: 'webhook.webhook_id' } },
  ),
  sent('PATCH', 'webhooks/<oddHook>', { description: long }),
  post(
    `${v3}/datasets/create`,
    { name: 'odd', experiment_ids: ['<odd>'] },
    { bind: { oddSet: 'dataset.dataset_id' } },
  ),
  post(`${v3}/datasets/<oddSet>/add-experiments`, { experiment_ids: ['a'] }),
  post('traces/link-to-run', { trace_ids: ['<oddTrace>'], run_id: long }),
  post(`${v3}/traces/search`, {
    locations: [location],
    filter: 'timestamp_ms > 1000000000000',
    max_results: 1,
  }),
]
