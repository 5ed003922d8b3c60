const part = encodeURIComponent

/** Addresses of every place of this UI; also what the server's `href` fields may point to. */
export const paths = {
  loop: '/',
  data: '/data',
  dataset: (name: string, version?: number) =>
    `/data/${part(name)}${version === undefined ? '' : `?version=${version}`}`,
  validation: (dataset: string, id: string) =>
    `/data/${part(dataset)}?tab=quality&validation=${part(id)}`,
  features: '/features',
  featureView: (name: string) => `/features/${part(name)}`,
  onDemandView: (name: string) => `/features/on-demand/${part(name)}`,
  experiments: '/experiments',
  experiment: (id: string) => `/experiments/${part(id)}`,
  run: (id: string) => `/runs/${part(id)}`,
  compareRuns: (ids: readonly string[]) => `/compare?runs=${part(ids.join(','))}`,
  traces: (experimentId: string) => `/experiments/${part(experimentId)}/traces`,
  trace: (id: string) => `/traces/${part(id)}`,
  models: '/models',
  model: (name: string) => `/models/${part(name)}`,
  modelVersion: (name: string, version: number) => `/models/${part(name)}?version=${version}`,
  prompts: '/prompts',
  prompt: (name: string, version?: number) =>
    `/prompts/${part(name)}${version === undefined ? '' : `?version=${version}`}`,
  evaluationDatasets: '/evaluation-datasets',
  evaluationDataset: (id: string) => `/evaluation-datasets/${part(id)}`,
  pipelines: '/pipelines',
  pipeline: (name: string) => `/pipelines/${part(name)}`,
  pipelineRun: (id: string) => `/pipeline-runs/${part(id)}`,
  endpoints: '/endpoints',
  endpoint: (name: string) => `/endpoints/${part(name)}`,
  batchJobs: '/batch-jobs',
  batchJob: (id: string) => `/batch-jobs/${part(id)}`,
  schedules: '/batch-schedules',
  streams: '/streams',
  stream: (name: string) => `/streams/${part(name)}`,
  ensembles: '/ensembles',
  ensemble: (name: string, version?: number) =>
    `/ensembles/${part(name)}${version === undefined ? '' : `?version=${version}`}`,
  monitors: '/monitors',
  monitor: (name: string) => `/monitors/${part(name)}`,
  alerts: '/alerts',
  reports: '/monitor-reports',
  report: (name: string) => `/monitor-reports?of=${part(name)}`,
  causes: (name: string, at?: number) =>
    `/monitors/${part(name)}?tab=causes${at === undefined ? '' : `&at=${at}`}`,
  window: (id: string) => `/monitor-windows/${part(id)}`,
  candidate: (id: string) => `/candidates/${part(id)}`,
  decision: (id: string, candidate?: string | null) =>
    `/decisions/${part(id)}${candidate ? `?candidate=${part(candidate)}` : ''}`,
  governance: '/governance',
  audit: (filter: { type?: string; subject?: string }) =>
    `/governance?${new URLSearchParams(filter)}`,
  event: (seq: number) => `/governance?seq=${seq}`,
  settings: '/settings',
  settingsTab: (tab: string) => `/settings?tab=${tab}`,
  user: (username: string) => `/settings?tab=users&of=${part(username)}`,
  role: (name: string) => `/settings?tab=roles&of=${part(name)}`,
  workspace: (name: string) => `/settings?tab=workspaces&of=${part(name)}`,
  webhook: (id: string) => `/settings?tab=webhooks&of=${part(id)}`,
} as const

/** Where the subject of an audit event (`endpoint:bike-demand`) can be seen; null where it has no page. */
export function pathOfSubject(subject: string): string | null {
  const colon = subject.indexOf(':')
  if (colon < 1) return null
  const id = subject.slice(colon + 1)
  switch (subject.slice(0, colon)) {
    case 'dataset':
      return paths.dataset(id)
    case 'report':
    case 'monitor-report':
      return paths.report(id)
    case 'feature-view':
      return paths.featureView(id)
    case 'on-demand-view':
      return paths.onDemandView(id)
    case 'experiment':
      return paths.experiment(id)
    case 'run':
      return paths.run(id)
    case 'trace':
      return paths.trace(id)
    case 'model':
      return paths.model(id)
    case 'prompt':
      return paths.prompt(id)
    case 'evaluation-dataset':
      return paths.evaluationDataset(id)
    case 'model-version': {
      const slash = id.lastIndexOf('/')
      const version = Number(id.slice(slash + 1))
      return slash > 0 && Number.isInteger(version)
        ? paths.modelVersion(id.slice(0, slash), version)
        : paths.model(id)
    }
    case 'pipeline':
      return paths.pipeline(id)
    case 'pipeline-run':
      return paths.pipelineRun(id)
    case 'endpoint':
      return paths.endpoint(id)
    case 'batch':
      return paths.batchJob(id)
    case 'batch-schedule':
      return paths.schedules
    case 'stream':
      return paths.stream(id)
    case 'ensemble':
      return paths.ensemble(id)
    case 'policy':
      return paths.loop
    case 'monitor':
      return paths.monitor(id)
    case 'window':
    case 'monitor-window':
      return paths.window(id)
    case 'candidate':
      return paths.candidate(id)
    case 'decision':
      return paths.decision(id)
    case 'user':
      return paths.user(id)
    case 'role':
      return paths.role(id)
    case 'webhook':
      return paths.webhook(id)
    default:
      return null
  }
}
