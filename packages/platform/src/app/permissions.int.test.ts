import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDialects } from '../storage/test-databases.ts'
import { basic, bearer, startTestServer, type TestServer } from './test-server.ts'

const mlflow = '/api/2.0/mlflow'
const password = 'correct horse battery'
const [ann, bob, eve] = ['ann', 'bob', 'eve'].map((name) => basic(name, password)) as [
  string,
  string,
  string,
]

describe.each(testDialects)('users and permissions on $dialect', ({ dialect, available }) => {
  describe.skipIf(!available)('through a whole server', () => {
    let server: TestServer
    let experimentId: string
    let runId: string

    beforeAll(async () => {
      server = await startTestServer(dialect)
      for (const username of ['ann', 'bob', 'eve']) {
        const made = await server.send(`POST ${mlflow}/users/create`, {
          body: { username, password },
        })
        expect(made).toMatchObject({ status: 200, body: { user: { username, is_admin: false } } })
      }
      experimentId = (
        await server.send(`POST ${mlflow}/experiments/create`, { as: ann, body: { name: 'anns' } })
      ).body.experiment_id
      runId = (
        await server.send(`POST ${mlflow}/runs/create`, {
          as: ann,
          body: { experiment_id: experimentId },
        })
      ).body.run.info.run_id
    }, 60_000)
    afterAll(() => server[Symbol.asyncDispose]())

    const logAs = (as: string) =>
      server.send(`POST ${mlflow}/runs/log-parameter`, {
        as,
        body: { run_id: runId, key: 'a', value: '1' },
      })
    const grant = (as: string, username: string, permission: string) =>
      server.send('POST /api/3.0/mlflow/users/permissions/grant', {
        as,
        body: { username, resource_type: 'experiment', resource_id: experimentId, permission },
      })

    it('nobody gets in without a name, a wrong password tells nothing, a short one is refused', async () => {
      expect(
        (await server.send(`GET ${mlflow}/experiments/get?experiment_id=0`, { as: '' })).status,
      ).toBe(401)
      const wrong = await server.send(`GET ${mlflow}/users/current`, { as: basic('ann', 'wrong') })
      const unknown = await server.send(`GET ${mlflow}/users/current`, {
        as: basic('zoe', 'wrong'),
      })
      expect(wrong).toMatchObject({ status: 401, body: { error_code: 'UNAUTHENTICATED' } })
      expect(unknown.body).toEqual(wrong.body)
      const short = await server.send(`POST ${mlflow}/users/create`, {
        body: { username: 'tim', password: 'short' },
      })
      expect(short).toMatchObject({ status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE' } })
    })

    it('whoever makes an experiment manages it; others read it, and no more until they are let', async () => {
      expect((await logAs(ann)).status).toBe(200)
      expect(
        (await server.send(`GET ${mlflow}/runs/get?run_id=${runId}`, { as: bob })).status,
      ).toBe(200)
      expect(await logAs(bob)).toMatchObject({
        status: 403,
        body: {
          error_code: 'PERMISSION_DENIED',
          message: expect.stringContaining('needs the permission EDIT'),
        },
      })
      expect((await grant(bob, 'bob', 'EDIT')).status).toBe(403)
      expect((await grant(ann, 'bob', 'EDIT')).status).toBe(200)
      expect((await logAs(bob)).status).toBe(200)
      const gone = await server.send(`POST ${mlflow}/runs/delete`, {
        as: bob,
        body: { run_id: runId },
      })
      expect(gone.status).toBe(403)
    })

    it('a denial hides an experiment from searches, by name, by run, by file and by its id in other spellings', async () => {
      expect((await grant(ann, 'eve', 'DENY')).status).toBe(200)
      const search = (as: string) =>
        server.send(`POST ${mlflow}/experiments/search`, { as, body: { max_results: 100 } })
      const names = async (as: string) =>
        (await search(as)).body.experiments.map(({ name }: { name: string }) => name)
      expect(await names(bob)).toContain('anns')
      expect(await names(eve)).toEqual(['Default'])
      for (const path of [
        `GET ${mlflow}/experiments/get?experiment_id=${experimentId}`,
        `GET ${mlflow}/experiments/get?experiment_id=00${experimentId}`,
        `GET ${mlflow}/experiments/get-by-name?experiment_name=anns`,
        `GET ${mlflow}/runs/get?run_id=${runId}`,
        `GET ${mlflow}/runs/get?run_uuid=${runId}`,
        `GET ${mlflow}/artifacts/list?run_id=${runId}`,
        `GET /api/2.0/mlflow-artifacts/artifacts/${experimentId}/${runId}/artifacts/x`,
        `GET /api/2.0/mlflow-artifacts/artifacts?path=${experimentId}`,
        'GET /api/2.0/mlflow-artifacts/artifacts',
        `GET /get-artifact?run_id=${runId}&path=x`,
        `GET /ajax-api/2.0/mlflow/metrics/get-history?run_id=${runId}&metric_key=m`,
        'GET /api/v1/audit/events',
        'GET /api/v1/audit/stream',
      ]) {
        expect({ path, ...(await server.send(path, { as: eve })) }).toMatchObject({
          path,
          status: 403,
        })
      }
      const location = {
        type: 'MLFLOW_EXPERIMENT',
        mlflow_experiment: { experiment_id: experimentId },
      }
      const info = {
        trace_id: 'tr-1',
        trace_location: location,
        request_time: '2026-01-01T00:00:00Z',
      }
      const calls = [
        ['POST /api/3.0/mlflow/traces/search', { locations: [location] }],
        ['POST /ajax-api/3.0/mlflow/traces/search', { locations: [location] }],
        ['POST /api/3.0/mlflow/traces/search', {}],
        ['POST /api/3.0/mlflow/traces', { trace: { trace_info: info } }],
      ] as const
      for (const [path, body] of calls) {
        expect({ path, ...(await server.send(path, { as: eve, body })) }).toMatchObject({
          path,
          status: 403,
        })
      }
      const spans = await server.send('POST /v1/traces', {
        as: eve,
        body: {},
        headers: { 'x-mlflow-experiment-id': experimentId },
      })
      expect(spans.status).toBe(403)
      const both = await server.send(`POST ${mlflow}/runs/search`, {
        as: eve,
        body: { experiment_ids: [experimentId, '0'] },
      })
      expect(both).toMatchObject({ status: 200, body: {} })
      expect(both.body.runs).toBeUndefined()
      const only = await server.send(`POST ${mlflow}/runs/search`, {
        as: eve,
        body: { experiment_ids: [experimentId] },
      })
      expect(only.status).toBe(403)
      const intruding = await server.send(`POST ${mlflow}/experiments/create`, {
        as: eve,
        body: { name: 'eves', artifact_location: `mlflow-artifacts:/${experimentId}` },
      })
      expect(intruding.status).toBe(403)
    })

    it('permissions follow a model to its new name, and end with it', async () => {
      const create = (name: string, as: string) =>
        server.send(`POST ${mlflow}/registered-models/create`, { as, body: { name } })
      const describe = (name: string, as: string) =>
        server.send(`PATCH ${mlflow}/registered-models/update`, {
          as,
          body: { name, description: 'd' },
        })
      expect((await create('m', ann)).status).toBe(200)
      expect((await describe('m', bob)).status).toBe(403)
      const renamed = await server.send(`POST ${mlflow}/registered-models/rename`, {
        as: ann,
        body: { name: 'm', new_name: 'n' },
      })
      expect(renamed.status).toBe(200)
      expect((await describe('n', ann)).status).toBe(200)
      const copied = await server.send(`POST ${mlflow}/model-versions/create`, {
        as: eve,
        body: { name: 'n', source: `runs:/${runId}/model` },
      })
      expect(copied.status).toBe(403)
      await server.send(`DELETE ${mlflow}/registered-models/delete`, {
        as: ann,
        body: { name: 'n' },
      })
      expect((await create('n', bob)).status).toBe(200)
      expect((await describe('n', ann)).status).toBe(403)
    })

    it('a role gives its members what it holds', async () => {
      const role = (
        await server.send('POST /api/3.0/mlflow/roles/create', { body: { name: 'writers' } })
      ).body.role
      await server.send('POST /api/3.0/mlflow/roles/permissions/add', {
        body: {
          role_id: role.id,
          resource_type: 'registered_model',
          resource_pattern: '*',
          permission: 'EDIT',
        },
      })
      const check = async () =>
        (
          await server.send(
            'GET /api/3.0/mlflow/users/permissions/get?username=ann&resource_type=registered_model&resource_id=n',
          )
        ).body
      expect(await check()).toEqual({ allowed: false, permission: 'READ' })
      const assigned = await server.send('POST /api/3.0/mlflow/roles/assign', {
        body: { role_id: role.id, username: 'ann' },
      })
      expect(assigned.body.assignment).toMatchObject({ role_id: role.id })
      expect(await check()).toEqual({ allowed: true, permission: 'EDIT' })
      const listed = (what: 'roles' | 'permissions', username: string) =>
        server.send(`GET /api/3.0/mlflow/users/${what}/list?username=${username}`, { as: ann })
      expect((await listed('roles', 'ann')).body.roles).toMatchObject([{ name: 'writers' }])
      expect((await listed('permissions', 'ann')).status).toBe(200)
      for (const what of ['roles', 'permissions'] as const)
        expect((await listed(what, 'bob')).status).toBe(403)
    })

    it('a new password counts at once, and ends the sessions of the old one', async () => {
      const login = (secret: string) =>
        server.send('POST /api/v1/session', { as: '', body: { username: 'bob', password: secret } })
      const cookie = (await login(password)).headers.get('set-cookie') ?? ''
      expect(cookie).toMatch(
        /^kaizen_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=43200$/,
      )
      const headers = { cookie: cookie.split(';', 1)[0] ?? '' }
      const me = () => server.send('GET /api/v1/me', { as: '', headers })
      expect((await me()).body).toMatchObject({ name: 'user:bob', role: 'editor', username: 'bob' })
      const changed = await server.send(`PATCH ${mlflow}/users/update-password`, {
        as: bob,
        body: { username: 'bob', password: 'another good password' },
      })
      expect(changed.status).toBe(200)
      expect((await me()).status).toBe(401)
      expect((await server.send('GET /api/v1/me', { as: bob })).status).toBe(401)
      expect((await login('another good password')).status).toBe(200)
    })

    it('a token of a user has what the user has, until it expires or is revoked', async () => {
      const made = await server.send('POST /api/v1/me/tokens', {
        as: ann,
        body: { name: 'laptop' },
      })
      expect(made.status).toBe(200 + 1)
      const token = bearer(made.body.secret)
      expect((await server.send('GET /api/v1/me', { as: token })).body.username).toBe('ann')
      expect((await logAs(token)).status).toBe(200)
      const past = await server.send('POST /api/v1/me/tokens', {
        as: ann,
        body: { name: 'old', expiresAt: 1 },
      })
      expect(past.status).toBe(400)
      const short = await server.send('POST /api/v1/tokens', {
        body: { name: 'short', role: 'viewer', expiresAt: Date.now() + 150 },
      })
      await new Promise((resolve) => setTimeout(resolve, 200))
      const expired = await server.send('GET /api/v1/models', { as: bearer(short.body.secret) })
      expect(expired).toMatchObject({ status: 401, body: { error: { code: 'UNAUTHENTICATED' } } })
      await server.send(`DELETE /api/v1/me/tokens/${made.body.id}`, { as: ann })
      expect((await server.send('GET /api/v1/me', { as: token })).status).toBe(401)
    })

    it('a viewer token, which holds no permissions, gives none away', async () => {
      const { body } = await server.send('POST /api/v1/tokens', {
        body: { name: 'viewer', role: 'viewer' },
      })
      const as = bearer(body.secret)
      expect((await grant(as, 'eve', 'MANAGE')).status).toBe(403)
      const classic = await server.send(`POST ${mlflow}/experiments/permissions/create`, {
        as,
        body: { experiment_id: '0', username: 'eve', permission: 'MANAGE' },
      })
      expect(classic.status).toBe(403)
      expect((await server.send(`GET ${mlflow}/users/get?username=ann`, { as })).status).toBe(403)
    })

    it('guessing is slowed down, told apart from a wrong password, and recorded once', async () => {
      const guess = () =>
        server.send('POST /api/v1/session', {
          as: '',
          body: { username: 'eve', password: 'not this' },
        })
      const statuses: number[] = []
      for (let n = 0; n < 8; n++) statuses.push((await guess()).status)
      expect(statuses.slice(0, 5)).toEqual([401, 401, 401, 401, 401])
      expect(statuses).toContain(429)
      const blocked = await server.send(`GET ${mlflow}/users/current`, {
        as: basic('eve', 'not this'),
      })
      expect(blocked).toMatchObject({ status: 429, body: { error_code: 'REQUEST_LIMIT_EXCEEDED' } })
      expect(Number(blocked.headers.get('retry-after'))).toBeGreaterThan(0)
      const events = await server.send('GET /api/v1/audit/events?type=identity.login.blocked')
      expect(events.body.items).toMatchObject([{ subject: 'user:eve' }])
    })

    it('no secret is in the log, and the last administrator stays', async () => {
      await server.send(`PATCH ${mlflow}/users/update-admin`, {
        body: { username: 'ann', is_admin: true },
      })
      const last = await server.send(`PATCH ${mlflow}/users/update-admin`, {
        body: { username: 'ann', is_admin: false },
      })
      expect(last.status).toBe(400)
      expect((await server.send('DELETE /api/v1/users/ann', { as: ann })).status).toBe(409)
      const text = JSON.stringify((await server.send('GET /api/v1/audit/events?limit=1000')).body)
      for (const secret of [password, 'another good password', 'argon2', 'kz_']) {
        expect(text).not.toContain(secret)
      }
      expect(text).toContain('identity.permission.granted')
      const users = await server.send('GET /api/v1/users')
      expect(JSON.stringify(users.body)).not.toContain('argon2')
    })
  })
})

it('each caller has a share of requests a second', async () => {
  await using server = await startTestServer('sqlite', { requestsPerSecond: 2 })
  const statuses: number[] = []
  for (let n = 0; n < 6; n++) statuses.push((await server.send('GET /api/v1/me')).status)
  expect(statuses.slice(0, 4)).toEqual([200, 200, 200, 200])
  expect(statuses).toContain(429)
})

it('users who may do nothing by default see nothing but what they are let see', async () => {
  await using server = await startTestServer('sqlite', { defaultPermission: 'NONE' })
  await server.send(`POST ${mlflow}/users/create`, { body: { username: 'ann', password } })
  const search = await server.send(`POST ${mlflow}/experiments/search`, {
    as: ann,
    body: { max_results: 10 },
  })
  expect(search).toMatchObject({ status: 200, body: {} })
  expect((await server.send(`POST ${mlflow}/runs/create`, { as: ann, body: {} })).status).toBe(403)
  expect((await server.send('GET /api/v1/models', { as: ann })).body.items).toEqual([])
})
