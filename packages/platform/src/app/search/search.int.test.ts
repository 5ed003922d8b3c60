import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDatabase, testDialects } from '../../storage/test-databases.ts'
import { migrations } from '../migrations.ts'
import { basic, startTestServer, type TestServer } from '../test-server.ts'
import { fillSearch } from './test-fill.store.ts'

const v2 = '/api/2.0/mlflow'
const password = 'correct horse battery'
const [ann, bob] = [basic('ann', password), basic('bob', password)]

interface Item {
  readonly kind: string
  readonly id: string
  readonly name: string
  readonly detail: string | null
  readonly match: string
}

describe.each(testDialects)('search on $dialect', ({ dialect, available }) => {
  describe.skipIf(!available)('through a whole server', () => {
    let server: TestServer
    let experimentId: string
    let runId: string
    const post = async (path: string, body: object, workspace?: string) => {
      const headers = workspace ? { 'x-mlflow-workspace': workspace } : {}
      const { status, body: answer } = await server.send(`POST ${path}`, { body, headers })
      expect([path, status < 300 ? 200 : answer]).toEqual([path, 200])
      return answer
    }
    const find = async (q: string, options: { as?: string; workspace?: string } = {}) => {
      const { status, body } = await server.send(`GET /api/v1/search?q=${encodeURIComponent(q)}`, {
        ...(options.as ? { as: options.as } : {}),
        headers: options.workspace ? { 'x-mlflow-workspace': options.workspace } : {},
      })
      expect([q, status]).toEqual([q, 200])
      return body as { items: Item[]; more: string[] }
    }
    const named = async (q: string, options = {}) =>
      (await find(q, options)).items.map(({ kind, name }) => `${kind} ${name}`)

    beforeAll(async () => {
      server = await startTestServer(dialect)
      experimentId = (await post(`${v2}/experiments/create`, { name: 'Heron/training' }))
        .experiment_id
      const run = { experiment_id: experimentId, start_time: 1, run_name: 'heron-00001' }
      runId = (await post(`${v2}/runs/create`, run)).run.info.run_id
      for (let at = 2; at <= 12; at++) {
        await post(`${v2}/runs/create`, { ...run, start_time: at, run_name: `heron-000${at}` })
      }
      await post(`${v2}/registered-models/create`, { name: 'heron' })
      await post(`${v2}/registered-models/create`, {
        name: 'heron-greeting',
        tags: [{ key: 'mlflow.prompt.is_prompt', value: 'true' }],
      })
      for (let at = 0; at < 2; at++) {
        await post(`${v2}/model-versions/create`, { name: 'heron', source: 's3://elsewhere/model' })
      }
      await post(`${v2}/registered-models/alias`, {
        name: 'heron',
        alias: 'champion',
        version: '1',
      })
      await post('/api/3.0/mlflow/traces', {
        trace: {
          trace_info: {
            trace_id: `tr-${'5'.repeat(32)}`,
            trace_location: {
              type: 'MLFLOW_EXPERIMENT',
              mlflow_experiment: { experiment_id: experimentId },
            },
            request_time: '2026-01-01T00:00:00Z',
            state: 'OK',
            tags: { 'mlflow.traceName': 'ask heron' },
          },
        },
      })
      await post('/api/v1/datasets', { name: 'heron-hours', description: 'hires' })
      await post('/api/3.0/mlflow/workspaces', { name: 'red' })
      await post(`${v2}/registered-models/create`, { name: 'heron' }, 'red')
      await post(`${v2}/experiments/create`, { name: 'heron of red' }, 'red')
      for (const username of ['ann', 'bob']) {
        await post(`${v2}/users/create`, { username, password })
      }
      for (const [path, field, id] of [
        ['experiments', 'experiment_id', experimentId],
        ['registered-models', 'name', 'heron'],
      ] as const) {
        const denial = { [field]: id, username: 'bob', permission: 'NO_PERMISSIONS' }
        await post(`${v2}/${path}/permissions/create`, denial)
      }
    }, 60_000)
    afterAll(() => server[Symbol.asyncDispose]())

    it('finds things of every kind, the best first, and says of which there are more', async () => {
      const { items, more } = await find('heron')
      expect(items[0]).toMatchObject({ kind: 'model', id: 'heron', match: 'whole' })
      expect(new Set(items.map(({ kind }) => kind))).toEqual(
        new Set([...['model', 'experiment', 'prompt', 'model-version', 'dataset', 'run', 'trace']]),
      )
      expect(items.filter(({ kind }) => kind === 'run')).toHaveLength(8)
      expect(items.find(({ kind }) => kind === 'run')).toMatchObject({
        name: 'heron-00012',
        detail: 'Heron/training',
        match: 'start',
      })
      expect(more).toEqual(['run'])
      expect(await named('HERON trainING')).toEqual(['experiment Heron/training'])
    })

    it('narrows to a kind that is named, and finds versions by number and alias', async () => {
      expect(await named('heron models')).toEqual(['model heron'])
      expect(await named('heron prompt')).toEqual(['prompt heron-greeting'])
      expect(await named('heron 2 version')).toEqual(['model-version heron/2'])
      expect(await named('models:/heron/2')).toEqual(['model-version heron/2'])
      expect((await find('heron@champion')).items).toMatchObject([
        { kind: 'model-version', id: 'heron/1', match: 'whole' },
      ])
    })

    it('finds runs and traces by the beginning of their id', async () => {
      expect((await find(runId.slice(0, 12))).items).toMatchObject([
        { kind: 'run', id: runId, name: 'heron-00001', match: 'start' },
      ])
      expect(await named(`tr-${'5'.repeat(10)}`)).toEqual(['trace ask heron'])
    })

    it('takes words as they are, whatever they hold', async () => {
      for (const hostile of ["' OR 1=1 --", '%', 'heron_00001', 'her%n', '\\', '"']) {
        expect(await named(hostile), hostile).toEqual([])
      }
      for (const query of [
        '',
        '?q=',
        `?q=${'x'.repeat(251)}`,
        '?q=a%00',
        '?q=a&limit=51',
        '?q=a&of=b',
      ]) {
        expect((await server.send(`GET /api/v1/search${query}`)).status, query).toBe(400)
      }
    })

    it('shows each workspace its own, and nobody what is kept from them', async () => {
      expect(await named('heron', { workspace: 'red' })).toEqual([
        ...['model heron', 'experiment heron of red', 'dataset heron-hours'],
      ])
      expect(await named('heron models', { as: ann })).toEqual(['model heron'])
      expect(await named('heron', { as: bob })).toEqual([
        ...['prompt heron-greeting', 'dataset heron-hours'],
      ])
      expect(await named(runId.slice(0, 12), { as: bob })).toEqual([])
      expect(await named('heron@champion', { as: bob })).toEqual([])
      expect(await named('heron', { as: bob, workspace: 'red' }).catch(() => 'refused')).toBe(
        'refused',
      )
      const nobody = await server.send('GET /api/v1/search?q=heron', { as: '' })
      expect(nobody.status).toBe(401)
    })
  })

  it.skipIf(!available)('is quick among 100,000 runs and as many traces', async () => {
    await using made = await testDatabase(dialect, migrations)
    const search = await fillSearch(made.database, 100_000)
    for (const text of ['train', 'train-00099999', 'zebra', 'answer', 'b945d8', 'tr-b945d8']) {
      const [began, worked] = [performance.now(), process.cpuUsage()]
      expect((await search(text)).length, text).toBeLessThanOrEqual(8 * 3)
      // Several times what it takes, for machines that do something else meanwhile.
      expect(process.cpuUsage(worked).user / 1000, text).toBeLessThan(300)
      expect(performance.now() - began, text).toBeLessThan(5000)
    }
    expect((await search('train-00099999')).map(({ name }) => name)).toEqual(['train-00099999'])
  })
})
