import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDialects } from '../../storage/test-databases.ts'
import { type TestHttp, testHttp } from '../test-http.ts'
import { begin, exportBytes, exportJson, shop, type TestSpan, traceHex } from '../test-spans.ts'

const v3 = '/api/3.0/mlflow/traces'
const v2 = '/api/2.0/mlflow/traces'
const protobuf = { 'content-type': 'application/x-protobuf', 'x-mlflow-experiment-id': '0' }
const json = { 'content-type': 'application/json', 'x-mlflow-experiment-id': '0' }

describe.each(testDialects)('traces on $dialect', ({ dialect, available }) => {
  describe.skipIf(!available)('with its server', () => {
    let server: TestHttp
    beforeAll(async () => {
      server = await testHttp(dialect)
    })
    afterAll(async () => {
      await server[Symbol.asyncDispose]()
      expect(server.defects).toEqual([])
    })
    const experiment = async (name: string): Promise<string> =>
      (await server.call('POST', '/api/2.0/mlflow/experiments/create', { name })).body.experiment_id
    const log = async (spans: readonly TestSpan[], to = '0') => {
      const headers = { ...protobuf, 'x-mlflow-experiment-id': to }
      expect((await server.send('/v1/traces', exportBytes(spans), headers)).status).toBe(200)
    }
    const search = async (to: string, filter: string, more: object = {}) => {
      const locations = [{ type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: to } }]
      const answer = await server.call('POST', `${v3}/search`, { locations, filter, ...more })
      expect(answer.status, JSON.stringify(answer.body)).toBe(200)
      return answer.body as { traces?: { trace_id: string }[]; next_page_token?: string }
    }
    const ids = (page: { traces?: { trace_id: string }[] }) =>
      (page.traces ?? []).map(({ trace_id: id }) => Number(`0x${id.slice(3)}`))

    it('reads what spans say of their trace', async () => {
      await log(shop(1))
      const { trace } = (await server.call('GET', `${v3}/get?trace_id=tr-${traceHex(1)}`)).body
      expect(trace.trace_info).toMatchObject({
        trace_id: `tr-${traceHex(1)}`,
        state: 'OK',
        request_time: new Date(begin + 1000).toISOString().replace('.000Z', 'Z'),
        execution_duration: '0.500s',
        request_preview: 'question 1',
        response_preview: 'forty-two',
        tags: {
          team: 'blue',
          'service.name': 'shop',
          'mlflow.traceName': 'answer',
          'mlflow.trace.spansLocation': 'TRACKING_STORE',
        },
      })
      expect(trace.trace_info.tags['telemetry.sdk.name']).toBeUndefined()
      expect(JSON.parse(trace.trace_info.trace_metadata['mlflow.trace.tokenUsage'])).toEqual({
        input_tokens: 100,
        output_tokens: 20,
        total_tokens: 120,
      })
      expect(trace.spans.map(({ name }: { name: string }) => name)).toEqual([
        'answer',
        'search',
        'complete',
      ])
      expect(trace.spans[1].start_time_unix_nano).toBe(`${begin + 1010}000000`)
      expect(trace.spans[1].attributes).toContainEqual({ key: 'k', value: { int_value: '3' } })
    })

    it('takes JSON and compressed bodies for the same', async () => {
      const [one, two, three] = [shop(2), shop(3), shop(4)]
      expect((await server.send('/v1/traces', JSON.stringify(exportJson(one)), json)).body).toEqual(
        {},
      )
      for (const [spans, encoding] of [
        [two, 'gzip'],
        [three, 'GZIP'],
      ] as const) {
        const headers = { ...protobuf, 'content-encoding': encoding }
        const answer = await server.send('/v1/traces', gzipSync(exportBytes(spans)), headers)
        expect(answer.status).toBe(200)
      }
      const found = await server.call(
        'GET',
        `${v3}/batchGet?${[2, 3, 4].map((number) => `trace_ids=tr-${traceHex(number)}`).join('&')}`,
      )
      expect(found.body.traces.map((trace: { spans: unknown[] }) => trace.spans.length)).toEqual([
        3, 3, 3,
      ])
      expect((await server.call('POST', `${v3}/batchGetInfos`, {})).status).toBe(400)
      const none = await server.call('POST', `${v3}/batchGetInfos`, { trace_ids: [] })
      expect(none).toMatchObject({ status: 200, body: {} })
    })

    it('joins spans that arrive one by one, in any order, again and again', async () => {
      const [root, first, second] = shop(5) as [TestSpan, TestSpan, TestSpan]
      await log([second])
      const path = `${v3}/tr-${traceHex(5)}`
      expect((await server.call('GET', path)).body.trace.trace_info.state).toBe('IN_PROGRESS')
      await log([first])
      await log([{ ...root, status: 'STATUS_CODE_ERROR' }])
      await log([{ ...second, name: 'complete again' }, first])
      const { trace } = (await server.call('GET', `${v3}/get?trace_id=tr-${traceHex(5)}`)).body
      expect(trace.spans.map(({ name }: { name: string }) => name)).toEqual([
        'answer',
        'search',
        'complete again',
      ])
      expect(trace.trace_info).toMatchObject({ state: 'ERROR', execution_duration: '0.500s' })
      expect(
        JSON.parse(trace.trace_info.trace_metadata['mlflow.trace.tokenUsage']).total_tokens,
      ).toBe(120)
    })

    it('lets a client tell the whole trace, before its spans or after', async () => {
      const told = (number: number) => ({
        trace: {
          trace_info: {
            trace_id: `tr-${traceHex(number)}`,
            trace_location: {
              type: 'MLFLOW_EXPERIMENT',
              mlflow_experiment: { experiment_id: '0' },
            },
            request_time: '2026-02-01T00:00:00.250Z',
            execution_duration: '1.250s',
            state: 'OK',
            request_preview: 'told',
            trace_metadata: { 'mlflow.trace.tokenUsage': '{"total_tokens": 1}' },
            tags: { 'mlflow.traceName': 'told' },
            assessments: [
              {
                assessment_name: 'good',
                source: { source_type: 'HUMAN', source_id: 'ann' },
                feedback: { value: 4 },
              },
            ],
          },
        },
      })
      await log(shop(6))
      await server.call('POST', v3, told(6))
      await server.call('POST', v3, told(7))
      await log(shop(7))
      for (const number of [6, 7]) {
        const path = `${v3}/get?trace_id=tr-${traceHex(number)}`
        const { trace } = (await server.call('GET', path)).body
        expect(trace.spans).toHaveLength(3)
        expect(trace.trace_info).toMatchObject({
          request_time: '2026-02-01T00:00:00.250Z',
          execution_duration: '1.250s',
          request_preview: 'told',
          trace_metadata: { 'mlflow.trace.tokenUsage': '{"total_tokens": 1}' },
          tags: { 'mlflow.traceName': 'told', 'mlflow.trace.spansLocation': 'TRACKING_STORE' },
          assessments: [{ assessment_name: 'good', feedback: { value: 4 }, valid: true }],
        })
      }
    })

    it('searches by everything that is known', async () => {
      const to = await experiment('searched')
      for (const number of [11, 12, 13, 14]) await log(shop(number), to)
      const assess = (number: number, name: string, value: unknown) =>
        server.call('POST', `${v3}/tr-${traceHex(number)}/assessments`, {
          assessment: {
            assessment_name: name,
            source: { source_type: 'CODE', source_id: 'test' },
            feedback: { value },
          },
        })
      await assess(11, 'score', 3)
      await assess(12, 'score', 5)
      await assess(13, 'said', 'yes')
      const expected: readonly (readonly [string, readonly number[]])[] = [
        ['', [14, 13, 12, 11]],
        ["tags.team = 'blue'", [13, 11]],
        ["tag.team != 'blue'", [14, 12]],
        ['tags.other IS NULL', [14, 13, 12, 11]],
        ["name = 'answer' AND metadata.`mlflow.trace.session` = 's1'", [13, 11]],
        [`timestamp_ms > ${begin + 12_000}`, [14, 13]],
        [`trace.end_time_ms <= ${begin + 12_500}`, [12, 11]],
        ['execution_time = 500', [14, 13, 12, 11]],
        ["status = 'ERROR'", []],
        [`request_id IN ('tr-${traceHex(12)}', 'tr-x')`, [12]],
        ["span.name = 'search' AND span.type = 'RETRIEVER'", [14, 13, 12, 11]],
        ["span.name = 'search' AND span.type = 'CHAIN'", []],
        ["span.type = 'CHAT_MODEL'", [14, 13, 12, 11]],
        ["span.attributes.index = 'i13'", [13]],
        ["span.attributes.`index` LIKE 'i1%' AND span.name = 'search'", [14, 13, 12, 11]],
        ["span.attributes.index = 'i13' AND span.name = 'complete'", []],
        ["trace.text LIKE '%question 12%'", [12]],
        ["span.content ILIKE '%QUESTION 14%'", [14]],
        ['feedback.score > 3', [12]],
        ['feedback.score = 3', [11]],
        ["feedback.said = 'yes'", [13]],
        ['feedback.score IS NULL', [14, 13]],
        ["expectation.score = '3'", []],
      ]
      for (const [filter, numbers] of expected)
        expect([filter, ids(await search(to, filter))]).toEqual([filter, numbers])
      const locations = [{ mlflow_experiment: { experiment_id: to } }]
      for (const wrong of [
        { order_by: ['tags.x'] },
        { filter: 'name = 3' },
        { filter: "span.colour = 'red'" },
        { filter: "name = 'a' OR name = 'b'" },
      ])
        expect((await server.call('POST', `${v3}/search`, { locations, ...wrong })).status).toBe(
          400,
        )
      expect(ids(await search(to, '', { order_by: ['timestamp ASC'] }))).toEqual([11, 12, 13, 14])
      expect(ids(await search(to, '', { order_by: ['name DESC', 'request_id'] }))).toEqual([
        11, 12, 13, 14,
      ])
    })

    it('turns pages without loss, also where spans must be looked into', async () => {
      const to = await experiment('paged')
      for (let from = 0; from < 120; from += 40) {
        const spans = Array.from({ length: 40 }, (_, index) => shop(1000 + from + index)).flat()
        await log(spans, to)
      }
      for (const filter of ['', "span.attributes.k = '3'"]) {
        const seen: number[] = []
        let token: string | undefined
        do {
          const page = await search(to, filter, { max_results: 50, page_token: token })
          seen.push(...ids(page))
          token = page.next_page_token
        } while (token)
        expect(seen).toEqual(Array.from({ length: 120 }, (_, index) => 1119 - index))
      }
      const { next_page_token: token } = await search(to, '', { max_results: 5 })
      const other = await server.call('POST', `${v3}/search`, {
        locations: [{ type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: to } }],
        filter: "name = 'x'",
        page_token: token,
      })
      expect(other).toMatchObject({ status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE' } })
    })

    it('keeps tags and links, and deletes with all that belongs to a trace', async () => {
      const to = await experiment('deleted')
      for (const number of [21, 22, 23]) await log(shop(number), to)
      const one = `${v2}/tr-${traceHex(21)}`
      await server.call('PATCH', `${one}/tags`, { key: 'x', value: 'y' })
      expect(ids(await search(to, "tags.x = 'y'"))).toEqual([21])
      await server.call('DELETE', `${one}/tags`, { key: 'x' })
      expect((await server.call('DELETE', `${one}/tags`, { key: 'x' })).status).toBe(404)
      await server.call('POST', `${v2}/link-to-run`, {
        trace_ids: [`tr-${traceHex(22)}`],
        run_id: 'r1',
      })
      await server.call('POST', `${v2}/link-prompts`, {
        trace_id: `tr-${traceHex(23)}`,
        prompt_versions: [{ name: 'greeting', version: '2' }],
      })
      expect(ids(await search(to, "run_id = 'r1'"))).toEqual([22])
      expect(ids(await search(to, "prompt = 'greeting/2'"))).toEqual([23])
      const remove = (which: object) =>
        server.call('POST', `${v2}/delete-traces`, { experiment_id: to, ...which })
      expect((await remove({ request_ids: [`tr-${traceHex(1)}`] })).body).toEqual({
        traces_deleted: 0,
      })
      const old = { max_timestamp_millis: begin + 21_500, max_traces: 5 }
      expect((await remove(old)).body).toEqual({ traces_deleted: 1 })
      expect((await remove({ request_ids: [`tr-${traceHex(22)}`] })).body.traces_deleted).toBe(1)
      expect(ids(await search(to, ''))).toEqual([23])
      expect((await remove({})).status).toBe(400)
    })

    it('speaks version 2', async () => {
      const started = await server.call('POST', v2, {
        experiment_id: '0',
        timestamp_ms: 1000,
        request_metadata: [{ key: 'a', value: 'b' }],
        tags: [{ key: 'mlflow.traceName', value: 'old' }],
      })
      const { request_id: id } = started.body.trace_info
      expect(started.body.trace_info).toMatchObject({ status: 'IN_PROGRESS', timestamp_ms: 1000 })
      await server.call('PATCH', `${v2}/${id}`, { timestamp_ms: 1750, status: 'OK' })
      const { trace_info: info } = (await server.call('GET', `${v2}/${id}/info`)).body
      expect(info).toMatchObject({ status: 'OK', execution_time_ms: 750, experiment_id: '0' })
      const found = await server.call('GET', `${v2}?experiment_ids=0&filter=name%3D'old'`)
      expect(found.body.traces.map((one: { request_id: string }) => one.request_id)).toEqual([id])
    })

    it('gives the file that older clients read', async () => {
      await log(shop(31))
      const path = `/ajax-api/3.0/mlflow/get-trace-artifact?request_id=tr-${traceHex(31)}`
      const { spans } = (await server.call('GET', path)).body
      expect(spans[1].attributes).toMatchObject({ index: '"i31"', k: '3' })
      expect(spans[0].parent_span_id).toBeNull()
    })

    it('refuses what it cannot keep, and keeps nothing of it', async () => {
      const good = exportBytes(shop(41))
      const send = (body: Uint8Array | string, headers: Record<string, string>) =>
        server.send('/v1/traces', body, headers)
      const refused = async (answer: Promise<{ status: number }>, status: number) =>
        expect((await answer).status).toBe(status)
      await refused(send(good.subarray(0, good.length - 3), protobuf), 400)
      await refused(send('{"resourceSpans": 3}', json), 400)
      await refused(send('[', json), 400)
      await refused(send(new Uint8Array(), protobuf), 400)
      await refused(send(good, { 'content-type': 'application/x-protobuf' }), 400)
      await refused(send(good, { ...protobuf, 'content-type': 'text/plain' }), 400)
      await refused(send(good, { ...protobuf, 'x-mlflow-experiment-id': '999' }), 404)
      await refused(send(good, { ...protobuf, 'x-mlflow-experiment-id': "1' OR 1=1" }), 400)
      await refused(send(good, { ...protobuf, 'content-encoding': 'gzip' }), 400)
      await refused(send(good, { ...protobuf, 'content-encoding': 'rot13' }), 400)
      const bomb = gzipSync(new Uint8Array(80 * 1024 * 1024))
      await refused(send(bomb, { ...protobuf, 'content-encoding': 'gzip' }), 413)
      await refused(server.call('GET', `${v3}/tr-${traceHex(41)}`), 404)
      await refused(server.call('POST', v3, { trace: { trace_info: { trace_id: 'a/../b' } } }), 400)
      await refused(server.call('POST', `${v3}/search`, { locations: [], max_results: -1 }), 400)
    })

    it('leaves a trace in its experiment', async () => {
      const to = await experiment('thief')
      await log(shop(71))
      const body = exportBytes(shop(71, { name: 'stolen' }))
      const headers = { ...protobuf, 'x-mlflow-experiment-id': to }
      expect((await server.send('/v1/traces', body, headers)).status).toBe(400)
      const trace_info = {
        trace_id: `tr-${traceHex(71)}`,
        trace_location: { mlflow_experiment: { experiment_id: to } },
      }
      expect((await server.call('POST', v3, { trace: { trace_info } })).status).toBe(400)
      expect(ids(await search(to, ''))).toEqual([])
    })

    it('records what it was told', async () => {
      const events = await server.stage.audit.list({ limit: 100, type: 'tracking.spans.logged' })
      expect(events.items.length).toBeGreaterThan(5)
      expect(await server.stage.audit.verify()).toMatchObject({ ok: true })
    })
  })
})
