import {
  auditApi,
  mlflowArtifactsApi,
  mlflowAssessmentsApi,
  mlflowEvaluationDatasetsApi,
  mlflowExperimentsApi,
  mlflowLoggedModelsApi,
  mlflowModelVersionsApi,
  mlflowPermissionsApi,
  mlflowRegisteredModelsApi,
  mlflowRolesApi,
  mlflowRoutes,
  mlflowRunsApi,
  mlflowScorersApi,
  mlflowServerApi,
  mlflowTraceMetricsApi,
  mlflowTracesApi,
  mlflowTransfersApi,
  mlflowUsersApi,
  mlflowWebhooksApi,
  mlflowWorkspacesApi,
  otlpApi,
  systemApi,
} from '@kaizen/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { barrage } from './hostile/barrage.ts'
import { attackedRoutes, attacksOn, declaredRoutes } from './hostile/route-attacks.ts'
import { Target } from './hostile/target.ts'

const runId = 'a'.repeat(32)
/** Objects that are made before the attack, so that it gets behind the validation. */
const known = { experiment_id: '0', experiment_ids: ['0'], name: 'identity', version: '1' }
const apis = {
  experiments: mlflowExperimentsApi,
  runs: mlflowRunsApi,
  artifacts: mlflowArtifactsApi,
  transfers: mlflowTransfersApi,
  'logged models': mlflowLoggedModelsApi,
  models: mlflowRegisteredModelsApi,
  versions: mlflowModelVersionsApi,
  webhooks: mlflowWebhooksApi,
  traces: mlflowTracesApi,
  'trace metrics': mlflowTraceMetricsApi,
  otlp: otlpApi,
  assessments: mlflowAssessmentsApi,
  'evaluation data sets': mlflowEvaluationDatasetsApi,
  scorers: mlflowScorersApi,
  server: mlflowServerApi,
  workspaces: mlflowWorkspacesApi,
  roles: mlflowRolesApi,
  permissions: mlflowPermissionsApi,
  users: mlflowUsersApi,
}
const routes = attackedRoutes(
  apis,
  Object.fromEntries(Object.keys(apis).map((name) => [name, { ...known, run_id: runId }])),
)
const declared = declaredRoutes(routes)
const patterns = routes.map(({ endpoint: { method, path } }) => ({
  method,
  pattern: new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`),
}))

/** A method that a path does not know may be one of another path with a name in that place. */
const attacksOnRoute = (route: (typeof routes)[number]) =>
  attacksOn(route, declared).filter(
    ({ what, method, path }) =>
      what !== 'a method of no route' ||
      !patterns.some((known) => known.method === method && known.pattern.test(path)),
  )

describe('hostile input on every route of the MLflow protocol', () => {
  let target: Target
  beforeAll(async () => {
    target = await Target.start()
  })
  afterAll(() => target[Symbol.asyncDispose]())

  it('is sent to all that the table says is served', () => {
    const served = mlflowRoutes.filter(({ state }) => state === 'served')
    const missed = served.filter(({ method, path }) => !declared.has(`${method} ${path}`))
    expect(missed.map(({ method, path }) => `${method} ${path}`)).toEqual([])
  })

  it.each(routes.map((route) => [route.name, route] as const))(
    '%s answers it without a fault',
    async (_, route) => {
      expect(await barrage(target.wire, attacksOnRoute(route))).toEqual([])
    },
  )

  it('a key of ten million characters and a body nested deep are refused', async () => {
    const send = (path: string, body: string) =>
      fetch(`${target.server.address}/api/2.0/mlflow/${path}`, { method: 'POST', body })
    const key = 'k'.repeat(10_000_000)
    const tag = JSON.stringify({ experiment_id: '0', key, value: 'v' })
    expect((await send('experiments/set-experiment-tag', tag)).status).toBe(400)
    const deep = `{"experiment_ids":${'['.repeat(50_000)}${']'.repeat(50_000)}}`
    expect((await send('runs/search', deep)).status).toBe(400)
    const filter = 'metrics.a > 1 AND '.repeat(100_000)
    const search = JSON.stringify({ experiment_ids: ['0'], filter })
    expect((await send('runs/search', search)).status).toBe(400)
  })

  it('leaves the server whole', async () => {
    expect((await target.client.call(systemApi.ready)).ready).toBe(true)
    expect(await target.client.call(auditApi.verify)).toMatchObject({ ok: true, problem: null })
  })
})
