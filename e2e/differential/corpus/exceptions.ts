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
    { experiment_id: '<odd>', timestamp_ms: 1_000_000_000_000, request_metadata: [], tags: [] },
    { bind: { oddTagged: 'trace_info.request_id' } },
  ),
  sent('PATCH', 'traces/<oddTagged>/tags', { key: 'long', value: long }),
  got(`${v3}/traces/<oddTagged>`),
  post(`${v3}/traces/search`, { locations: [location], filter: 'feedback.score != 1' }),
  sent('DELETE', `${v3}/traces/tr-${'0'.repeat(31)}9/assessments/a-none`, {}),
  post('traces/delete-traces', { experiment_id: '<odd>', request_ids: 'none' }),
  post('experiments/delete', { experiment_id: '<odd>' }),
  post('experiments/delete', { experiment_id: '<odd>' }),
]
