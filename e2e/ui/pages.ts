import type { Scenario } from '@kaizen/web/dev/fixture/world'

/** Every page of the UI with an address that the fixture server answers, and words that show it has its content. */
export interface UiPage {
  readonly name: string
  readonly path: string
  readonly shows: string
  /** What the page says when the server holds nothing; pages of one object have no such state. */
  readonly empty?: string
  /** The scenario that has the page's content, where it is not the usual one. */
  readonly scenario?: Scenario
  /** Whether the reader has logged in there. */
  readonly loggedIn?: boolean
}

const comparedRuns = [
  'b945d8cb026e35c608337842110ea5e8',
  '32d8c6c9dff6239cb98bb54fda1d17ee',
  '7279f16874d40a4f8aec0189ea7f3bfa',
  '425a3d1394cac8a3fefd5acdcee62284',
  'e1bc9d06ce2406a35f6274632c7cb1f2',
  '04ee297980826e719646754fcb81f32d',
].join(',')

export const uiPages: readonly UiPage[] = [
  { name: 'loop', path: '/', shows: 'Recent decisions', empty: 'No loop turns here yet' },
  { name: 'candidate', path: '/candidates/candidate-0034', shows: 'What it was made from' },
  {
    name: 'decision',
    path: '/decisions/candidate-0034-gate-1?candidate=candidate-0034',
    shows: 'Numbers of this decision',
  },
  { name: 'data', path: '/data', shows: 'bike-hours', empty: 'No dataset yet' },
  { name: 'dataset', path: '/data/bike-hours', shows: 'windspeed' },
  {
    name: 'dataset-report',
    path: '/data/bike-hours?tab=report&target=cnt',
    shows: 'What goes with cnt',
  },
  {
    name: 'dataset-quality',
    path: '/data/bike-hours?tab=quality&validation=validation-0018',
    shows: 'Rows that failed',
  },
  { name: 'dataset-compare', path: '/data/bike-hours?tab=compare', shows: 'wasserstein' },
  { name: 'dataset-rows', path: '/data/bike-hours?tab=rows', shows: 'dteday' },
  {
    name: 'dataset-quarantine',
    path: '/data/bike-hours?version=18&tab=quarantine',
    shows: 'Why rows were kept out',
  },
  { name: 'dataset-versions', path: '/data/bike-hours?tab=versions', shows: 'Shared pieces' },
  {
    name: 'features',
    path: '/features',
    shows: 'station-weather',
    empty: 'No feature view yet',
  },
  {
    name: 'features-on-demand',
    path: '/features?tab=on-demand',
    shows: 'ride-comfort',
    empty: 'No on-demand view yet',
  },
  {
    name: 'features-services',
    path: '/features?tab=services',
    shows: 'demand-v1',
    empty: 'No feature service yet',
  },
  {
    name: 'features-entities',
    path: '/features?tab=entities',
    shows: 'Where bicycles stand',
    empty: 'No entity yet',
  },
  { name: 'feature-view-aggregates', path: '/features/station-rides', shows: 'mean of duration' },
  { name: 'on-demand-view', path: '/features/on-demand/ride-comfort', shows: 'From 0 to 1' },
  { name: 'feature-view', path: '/features/station-weather', shows: 'Relative humidity' },
  {
    name: 'experiments',
    path: '/experiments',
    shows: 'bike-sharing/bike-training',
    empty: 'No experiment yet',
  },
  { name: 'runs', path: '/experiments/1', shows: 'train-00001' },
  { name: 'run', path: '/runs/7279f16874d40a4f8aec0189ea7f3bfa', shows: 'Done again' },
  {
    name: 'run-machine',
    path: '/runs/7279f16874d40a4f8aec0189ea7f3bfa?along=relative',
    shows: 'GPU utilization, %',
  },
  {
    name: 'runs-chosen',
    path: `/experiments/1?chosen=${comparedRuns}`,
    shows: 'runs chosen',
  },
  {
    name: 'runs-grouped',
    path: '/experiments/1?group=params.max_leaves',
    shows: 'mae, mean',
  },
  {
    name: 'runs-curves',
    path: '/experiments/1?spark=mae&pinned=metrics.mae',
    shows: 'mae, curve',
  },
  {
    name: 'run-files',
    path: '/runs/7279f16874d40a4f8aec0189ea7f3bfa?smooth=0.8&file=model/MLmodel&against=b945d8cb026e35c608337842110ea5e8',
    shows: 'float32',
  },
  {
    name: 'run-table',
    path: '/runs/7279f16874d40a4f8aec0189ea7f3bfa?file=predictions.parquet',
    shows: '17,379 rows',
  },
  {
    name: 'run-model',
    path: '/runs/7279f16874d40a4f8aec0189ea7f3bfa?file=model.onnx',
    shows: 'TreeEnsembleRegressor',
  },
  {
    name: 'compare',
    path: `/compare?runs=${comparedRuns}`,
    shows: 'Spread',
  },
  {
    name: 'traces',
    path: '/experiments/1/traces',
    shows: 'How many bikes will be out',
    empty: 'No trace yet',
  },
  {
    name: 'trace',
    path: '/traces/tr-076e0988b2e748a221c9c3ef10214212',
    shows: 'the forecast did not answer',
  },
  { name: 'models', path: '/models', shows: 'bike-demand', empty: 'No model is registered yet' },
  { name: 'model', path: '/models/bike-demand', shows: 'Approval policy' },
  {
    name: 'model-compare',
    path: '/models/bike-demand?version=20&compare=19',
    shows: 'only what differs',
  },
  { name: 'prompts', path: '/prompts', shows: 'bike-answer', empty: 'No prompt yet' },
  { name: 'prompt', path: '/prompts/bike-answer', shows: 'Runs that used it' },
  { name: 'prompt-chat', path: '/prompts/judge', shows: 'You check answers' },
  {
    name: 'prompt-compare',
    path: '/prompts/bike-answer?version=3&compare=1',
    shows: 'From version 1 to version 3',
  },
  {
    name: 'evaluation-datasets',
    path: '/evaluation-datasets',
    shows: 'rider-questions',
    empty: 'No evaluation dataset yet',
  },
  {
    name: 'evaluation-dataset',
    path: '/evaluation-datasets/d-0000',
    shows: 'Last merged',
  },
  { name: 'pipelines', path: '/pipelines', shows: 'bike-training', empty: 'No pipeline yet' },
  { name: 'pipeline', path: '/pipelines/bike-training', shows: 'From cache' },
  { name: 'pipeline-run', path: '/pipeline-runs/run-0069', shows: 'choose a step' },
  { name: 'pipeline-step', path: '/pipeline-runs/run-0069?step=train', shows: 'Lineage' },
  { name: 'endpoints', path: '/endpoints', shows: 'bike-demand', empty: 'No endpoint yet' },
  { name: 'endpoint', path: '/endpoints/bike-demand', shows: 'Requests per bucket' },
  {
    name: 'endpoint-predictions',
    path: '/endpoints/bike-demand?tab=predictions',
    shows: 'not yet',
  },
  {
    name: 'endpoint-rollout',
    path: '/endpoints/bike-demand?tab=rollout',
    shows: 'every guardrail kept',
  },
  {
    name: 'endpoint-experiment',
    path: '/endpoints/bike-demand?tab=experiment',
    shows: 'Arms against the baseline',
  },
  {
    name: 'endpoint-bandit',
    path: '/endpoints/ride-offers?tab=experiment',
    shows: 'Regret so far',
  },
  { name: 'endpoint-try', path: '/endpoints/bike-demand?tab=try', shows: 'Ask for one prediction' },
  {
    name: 'endpoint-replay',
    path: '/endpoints/bike-demand?tab=replay',
    shows: 'Put logged requests to a candidate',
  },
  {
    name: 'endpoint-history',
    path: '/endpoints/bike-demand?tab=history',
    shows: 'canary of candidate 34',
  },
  { name: 'endpoint-log', path: '/endpoints/bike-demand?tab=log', shows: 'events.example.org' },
  { name: 'batch-jobs', path: '/batch-jobs', shows: 'batch-0040', empty: 'No batch job yet' },
  {
    name: 'batch-schedules',
    path: '/batch-schedules',
    shows: 'was not at its end',
    empty: 'No schedule yet',
  },
  { name: 'batch-job', path: '/batch-jobs/batch-0040', shows: 'What was asked' },
  { name: 'batch-job-done', path: '/batch-jobs/batch-0039', shows: 'Start again' },
  { name: 'streams', path: '/streams', shows: 'station-orders', empty: 'No stream yet' },
  { name: 'stream', path: '/streams/station-orders', shows: 'expected a number, not "warm"' },
  { name: 'ensembles', path: '/ensembles', shows: 'bike-blend', empty: 'No ensemble yet' },
  { name: 'ensemble', path: '/ensembles/bike-blend', shows: 'mean, weighted 3 : 1' },
  { name: 'monitors', path: '/monitors', shows: 'bike-demand', empty: 'No monitor yet' },
  { name: 'monitor', path: '/monitors/bike-demand', shows: 'MAE' },
  { name: 'monitor-drift', path: '/monitors/bike-demand?tab=drift', shows: 'drift:temp:psi' },
  { name: 'monitor-windows', path: '/monitors/bike-demand?tab=windows', shows: 'Closed windows' },
  { name: 'monitor-alerts', path: '/monitors/bike-demand?tab=alerts', shows: 'temp-drift' },
  { name: 'monitor-metrics', path: '/monitors/bike-demand?tab=metrics', shows: 'Latency p99, ms' },
  { name: 'monitor-segments', path: '/monitors/bike-demand?tab=segments', shows: 'season=1' },
  { name: 'monitor-uploads', path: '/monitors/edge-watch?tab=uploads', shows: 'device-7-0239' },
  { name: 'monitor-causes', path: '/monitors/bike-demand?tab=causes', shows: 'What was found' },
  { name: 'alerts', path: '/alerts', shows: 'temp-drift', empty: 'No alert is open' },
  { name: 'alert', path: '/alerts?tab=all&alert=alert-0009', shows: 'Who was told' },
  {
    name: 'alerts-channels',
    path: '/alerts?tab=channels',
    shows: 'on-call',
    empty: 'Nobody is told',
  },
  {
    name: 'alerts-silences',
    path: '/alerts?tab=silences',
    shows: 'weekly maintenance',
    empty: 'Nothing is silenced',
  },
  {
    name: 'reports',
    path: '/monitor-reports',
    shows: 'Kept reports',
    empty: 'No report is kept yet',
  },
  { name: 'report', path: '/monitor-reports?of=weekly', shows: 'What was sent' },
  { name: 'monitor-candidates', path: '/monitors/bike-demand?tab=candidates', shows: 'bike-loop' },
  { name: 'window', path: '/monitor-windows/window-1132', shows: 'Distributions' },
  {
    name: 'governance',
    path: '/governance',
    shows: 'serving.route.set',
    empty: 'Nothing has happened yet',
  },
  { name: 'event', path: '/governance?seq=4180', shows: 'previous hash' },
  { name: 'settings', path: '/settings', shows: 'moved by its API only' },
  { name: 'login', path: '/models', shows: 'Name and password', scenario: 'locked' },
  {
    name: 'account',
    path: '/settings?tab=account',
    shows: 'laptop of ann',
    scenario: 'locked',
    loggedIn: true,
  },
  {
    name: 'settings-account',
    path: '/settings?tab=account',
    shows: 'You are not logged in as a user',
  },
  { name: 'settings-users', path: '/settings?tab=users', shows: 'bob', empty: 'No user yet' },
  { name: 'settings-user', path: '/settings?tab=users&of=bob', shows: 'Permissions of bob' },
  {
    name: 'settings-roles',
    path: '/settings?tab=roles',
    shows: 'Approves what goes to production',
    empty: 'No named role yet',
  },
  { name: 'settings-role', path: '/settings?tab=roles&of=risk', shows: 'Members of risk' },
  { name: 'settings-workspaces', path: '/settings?tab=workspaces', shows: 's3://fraud/mlflow' },
  {
    name: 'settings-workspace',
    path: '/settings?tab=workspaces&of=fraud',
    shows: 'only if it is empty',
  },
  {
    name: 'settings-tokens',
    path: '/settings?tab=tokens',
    shows: 'dashboard',
    empty: 'No token yet',
  },
  {
    name: 'settings-webhooks',
    path: '/settings?tab=webhooks',
    shows: 'ci.example.org',
    empty: 'No webhook yet',
  },
  {
    name: 'settings-webhook',
    path: '/settings?tab=webhooks&of=wh-1',
    shows: 'the receiver answered 503',
  },
]
