import {
  alertInboxApi,
  alertingApi,
  auditApi,
  batchJobsApi,
  batchSchedulesApi,
  continualApi,
  dataApi,
  type Endpoint,
  ensemblesApi,
  experimentsApi,
  featuresApi,
  mlflowWebhooksApi,
  mlflowWorkspacesApi,
  modelsApi,
  monitorExportApi,
  monitoringApi,
  monitorReportsApi,
  pipelinesApi,
  projectApi,
  reproductionsApi,
  rolesApi,
  rolloutsApi,
  servingApi,
  sessionApi,
  sinksApi,
  streamsApi,
  systemApi,
  usersApi,
} from '@kaizen/contracts'

/** Cache prefix of everything read from the tracking surface. */
export const trackingKey = 'mlflow'
/** And of prompts, which the registry keeps. */
export const promptsKey = 'prompts'

const changes: Readonly<Record<string, readonly Endpoint[]>> = {
  data: [dataApi.list, dataApi.get, dataApi.versions],
  features: [featuresApi.views, featuresApi.view, featuresApi.materializations],
  registry: [modelsApi.list, modelsApi.get, modelsApi.versions, modelsApi.version],
  pipelines: [pipelinesApi.list, pipelinesApi.runs, pipelinesApi.runDetail, reproductionsApi.list],
  serving: [
    rolloutsApi.list,
    experimentsApi.comparison,
    experimentsApi.bandit,
    servingApi.list,
    servingApi.get,
    servingApi.predictions,
    servingApi.traffic,
    batchJobsApi.list,
    batchJobsApi.get,
    batchSchedulesApi.list,
    sinksApi.list,
    streamsApi.list,
    streamsApi.get,
    ensemblesApi.list,
    ensemblesApi.get,
    ensemblesApi.versions,
  ],
  monitoring: [
    monitoringApi.list,
    monitoringApi.get,
    monitoringApi.windows,
    monitoringApi.windowSummaries,
    monitoringApi.window,
    monitoringApi.metrics,
    monitoringApi.series,
    monitoringApi.alerts,
    monitorExportApi.overview,
    monitorExportApi.causes,
    monitorReportsApi.list,
    monitorReportsApi.get,
    monitorReportsApi.deliveries,
    alertInboxApi.counts,
    alertInboxApi.comments,
    alertingApi.alert,
    alertingApi.channels,
    alertingApi.silences,
  ],
  continual: [
    continualApi.policies,
    continualApi.policy,
    continualApi.candidates,
    continualApi.candidate,
    continualApi.decisions,
    monitoringApi.series,
  ],
  identity: [
    systemApi.tokens,
    sessionApi.tokens,
    usersApi.list,
    usersApi.get,
    usersApi.permissions,
    rolesApi.list,
    mlflowWorkspacesApi.list,
  ],
  webhooks: [mlflowWebhooksApi.list],
  delivery: [
    projectApi.list,
    dataApi.list,
    pipelinesApi.list,
    servingApi.list,
    monitoringApi.list,
    continualApi.policies,
  ],
}

/** Which cached answers an event of the audit log makes old, as the first part of their keys. */
export function staleAfter(type: string): readonly string[] {
  const stage = type.slice(0, type.indexOf('.'))
  const always = [continualApi.loops.path, systemApi.info.path]
  // The audit log itself is not fetched again: its page offers what is new, so that rows do not move while read.
  if (type === 'serving.route.set') always.push(auditApi.list.path)
  if (stage === 'tracking') return [...always, trackingKey]
  if (stage === 'registry') always.push(promptsKey)
  return [...always, ...(changes[stage] ?? []).map((endpoint) => endpoint.path)]
}
