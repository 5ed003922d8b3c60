import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDialects } from '../../storage/test-databases.ts'
import { type TestHttp, testHttp } from '../test-http.ts'
import { begin, exportBytes, shop, type TestSpan, traceHex } from '../test-spans.ts'

const v3 = '/api/3.0/mlflow/traces'

describe.each(testDialects)('assessments and figures on $dialect', ({ dialect, available }) => {
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
      const headers = { 'content-type': 'application/x-protobuf', 'x-mlflow-experiment-id': to }
      expect((await server.send('/v1/traces', exportBytes(spans), headers)).status).toBe(200)
    }

    it('sums what traces, spans and assessments say', async () => {
      const to = await experiment('summed')
      for (const number of [51, 52, 53]) await log(shop(number), to)
      const query = async (body: object) => {
        const answer = await server.call('POST', `${v3}/metrics`, { experiment_ids: [to], ...body })
        expect(answer.status, JSON.stringify(answer.body)).toBe(200)
        return answer.body.data_points
      }
      const of = (...types: readonly string[]) => types.map((type) => ({ aggregation_type: type }))
      expect(
        await query({
          view_type: 'TRACES',
          metric_name: 'total_tokens',
          aggregations: of('SUM', 'AVG'),
          dimensions: ['trace_name'],
        }),
      ).toEqual([
        {
          metric_name: 'total_tokens',
          dimensions: { trace_name: 'answer' },
          values: { SUM: 360, AVG: 120 },
        },
      ])
      expect(
        await query({
          view_type: 'TRACES',
          metric_name: 'session_count',
          aggregations: of('COUNT'),
        }),
      ).toEqual([{ metric_name: 'session_count', values: { COUNT: 2 } }])
      expect(
        await query({
          view_type: 'SPANS',
          metric_name: 'latency',
          aggregations: of('AVG', 'MAX'),
          dimensions: ['span_name'],
          filters: ["span.type IN ('RETRIEVER', 'CHAT_MODEL')", "trace.tag.team = 'blue'"],
        }),
      ).toEqual([
        {
          metric_name: 'latency',
          dimensions: { span_name: 'complete' },
          values: { AVG: 400, MAX: 400 },
        },
        {
          metric_name: 'latency',
          dimensions: { span_name: 'search' },
          values: { AVG: 50, MAX: 50 },
        },
      ])
      const bucketed = await query({
        view_type: 'SPANS',
        metric_name: 'span_count',
        aggregations: of('COUNT'),
        time_interval_seconds: 1,
        start_time_ms: begin + 52_000,
        end_time_ms: begin + 60_000,
      })
      expect(bucketed.map((point: { values: object }) => point.values)).toEqual([
        { COUNT: 3 },
        { COUNT: 3 },
      ])
      const related = await server.call('POST', `${v3}/calculate-filter-correlation`, {
        experiment_ids: [to],
        filter_string1: "tags.team = 'blue'",
        filter_string2: "metadata.`mlflow.trace.session` = 's1'",
      })
      expect(related.body).toMatchObject({ npmi: 1, joint_count: 2, total_count: 3 })
      const wrong = { experiment_ids: [to], view_type: 'TRACES', metric_name: 'latency' }
      expect((await server.call('POST', `${v3}/metrics`, wrong)).status).toBe(400)
    })

    it('changes and takes back assessments', async () => {
      await log(shop(61))
      const base = `${v3}/tr-${traceHex(61)}/assessments`
      const source = { source_type: 'HUMAN', source_id: 'ann' }
      const make = async (fields: object) =>
        server.call('POST', base, { assessment: { assessment_name: 'good', source, ...fields } })
      const { assessment } = (await make({ feedback: { value: true }, metadata: { a: '1' } })).body
      const over = (await make({ feedback: { value: false }, overrides: assessment.assessment_id }))
        .body.assessment
      const one = `${base}/${assessment.assessment_id}`
      expect((await server.call('GET', one)).body.assessment.valid).toBe(false)
      await server.call('DELETE', `${base}/${over.assessment_id}`)
      expect((await server.call('GET', one)).body.assessment.valid).toBe(true)
      const patched = await server.call('PATCH', one, {
        assessment: { feedback: { value: 'fine' }, rationale: 'why', metadata: { b: '2' } },
        update_mask: 'feedback,rationale,metadata',
      })
      expect(patched.body.assessment).toMatchObject({
        feedback: { value: 'fine' },
        rationale: 'why',
        metadata: { a: '1', b: '2' },
      })
      const expected = (
        await make({
          expectation: {
            serialized_value: { serialization_format: 'JSON_FORMAT', value: '{"x": [1]}' },
          },
        })
      ).body
      expect(JSON.parse(expected.assessment.expectation.serialized_value.value)).toEqual({ x: [1] })
      for (const wrong of [
        {},
        { expectation: {} },
        { feedback: { value: 1 }, expectation: { value: 1 } },
        { feedback: { value: 1 }, source: { source_type: 'ALIEN' } },
        { feedback: { value: 1 }, assessment_name: 'n'.repeat(251) },
      ])
        expect((await make(wrong)).status).toBe(400)
      const kind = { assessment: { expectation: { value: 1 } }, update_mask: 'expectation' }
      expect((await server.call('PATCH', one, kind)).status).toBe(400)
      expect((await server.call('GET', `${base}/a-none`)).status).toBe(404)
    })
  })
})
