import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDialects } from '../../storage/test-databases.ts'
import { type TestHttp, testHttp } from '../test-http.ts'
import { exportBytes, shop, traceHex } from '../test-spans.ts'

const v3 = '/api/3.0/mlflow/traces'
const protobuf = { 'content-type': 'application/x-protobuf' }

describe.each(testDialects)('filters of traces on $dialect', ({ dialect, available }) => {
  describe.skipIf(!available)('with its server', () => {
    let server: TestHttp
    const experiments = { here: '', there: '' }
    const search = async (filter: string, more: object = {}, to = experiments.here) => {
      const locations = [{ type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: to } }]
      const { status, body } = await server.call('POST', `${v3}/search`, {
        locations,
        filter,
        order_by: ['timestamp_ms ASC'],
        ...more,
      })
      const found = (body.traces ?? []) as { readonly trace_id: string }[]
      return {
        status,
        message: body.message as string,
        next: body.next_page_token as string | undefined,
        found: found.map(({ trace_id: id }) => Number(`0x${id.slice(3)}`)),
      }
    }
    const log = async (n: number, to: string) => {
      const headers = { ...protobuf, 'x-mlflow-experiment-id': to }
      expect((await server.send('/v1/traces', exportBytes(shop(n)), headers)).status).toBe(200)
      const at = `/api/2.0/mlflow/traces/tr-${traceHex(n)}/tags`
      await server.call('PATCH', at, { key: 'version', value: `v${n}.0` })
    }
    const assess = async (n: number, assessment: object) => {
      const source = { source_type: 'HUMAN', source_id: 'ann' }
      const answer = await server.call('POST', `${v3}/tr-${traceHex(n)}/assessments`, {
        assessment: { assessment_name: 'polite', source, ...assessment },
      })
      expect(answer.status, JSON.stringify(answer.body)).toBe(200)
    }

    beforeAll(async () => {
      server = await testHttp(dialect)
      const create = async (name: string): Promise<string> =>
        (await server.call('POST', '/api/2.0/mlflow/experiments/create', { name })).body
          .experiment_id
      experiments.here = await create('here')
      experiments.there = await create('there')
      for (let n = 1; n <= 60; n++) await log(n, experiments.here)
      await log(61, experiments.there)
    })
    afterAll(async () => {
      await server[Symbol.asyncDispose]()
      expect(server.defects).toEqual([])
    })

    it('hold what is known of a trace and what its spans say against patterns', async () => {
      expect((await search("tags.version RLIKE '^v1\\.'")).found).toEqual([1])
      expect((await search("tag.version rlike '^v[12]\\.0$'")).found).toEqual([1, 2])
      expect((await search("request_id RLIKE '0000[12]$'")).found).toEqual([1, 2])
      expect((await search("name RLIKE 'answ' AND status = 'ERROR'")).found).toEqual([])
      expect((await search("span.name RLIKE '^sea' AND tags.version RLIKE 'v7'")).found).toEqual([
        7,
      ])
      expect(
        (await search("span.attributes.k RLIKE '^3$' AND tags.version = 'v5.0'")).found,
      ).toEqual([5])
      expect((await search("span.attributes.k RLIKE '^4$'")).found).toEqual([])
      expect((await search("name IS NOT NULL AND tags.version = 'v5.0'")).found).toEqual([5])
      expect((await search('name IS NULL OR 1 = 1')).status).toBe(400)
      expect((await search('name IS NULL')).found).toEqual([])
      expect((await search('run_id IS NULL')).found).toHaveLength(60)
      expect((await search("tags.absent RLIKE '.*'")).found).toEqual([])
    })

    it('page through what matches a pattern, far apart', async () => {
      const filter = "tags.version RLIKE '^v(1|30|60)\\.'"
      const first = await search(filter, { max_results: 2 })
      expect(first.found).toEqual([1, 30])
      expect((await search(filter, { max_results: 2, page_token: first.next })).found).toEqual([60])
    })

    it('refuse what is no pattern, and take no longer for one made to go back', async () => {
      const refused = await search("tags.version RLIKE '('")
      expect(refused).toMatchObject({
        status: 400,
        message: expect.stringMatching(/no regular expression/),
      })
      expect((await search("tags.version RLIKE '(?=a)'")).status).toBe(400)
      expect((await search(`tags.version RLIKE '${'a'.repeat(1001)}'`)).status).toBe(400)
      expect((await search("run_id IN ('a') AND timestamp RLIKE 'a'")).status).toBe(400)
      await server.call('PATCH', `/api/2.0/mlflow/traces/tr-${traceHex(1)}/tags`, {
        key: 'long',
        value: 'a'.repeat(8000),
      })
      const start = performance.now()
      expect((await search("tags.long RLIKE '^(a+)+(a|a)*b$'")).found).toEqual([])
      expect(performance.now() - start).toBeLessThan(5000)
    })

    it('find all traces of a session by what was said of it, in the experiments that are searched', async () => {
      const session = { 'mlflow.trace.session': 'talk' }
      const tell = (n: number) =>
        server.call('POST', v3, {
          trace: {
            trace_info: {
              trace_id: `tr-${traceHex(n)}`,
              trace_location: {
                type: 'MLFLOW_EXPERIMENT',
                mlflow_experiment: {
                  experiment_id: n > 200 ? experiments.there : experiments.here,
                },
              },
              request_time: '2001-09-09T01:46:40Z',
              state: 'OK',
              trace_metadata: session,
            },
          },
        })
      for (const n of [101, 102, 201]) expect((await tell(n)).status).toBe(200)
      await assess(101, { feedback: { value: 'yes' }, metadata: session })
      await assess(3, { feedback: { value: 'no' } })
      expect((await search("feedback.polite = 'yes'")).found.sort()).toEqual([101, 102])
      expect((await search('feedback.polite IS NOT NULL')).found.sort()).toEqual([101, 102, 3])
      expect((await search('feedback.polite IS NULL')).found).toHaveLength(59)
      expect((await search('feedback.polite IS NOT NULL', {}, experiments.there)).found).toEqual([])
      expect((await search("feedback.polite RLIKE 'n.'")).found).toEqual([3])
      expect((await search('feedback.polite ILIKE 1')).message).toMatch(/expected a text in quotes/)
      const text = await search("feedback.polite > 'yes'")
      expect(text).toMatchObject({
        status: 400,
        message: expect.stringMatching(/expected a number/),
      })
    })
  })
})
