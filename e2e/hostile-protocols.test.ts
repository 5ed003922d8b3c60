import {
  auditApi,
  invocationsApi,
  mlflowArtifactsApi,
  mlflowExperimentsApi,
  mlflowLoggedModelsApi,
  mlflowModelVersionsApi,
  mlflowRegisteredModelsApi,
  mlflowRunsApi,
  oipApi,
  systemApi,
} from '@kaizen/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { barrage } from './hostile/barrage.ts'
import { attackedRoutes, attacksOn, declaredRoutes } from './hostile/route-attacks.ts'
import { Target } from './hostile/target.ts'

const mlflow = {
  experiment_id: '0',
  max_results: 10,
  name: 'identity',
  version: '1',
  key: 'key',
  value: 'value',
}
const routes = attackedRoutes(
  {
    experiments: mlflowExperimentsApi,
    runs: mlflowRunsApi,
    artifacts: mlflowArtifactsApi,
    loggedModels: mlflowLoggedModelsApi,
    registeredModels: mlflowRegisteredModelsApi,
    modelVersions: mlflowModelVersionsApi,
    openInference: oipApi,
    invocations: invocationsApi,
  },
  {
    experiments: mlflow,
    runs: mlflow,
    registeredModels: mlflow,
    modelVersions: mlflow,
    openInference: { model: 'identity', version: '1' },
    invocations: { endpoint: 'identity' },
  },
)
const declared = declaredRoutes(routes)
const attacked = routes.map((route) => [route.name, attacksOn(route, declared)] as const)

describe('hostile input on the protocols of others', () => {
  let target: Target
  beforeAll(async () => {
    target = await Target.start()
  })
  afterAll(() => target[Symbol.asyncDispose]())

  it.each(attacked)('%s refuses what its contract refuses, and nothing changes', async (_, all) => {
    const before = await target.events()
    const refused = all.filter((attack) => attack.refused)
    expect(await barrage(target.wire, refused)).toEqual([])
    expect(await target.events()).toBe(before)
  })

  it.each(attacked)('%s answers the rest without a fault', async (_, all) => {
    const admitted = all.filter((attack) => !attack.refused)
    expect(await barrage(target.wire, admitted)).toEqual([])
  })

  it('leaves the server whole', async () => {
    expect((await target.client.call(systemApi.ready)).ready).toBe(true)
    expect(await target.client.call(auditApi.verify)).toMatchObject({ ok: true, problem: null })
  })
})
