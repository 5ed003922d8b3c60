import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDialects } from '../../storage/test-databases.ts'
import { type TestHttp, testHttp } from '../test-http.ts'

const at = (path: string): string => `/api/3.0/mlflow/${path}`

describe.each(testDialects)('evaluation data sets and scorers on $dialect', (database) => {
  describe.skipIf(!database.available)('with its server', () => {
    let server: TestHttp
    beforeAll(async () => {
      server = await testHttp(database.dialect)
    })
    afterAll(async () => {
      await server[Symbol.asyncDispose]()
      expect(server.defects).toEqual([])
    })
    const create = async (name: string, tags: object = {}): Promise<string> => {
      const body = { name, experiment_ids: ['0'], tags: JSON.stringify(tags) }
      const answer = await server.call('POST', at('datasets/create'), body)
      expect(answer.status, JSON.stringify(answer.body)).toBe(200)
      return answer.body.dataset.dataset_id
    }
    const upsert = (id: string, records: unknown) =>
      server.call('POST', at(`datasets/${id}/records`), { records: JSON.stringify(records) })
    const recordsOf = async (id: string, query = '') => {
      const answer = await server.call('GET', at(`datasets/${id}/records${query}`))
      return { list: JSON.parse(answer.body.records), token: answer.body.next_page_token }
    }

    it('knows a record by what goes in, and adds to it', async () => {
      const id = await create('questions', { team: 'blue' })
      const first = [
        { inputs: { q: 'a', n: 1 }, expectations: { short: true }, tags: { x: '1' } },
        {
          inputs: { q: 'b' },
          outputs: 'plain',
          source: { source_type: 'TRACE', source_data: { trace_id: 'tr-1' } },
        },
      ]
      expect((await upsert(id, first)).body).toEqual({ inserted_count: 2, updated_count: 0 })
      const again = [
        {
          inputs: { n: 1, q: 'a' },
          expectations: { long: false },
          outputs: { y: 2.5 },
          tags: { z: '2' },
        },
        { inputs: { q: 'c' } },
        { inputs: { q: 'c' }, outputs: [1] },
      ]
      expect((await upsert(id, again)).body).toEqual({ inserted_count: 1, updated_count: 2 })
      const { list } = await recordsOf(id)
      expect(list).toMatchObject([
        {
          inputs: { q: 'a', n: 1 },
          outputs: { y: 2.5 },
          expectations: { short: true, long: false },
          tags: { x: '1', z: '2' },
        },
        { inputs: { q: 'b' }, outputs: 'plain', source_id: 'tr-1', source_type: 'TRACE' },
        { inputs: { q: 'c' }, outputs: [1] },
      ])
      const { dataset } = (await server.call('GET', at(`datasets/${id}`))).body
      expect(JSON.parse(dataset.profile)).toEqual({ num_records: 3 })
      expect(JSON.parse(dataset.schema)).toMatchObject({
        inputs: { q: 'string', n: 'integer' },
        expectations: { short: 'boolean', long: 'boolean' },
      })
      const ids = [list[0].dataset_record_id, 'no-such']
      const path = at(`datasets/${id}/records`)
      expect((await server.call('DELETE', path, { dataset_record_ids: ids })).body).toEqual({
        deleted_count: 1,
      })
    })

    it('turns pages of records in the order in which they came', async () => {
      const id = await create('many')
      await upsert(
        id,
        Array.from({ length: 25 }, (_, n) => ({ inputs: { n } })),
      )
      const seen: number[] = []
      let token: string | undefined
      do {
        const page = await recordsOf(id, `?max_results=10${token ? `&page_token=${token}` : ''}`)
        seen.push(...page.list.map((record: { inputs: { n: number } }) => record.inputs.n))
        token = page.token
      } while (token)
      expect(seen).toEqual(Array.from({ length: 25 }, (_, n) => n))
    })

    it('finds data sets, and links them with experiments', async () => {
      const id = await create('linked', { kind: 'gold' })
      const search = async (body: object) =>
        ((await server.call('POST', at('datasets/search'), body)).body.datasets ?? []).map(
          (found: { name: string }) => found.name,
        )
      expect(await search({ filter_string: "name LIKE 'link%' AND tags.kind = 'gold'" })).toEqual([
        'linked',
      ])
      expect(await search({ experiment_ids: ['0'], order_by: ['name ASC'] })).toContain('linked')
      const other = (
        await server.call('POST', '/api/2.0/mlflow/experiments/create', { name: 'other' })
      ).body.experiment_id
      await server.call('POST', at(`datasets/${id}/add-experiments`), { experiment_ids: [other] })
      expect(await search({ experiment_ids: [other] })).toEqual(['linked'])
      await server.call('POST', at(`datasets/${id}/remove-experiments`), { experiment_ids: ['0'] })
      expect((await server.call('GET', at(`datasets/${id}/experiment-ids`))).body).toEqual({
        experiment_ids: [other],
      })
      await server.call('PATCH', at(`datasets/${id}/tags`), { tags: '{"a": "b"}' })
      await server.call('DELETE', at(`datasets/${id}/tags/kind`))
      const { dataset } = (await server.call('GET', at(`datasets/${id}`))).body
      expect(JSON.parse(dataset.tags)).toEqual({ a: 'b' })
      await server.call('DELETE', at(`datasets/${id}`))
      expect((await server.call('GET', at(`datasets/${id}`))).status).toBe(404)
    })

    it('refuses records that are none, and keeps nothing of their call', async () => {
      const id = await create('refused')
      for (const records of ['x', {}, [{ inputs: { a: 1 } }, { inputs: 3 }], [{ outputs: 1 }], [7]])
        expect((await upsert(id, records)).status).toBe(400)
      const broken = await server.call('POST', at(`datasets/${id}/records`), { records: '[' })
      expect(broken).toMatchObject({ status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE' } })
      expect((await recordsOf(id)).list).toEqual([])
      const path = at(`datasets/${id}/records?max_results=-1`)
      expect((await server.call('GET', path)).status).toBe(400)
      expect((await upsert('d-none', [])).status).toBe(404)
    })

    it('keeps scorers in versions', async () => {
      const register = (serialized: string) =>
        server.call('POST', at('scorers/register'), {
          experiment_id: '0',
          name: 'polite',
          serialized_scorer: serialized,
        })
      expect((await register('{"v": 1}')).body).toMatchObject({ version: 1, name: 'polite' })
      expect((await register('{"v": 2}')).body).toMatchObject({ version: 2 })
      expect((await register('nonsense')).status).toBe(400)
      const get = (query: string) =>
        server.call('GET', at(`scorers/get?experiment_id=0&name=polite${query}`))
      expect((await get('')).body.scorer).toMatchObject({
        scorer_version: 2,
        serialized_scorer: '{"v": 2}',
      })
      expect((await get('&version=1')).body.scorer.serialized_scorer).toBe('{"v": 1}')
      expect((await get('&version=9')).status).toBe(404)
      const list = async (query: string) =>
        (await server.call('GET', at(`scorers/list${query}`))).body.scorers ?? []
      expect(await list('?experiment_id=0')).toHaveLength(1)
      expect(await list('')).toHaveLength(1)
      expect(await list('?experiment_ids=7')).toHaveLength(0)
      const remove = (more: object) =>
        server.call('DELETE', at('scorers/delete'), { experiment_id: '0', name: 'polite', ...more })
      expect((await remove({ version: 2 })).status).toBe(200)
      expect((await get('')).body.scorer.scorer_version).toBe(1)
      expect((await remove({})).status).toBe(200)
      expect((await remove({})).status).toBe(404)
    })
  })
})
