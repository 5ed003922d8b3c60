import { describe, expect, it } from 'vitest'
import { accessRuleOf } from './access-rule.ts'
import type { Endpoint } from './endpoint.ts'
import * as contracts from './index.ts'

const endpoints = Object.entries(contracts)
  .filter(([name]) => /^(mlflow|otlp).*Api$/.test(name))
  .flatMap(([, api]) => Object.values(api as Readonly<Record<string, Endpoint>>))
const named = (endpoint: Endpoint): string => `${endpoint.method} ${endpoint.path}`
const ruleOf = (path: string) => {
  const found = endpoints.find((endpoint) => named(endpoint).endsWith(path))
  return found && accessRuleOf(found)
}

describe('permissions of the routes of the MLflow protocol', () => {
  it('a route that names nothing decides by role alone: these and no others', () => {
    const byRole = endpoints.filter(
      (endpoint) => endpoint.action !== 'admin' && accessRuleOf(endpoint).kind === 'role',
    )
    expect(byRole.map(named).sort()).toMatchInlineSnapshot(`
      [
        "GET /api/2.0/mlflow/experiments/list",
        "GET /api/2.0/mlflow/experiments/search",
        "GET /api/2.0/mlflow/model-versions/search",
        "GET /api/2.0/mlflow/registered-models/search",
        "GET /api/2.0/mlflow/users/current",
        "GET /api/2.0/mlflow/users/get",
        "GET /api/2.0/mlflow/users/list",
        "GET /api/3.0/mlflow/scorers/online-configs",
        "GET /api/3.0/mlflow/server-info",
        "GET /api/3.0/mlflow/users/current/permissions",
        "GET /api/3.0/mlflow/users/permissions/get",
        "GET /api/3.0/mlflow/users/permissions/list",
        "GET /api/3.0/mlflow/users/roles/list",
        "GET /api/3.0/mlflow/workspaces",
        "GET /api/3.0/mlflow/workspaces/:workspace_name",
        "GET /version",
        "PATCH /api/2.0/mlflow/users/update-password",
        "POST /api/2.0/mlflow/experiments/search",
        "POST /api/2.0/mlflow/registered-models/create",
        "POST /api/2.0/mlflow/registered-models/search",
        "POST /api/3.0/mlflow/users/permissions/grant",
        "POST /api/3.0/mlflow/users/permissions/revoke",
      ]
    `)
  })

  it.each([
    ['POST /api/2.0/mlflow/runs/log-batch', 'EDIT'],
    ['GET /api/2.0/mlflow/runs/get', 'READ'],
    ['POST /api/2.0/mlflow/runs/search', 'READ'],
    ['POST /api/2.0/mlflow/experiments/delete', 'MANAGE'],
    ['DELETE /api/2.0/mlflow/model-versions/delete', 'MANAGE'],
    ['POST /api/2.0/mlflow/registered-models/alias', 'EDIT'],
    ['PATCH /api/2.0/mlflow/experiments/permissions/update', 'MANAGE'],
    ['PUT /api/2.0/mlflow-artifacts/artifacts/*', 'EDIT'],
  ])('%s needs %s', (path, level) => {
    const rule = ruleOf(path)
    expect(
      rule?.kind === 'resources' && rule.references.map((reference) => reference.level),
    ).toContain(level)
  })

  it('a new version needs to edit its model, and to read where it comes from', () => {
    expect(ruleOf('POST /api/2.0/mlflow/model-versions/create')).toMatchObject({
      references: [
        { field: 'name', kind: 'registered_model', level: 'EDIT' },
        { field: 'source', kind: 'model_source', level: 'READ' },
        { field: 'run_id', kind: 'run', level: 'READ' },
        { field: 'model_id', kind: 'logged_model', level: 'READ' },
      ],
    })
  })

  it('the same holds under each prefix at which a route is answered', () => {
    for (const endpoint of endpoints) {
      for (const prefix of ['/ajax-api/', '/api/2.0/preview/']) {
        const path = prefix.includes('preview')
          ? endpoint.path.replace(/^\/api\/2\.0\/(?=mlflow\/)/, prefix)
          : endpoint.path.replace(/^\/api\//, prefix)
        const { kind, ...rest } = accessRuleOf({ ...endpoint, path })
        expect({ path, kind, ...rest }).toEqual({ path, ...accessRuleOf(endpoint) })
      }
    }
  })

  it.each([
    [
      contracts.servingApi.create,
      [{ field: 'model' }, { field: 'route', within: ['arms', '*', 'model'] }],
    ],
    [contracts.servingApi.setRoute, [{ field: 'arms', within: ['*', 'model'] }]],
    [contracts.batchJobsApi.create, [{ field: 'model' }]],
    [contracts.replaysApi.run, [{ field: 'model' }]],
    [contracts.rolloutsApi.start, [{ field: 'model' }]],
    [contracts.ensemblesApi.create, [{ field: 'nodes', within: ['*', 'model'] }]],
  ])('who puts a model to use may read it: $path', (endpoint, fields) => {
    expect(accessRuleOf(endpoint as Endpoint)).toEqual({
      kind: 'resources',
      alsoRole: true,
      references: fields.map((field) => ({
        place: 'body',
        kind: 'model_source',
        level: 'READ',
        ...field,
      })),
    })
  })

  it('code that runs with the rights of the server is for those who see everything', () => {
    expect(accessRuleOf(contracts.projectApi.apply)).toEqual({ kind: 'everything' })
  })

  it('the audit log needs sight of everything', () => {
    expect(accessRuleOf(contracts.auditApi.list)).toEqual({ kind: 'everything' })
  })
})
