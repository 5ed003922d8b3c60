import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDialects } from '../storage/test-databases.ts'
import { basic, startTestServer, type TestServer } from './test-server.ts'

const mlflow = '/api/2.0/mlflow'
const password = 'correct horse battery'
const as = (username: string): string => basic(username, password)

describe.each(testDialects)('approvals on $dialect', ({ dialect, available }) => {
  describe.skipIf(!available)('through a whole server', () => {
    let server: TestServer
    beforeAll(async () => {
      server = await startTestServer(dialect)
      for (const username of ['maker', 'ann', 'bob']) {
        const role = username === 'maker' ? 'editor' : 'viewer'
        await server.send('POST /api/v1/users', { body: { username, password, role } })
      }
      await server.send('POST /api/v1/roles', { body: { name: 'risk' } })
      for (const member of ['ann', 'maker'])
        await server.send(`PUT /api/v1/roles/risk/members/${member}`)
      await server.send(`POST ${mlflow}/registered-models/create`, {
        as: as('maker'),
        body: { name: 'm' },
      })
      for (let n = 0; n < 2; n++) {
        const made = await server.send(`POST ${mlflow}/model-versions/create`, {
          as: as('maker'),
          body: { name: 'm', source: 's3://bucket/model' },
        })
        expect(made.status).toBe(200)
      }
    }, 60_000)
    afterAll(() => server[Symbol.asyncDispose]())

    const setAlias = (version: string) =>
      server.send(`POST ${mlflow}/registered-models/alias`, {
        as: as('maker'),
        body: { name: 'm', alias: 'champion', version },
      })
    const decide = (username: string, decision: string, target = 'alias:champion') =>
      server.send('POST /api/v1/models/m/versions/1/approvals', {
        as: as(username),
        body: { target, decision, reason: 'slices checked' },
      })

    it('without a policy an alias moves freely; with one it waits for those whom it names', async () => {
      expect((await setAlias('2')).status).toBe(200)
      const rules = [
        { target: 'alias:champion', approvals: [{ role: 'risk' }] },
        { target: 'stage:Production', approvals: [{ role: 'risk' }, { role: 'admin' }] },
      ]
      expect(
        (
          await server.send('PUT /api/v1/models/m/approval-policy', {
            as: as('maker'),
            body: { rules },
          })
        ).status,
      ).toBe(403)
      expect(
        (await server.send('PUT /api/v1/models/m/approval-policy', { body: { rules } })).status,
      ).toBe(200)
      expect(await setAlias('1')).toMatchObject({
        status: 403,
        body: {
          error_code: 'PERMISSION_DENIED',
          message: expect.stringContaining('approvals are missing: 1 of role risk'),
        },
      })
      const stage = await server.send(`POST ${mlflow}/model-versions/transition-stage`, {
        as: as('maker'),
        body: { name: 'm', version: '1', stage: 'production', archive_existing_versions: false },
      })
      expect(stage.status).toBe(403)
      // What points there already may be said again, and other aliases are free.
      expect((await setAlias('2')).status).toBe(200)
    })

    it('the maker, and who lacks the role, decide nothing; the right person does, though only a viewer', async () => {
      expect(await decide('maker', 'approve')).toMatchObject({
        status: 403,
        body: { error: { message: expect.stringContaining('nobody approves their own') } },
      })
      expect((await decide('bob', 'approve')).status).toBe(403)
      expect((await decide('ann', 'approve', 'alias:other')).status).toBe(404)
      expect((await decide('ann', 'reject')).body).toMatchObject({
        satisfied: false,
        missing: expect.stringContaining('rejected by user:ann'),
      })
      expect((await setAlias('1')).status).toBe(403)
      expect((await decide('ann', 'approve')).body).toMatchObject({
        satisfied: true,
        required: [{ role: 'risk', count: 1, given: ['user:ann'] }],
      })
      expect((await setAlias('1')).status).toBe(200)
    })

    it('the log says who decided what, why and on which evidence', async () => {
      const { body } = await server.send('GET /api/v1/audit/events?type=registry.version.approved')
      expect(body.items).toMatchObject([
        {
          actor: 'user:ann',
          subject: 'model:m',
          data: {
            version: 1,
            target: 'alias:champion',
            reason: 'slices checked',
            source: 's3://bucket/model',
            roles: ['viewer', 'risk'],
          },
        },
      ])
      expect((await server.send('GET /api/v1/audit/verify')).body.ok).toBe(true)
    })

    it.each([
      [{ rules: [{ target: 'champion', approvals: [{ role: 'risk' }] }] }],
      [{ rules: [{ target: 'alias:a', approvals: [] }] }],
      [{ rules: [{ target: 'alias:a', approvals: [{ role: "x' or 1=1" }] }] }],
      [{ rules: [1, 2].map(() => ({ target: 'alias:a', approvals: [{ role: 'risk' }] })) }],
    ])('a policy that cannot be kept is refused: %j', async (body) => {
      expect((await server.send('PUT /api/v1/models/m/approval-policy', { body })).status).toBe(400)
    })

    it('a model of the same name starts anew', async () => {
      await server.send(`DELETE ${mlflow}/registered-models/delete`, { body: { name: 'm' } })
      await server.send(`POST ${mlflow}/registered-models/create`, { body: { name: 'm' } })
      expect((await server.send('GET /api/v1/models/m/approval-policy')).body).toEqual({
        rules: [],
        requireSignature: false,
      })
    })
  })
})
