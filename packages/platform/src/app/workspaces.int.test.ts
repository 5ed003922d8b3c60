import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDialects } from '../storage/test-databases.ts'
import { basic, type CallOptions, startTestServer, type TestServer } from './test-server.ts'

const v2 = '/api/2.0/mlflow'
const v3 = '/api/3.0/mlflow'
const password = 'correct horse battery'
const [ann, bob] = [basic('ann', password), basic('bob', password)]

describe.each(testDialects)('workspaces on $dialect', ({ dialect, available }) => {
  describe.skipIf(!available)('through a whole server', () => {
    let server: TestServer
    const within = (workspace: string, call: string, options: CallOptions = {}) =>
      server.send(call, { ...options, headers: { 'x-mlflow-workspace': workspace } })
    const post = (workspace: string, path: string, body: object, as?: string) =>
      within(workspace, `POST ${v2}/${path}`, { body, ...(as ? { as } : {}) })

    /** An experiment with a run in it, both new. */
    const runIn = async (workspace: string, name: string) => {
      const made = await post(workspace, 'experiments/create', { name })
      const experimentId = made.body.experiment_id as string
      const run = await post(workspace, 'runs/create', { experiment_id: experimentId })
      return { experimentId, runId: run.body.run.info.run_id as string }
    }

    beforeAll(async () => {
      server = await startTestServer(dialect)
      for (const username of ['ann', 'bob']) {
        await server.send(`POST ${v2}/users/create`, { body: { username, password } })
      }
      for (const name of ['red', 'blue']) {
        const made = await server.send(`POST ${v3}/workspaces`, { body: { name } })
        expect(made).toMatchObject({ status: 201, body: { workspace: { name } } })
      }
    }, 60_000)
    afterAll(() => server[Symbol.asyncDispose]())

    it('are listed, described and refused under a wrong, taken or reserved name', async () => {
      const names = async () =>
        (await server.send(`GET ${v3}/workspaces`)).body.workspaces.map(
          ({ name }: { name: string }) => name,
        )
      expect(await names()).toEqual(['blue', 'default', 'red'])
      const changed = await server.send(`PATCH ${v3}/workspaces/red`, {
        body: { description: 'the red team' },
      })
      expect(changed.body.workspace).toEqual({ name: 'red', description: 'the red team' })
      expect((await server.send(`GET ${v3}/workspaces/red`)).body).toEqual(changed.body)
      for (const name of [
        'default',
        'a',
        'Red',
        'a/b',
        '-a',
        'x'.repeat(64),
        'workspaces',
        'red',
      ]) {
        const { status } = await server.send(`POST ${v3}/workspaces`, { body: { name } })
        expect([name, status]).toEqual([name, 400])
      }
      expect((await server.send(`GET ${v3}/workspaces/none`)).status).toBe(404)
      expect((await within('none', `GET ${v2}/experiments/get?experiment_id=0`)).status).toBe(404)
      expect((await server.send(`DELETE ${v3}/workspaces/default`)).status).toBe(400)
      expect((await server.send(`GET ${v3}/server-info`)).body.workspaces_enabled).toBe(true)
    })

    it('have experiments of one name each, and none reaches those of another', async () => {
      const red = await runIn('red', 'shared name')
      const blue = await runIn('blue', 'shared name')
      expect(red.experimentId).not.toBe(blue.experimentId)
      const byName = `GET ${v2}/experiments/get-by-name?experiment_name=shared%20name`
      expect((await within('red', byName)).body.experiment).toMatchObject({
        experiment_id: red.experimentId,
        workspace: 'red',
      })
      expect((await server.send(byName)).status).toBe(404)
      const listed = await within('blue', `GET ${v2}/experiments/search?max_results=100`)
      expect(listed.body.experiments).toHaveLength(1)
      const everyday = await server.send(`GET ${v2}/experiments/search?max_results=100`)
      expect(everyday.body.experiments.map(({ name }: { name: string }) => name)).toEqual([
        'Default',
      ])
      const reaches = [
        `GET ${v2}/experiments/get?experiment_id=${red.experimentId}`,
        `GET ${v2}/runs/get?run_id=${red.runId}`,
        `GET ${v2}/metrics/get-history?run_id=${red.runId}&metric_key=a`,
        `GET ${v2}/artifacts/list?run_id=${red.runId}`,
        `GET /api/2.0/mlflow-artifacts/artifacts?path=${red.experimentId}/${red.runId}`,
        `GET /get-artifact?run_id=${red.runId}&path=a`,
      ]
      for (const call of reaches) {
        expect([call, (await within('blue', call)).status]).toEqual([call, 404])
        expect([call, (await server.send(call)).status]).toEqual([call, 404])
      }
      const log = { run_id: red.runId, key: 'a', value: 1, timestamp: 1 }
      expect((await post('blue', 'runs/log-metric', log)).status).toBe(404)
      expect((await post('red', 'runs/log-metric', log)).status).toBe(200)
      expect((await post('red', 'runs/create', {})).status).toBe(400)
      const search = { experiment_ids: [red.experimentId] }
      expect((await post('blue', 'runs/search', search)).status).toBe(404)
      expect((await post('red', 'runs/search', search)).body.runs).toHaveLength(1)
    })

    it('have models of one name each, with versions, aliases and searches of their own', async () => {
      for (const workspace of ['red', 'blue', 'default']) {
        const made = await post(workspace, 'registered-models/create', { name: 'churn' })
        expect(made.body.registered_model.name).toBe('churn')
      }
      await post('red', 'model-versions/create', { name: 'churn', source: 's3://b/red' })
      const alias = { name: 'churn', alias: 'champion', version: '1' }
      expect((await post('red', 'registered-models/alias', alias)).status).toBe(200)
      expect((await post('blue', 'registered-models/alias', alias)).status).toBe(404)
      const get = `GET ${v2}/registered-models/get?name=churn`
      expect((await within('red', get)).body.registered_model.latest_versions).toHaveLength(1)
      expect((await server.send(get)).body.registered_model).not.toHaveProperty('latest_versions')
      const filter = encodeURIComponent("name LIKE 'ch%'")
      for (const workspace of ['red', 'blue', 'default']) {
        const found = await within(workspace, `GET ${v2}/registered-models/search?filter=${filter}`)
        expect(found.body.registered_models.map(({ name }: { name: string }) => name)).toEqual([
          'churn',
        ])
      }
      const versions = await within('red', `GET ${v2}/model-versions/search?filter=${filter}`)
      expect(versions.body.model_versions).toMatchObject([{ name: 'churn', source: 's3://b/red' }])
      const copied = await post('red', 'model-versions/create', {
        name: 'churn',
        source: 'models:/churn/1',
      })
      expect(copied.body.model_version.version).toBe('2')
      const across = await server.send(`GET ${v2}/registered-models/get?name=red%2Fchurn`)
      expect(across).toMatchObject({ status: 400 })
      const source = { name: 'churn', source: 'models:/red/churn/1' }
      expect((await post('default', 'model-versions/create', source)).status).toBe(400)
      const renamed = await post('blue', 'registered-models/rename', {
        name: 'churn',
        new_name: 'lost',
      })
      expect(renamed.body.registered_model.name).toBe('lost')
    })

    it('have evaluation data sets and webhooks of their own', async () => {
      const made = await within('red', `POST ${v3}/datasets/create`, { body: { name: 'set' } })
      const id = made.body.dataset.dataset_id as string
      const search = { body: {} }
      expect((await within('blue', `POST ${v3}/datasets/search`, search)).body).toEqual({})
      expect(
        (await within('red', `POST ${v3}/datasets/search`, search)).body.datasets,
      ).toHaveLength(1)
      expect((await within('blue', `GET ${v3}/datasets/${id}`)).status).toBe(404)
      const events = [{ entity: 'REGISTERED_MODEL', action: 'CREATED' }]
      const hook = await post('red', 'webhooks', {
        name: 'h',
        url: 'https://93.184.215.14/',
        events,
      })
      const webhookId = hook.body.webhook.webhook_id as string
      expect((await server.send(`GET ${v2}/webhooks`)).body).toEqual({})
      expect((await server.send(`GET ${v2}/webhooks/${webhookId}`)).status).toBe(404)
      expect((await within('red', `GET ${v2}/webhooks`)).body.webhooks).toHaveLength(1)
    })

    it('let in who was let in: by a grant on the workspace, or a role in it', async () => {
      const { experimentId, runId } = await runIn('red', 'guarded')
      const asAnn = (call: string, body?: object) =>
        within('red', call, { as: ann, ...(body ? { body } : {}) })
      expect((await asAnn(`GET ${v2}/runs/get?run_id=${runId}`)).status).toBe(403)
      expect((await server.send(`GET ${v3}/workspaces/red`, { as: ann })).status).toBe(403)
      const grant = (permission: string) =>
        server.send(`POST ${v3}/users/permissions/grant`, {
          body: { username: 'ann', resource_type: 'workspace', resource_id: 'red', permission },
        })
      expect((await grant('READ')).status).toBe(200)
      expect((await asAnn(`GET ${v2}/runs/get?run_id=${runId}`)).status).toBe(200)
      const param = { run_id: runId, key: 'a', value: '1' }
      expect((await asAnn(`POST ${v2}/runs/log-parameter`, param)).status).toBe(403)
      expect((await asAnn(`POST ${v2}/experiments/create`, { name: 'anns' })).status).toBe(403)
      await grant('EDIT')
      expect((await asAnn(`POST ${v2}/runs/log-parameter`, param)).status).toBe(200)
      expect((await asAnn(`POST ${v2}/experiments/create`, { name: 'anns' })).status).toBe(200)
      const seen = await server.send(`GET ${v3}/workspaces`, { as: ann })
      expect(seen.body.workspaces.map(({ name }: { name: string }) => name)).toEqual([
        'default',
        'red',
      ])
      expect(
        (await within('blue', `GET ${v2}/experiments/search?max_results=9`, { as: ann })).status,
      ).toBe(403)

      const role = await server.send(`POST ${v3}/roles/create`, {
        body: { name: 'reviewers', workspace: 'red' },
      })
      expect(role.body.role).toMatchObject({ name: 'reviewers', workspace: 'red' })
      const role_id = role.body.role.id as number
      const pattern = { role_id, resource_pattern: '*', permission: 'READ' }
      for (const resource_type of ['experiment', 'workspace']) {
        await server.send(`POST ${v3}/roles/permissions/add`, {
          body: { ...pattern, resource_type },
        })
      }
      await server.send(`POST ${v3}/roles/assign`, { body: { role_id, username: 'bob' } })
      const asBob = (workspace: string, call: string) => within(workspace, call, { as: bob })
      const get = `GET ${v2}/experiments/get?experiment_id=${experimentId}`
      expect((await asBob('red', get)).status).toBe(200)
      expect((await asBob('blue', `GET ${v2}/experiments/search?max_results=9`)).status).toBe(403)
    })

    it('tell who may make something the names of those who work there', async () => {
      await server.send(`POST ${v2}/users/create`, { body: { username: 'cat', password } })
      const list = `GET ${v2}/users/list`
      const names = async (workspace: string, as: string) => {
        const { status, body } = await within(workspace, list, { as })
        return status === 200
          ? body.users.map((user: { username: string }) => user.username)
          : status
      }
      expect(await names('red', ann)).toEqual(['ann', 'bob'])
      expect(await names('default', ann)).toEqual(['ann', 'bob', 'cat'])
      expect([await names('red', bob), await names('blue', ann)]).toEqual([403, 403])
      expect((await within('red', list)).body.users).toHaveLength(3)
      await server.send('PATCH /api/v1/users/cat', { body: { role: 'viewer' } })
      expect(await names('default', basic('cat', password))).toBe(403)
    })

    it('are deleted only when empty, with all they hold, or leave it to the default one', async () => {
      const make = async (name: string) => {
        await server.send(`POST ${v3}/workspaces`, { body: { name } })
        await post(name, 'registered-models/create', { name: `model of ${name}` })
        return runIn(name, `experiment of ${name}`)
      }
      const full = await make('full')
      const refused = await server.send(`DELETE ${v3}/workspaces/full`)
      expect(refused).toMatchObject({
        status: 400,
        body: { message: expect.stringContaining('still holds 1') },
      })
      expect((await server.send(`DELETE ${v3}/workspaces/full?mode=HALF`)).status).toBe(400)
      expect((await server.send(`DELETE ${v3}/workspaces/full?mode=SET_DEFAULT`)).status).toBe(204)
      const moved = await server.send(`GET ${v2}/runs/get?run_id=${full.runId}`)
      expect(moved.body.run.info.experiment_id).toBe(full.experimentId)
      const model = `GET ${v2}/registered-models/get?name=${encodeURIComponent('model of full')}`
      expect((await server.send(model)).status).toBe(200)

      const gone = await make('gone')
      expect((await server.send(`DELETE ${v3}/workspaces/gone?mode=CASCADE`)).status).toBe(204)
      expect((await within('gone', model)).status).toBe(404)
      const left = await server.send(`GET ${v2}/experiments/get?experiment_id=${gone.experimentId}`)
      expect(left.body.experiment).toMatchObject({
        lifecycle_stage: 'deleted',
        workspace: 'default',
      })
      await server.send(`POST ${v3}/workspaces`, { body: { name: 'gone' } })
      expect(await runIn('gone', 'experiment of gone')).toMatchObject({
        experimentId: expect.stringMatching(/^\d+$/),
      })
    })

    it('keep new experiments where their artifact root says', async () => {
      const root = 's3://bucket/folder/'
      await server.send(`POST ${v3}/workspaces`, {
        body: { name: 'rooted', default_artifact_root: root },
      })
      const { experimentId } = await runIn('rooted', 'elsewhere')
      const found = await within(
        'rooted',
        `GET ${v2}/experiments/get?experiment_id=${experimentId}`,
      )
      expect(found.body.experiment.artifact_location).toBe(`s3://bucket/folder/${experimentId}`)
      for (const wrong of ['../up', 'file', 's3://b/../c', 's3://b/?q']) {
        const { status } = await server.send(`PATCH ${v3}/workspaces/rooted`, {
          body: { default_artifact_root: wrong },
        })
        expect([wrong, status]).toEqual([wrong, 400])
      }
    })
  })
})
