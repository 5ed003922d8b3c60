import { createHash } from 'node:crypto'
import {
  type HttpMethod,
  mlflowAssessmentsApi,
  mlflowEvaluationDatasetsApi,
  mlflowScorersApi,
  mlflowTraceMetricsApi,
  mlflowTracesApi,
} from '@kaizen/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { testDialects } from '../../storage/test-databases.ts'
import { type TestHttp, testHttp } from '../test-http.ts'
import { exportBytes, shop, traceHex } from '../test-spans.ts'

interface Operation {
  readonly method: HttpMethod
  readonly path: string
  readonly params?: z.ZodType | undefined
  readonly query?: z.ZodType | undefined
  readonly body?: z.ZodType | undefined
}

const operations: readonly Operation[] = [
  mlflowTracesApi,
  mlflowAssessmentsApi,
  mlflowTraceMetricsApi,
  mlflowEvaluationDatasetsApi,
  mlflowScorersApi,
].flatMap((api): readonly Operation[] => Object.values(api))

let deep: unknown = 'x'
for (let level = 0; level < 60; level++) deep = level % 2 ? [deep] : { a: deep }

const incompressible = createHash('shake256', { outputLength: 10_000 }).update('x').digest('hex')
const said = {
  assessment_name: 'n',
  source: { source_type: 'CODE', source_id: 'x' },
  feedback: { value: 1 },
}

const hostile: readonly unknown[] = [
  null,
  '',
  'x'.repeat(200_000),
  // Not to be compressed: what is indexed must have a bound.
  incompressible,
  [incompressible],
  [{ name: incompressible, version: incompressible }],
  { ...said, assessment_id: incompressible, assessment_name: incompressible },
  "' OR 1=1 --",
  '../../../etc/passwd',
  '%2e%2e%2f',
  '\u202e\uFFFF😀',
  -1,
  1e308,
  2 ** 53 + 2,
  'NaN',
  true,
  [],
  [[]],
  {},
  deep,
  { $where: 1, constructor: { prototype: {} } },
  ['a', 3, null],
  '{"a":',
  '[{"inputs":{"a":1}}]',
  "name = 'a' AND span.attributes.`x` LIKE '%_%'",
  'eyJvZmZzZXQiOiA1fQ==',
  '2026-13-45T99:99:99Z',
]

/** What makes a call reach its handler, field by field. */
const sound: Readonly<Record<string, unknown>> = {
  trace_id: `tr-${traceHex(1)}`,
  request_id: `tr-${traceHex(1)}`,
  trace_ids: [`tr-${traceHex(1)}`],
  experiment_id: '0',
  experiment_ids: ['0'],
  assessment_id: 'a-1',
  dataset_id: 'd-1',
  name: 'n',
  key: 'k',
  value: 'v',
  tags: '{}',
  records: '[]',
  timestamp_ms: 1,
  max_timestamp_millis: 0,
  run_id: 'r',
  serialized_scorer: '{}',
  metric_name: 'trace_count',
  view_type: 'TRACES',
  aggregations: [{ aggregation_type: 'COUNT' }],
  filter_string1: "name = 'a'",
  filter_string2: "name = 'b'",
  locations: [{ mlflow_experiment: { experiment_id: '0' } }],
  assessment: said,
  trace: {
    trace_info: {
      trace_id: 'tr-2',
      trace_location: { mlflow_experiment: { experiment_id: '0' } },
      assessments: [{ ...said, assessment_id: incompressible }],
    },
  },
  update_mask: 'rationale',
}

const fieldsOf = (schema: z.ZodType | undefined): readonly string[] =>
  schema instanceof z.ZodObject ? Object.keys(schema.shape) : []

function callsOf(operation: Operation): readonly (readonly [string, unknown])[] {
  const { params, query, body } = operation
  const all = [...fieldsOf(params), ...fieldsOf(query), ...fieldsOf(body)]
  return all.flatMap((field) =>
    hostile.map((value) => {
      const of = (name: string): unknown => (name === field ? value : sound[name])
      const path = operation.path.replace(/:(\w+)/g, (_, name: string) =>
        encodeURIComponent(String(of(name) ?? '').slice(0, 900) || ' '),
      )
      const asked = fieldsOf(query)
        .filter((name) => of(name) !== undefined)
        .map((name): [string, string] => [name, String(of(name)).slice(0, 4000)])
      const text = new URLSearchParams(asked).toString()
      const sent = Object.fromEntries(fieldsOf(body).map((name) => [name, of(name)]))
      return [text ? `${path}?${text}` : path, body ? sent : undefined] as const
    }),
  )
}

describe.each(testDialects)('hostile calls about traces on $dialect', (database) => {
  describe.skipIf(!database.available)('with its server', () => {
    let server: TestHttp
    beforeAll(async () => {
      server = await testHttp(database.dialect)
      await server.send('/v1/traces', exportBytes(shop(1)), {
        'content-type': 'application/x-protobuf',
        'x-mlflow-experiment-id': '0',
      })
    })
    afterAll(() => server[Symbol.asyncDispose]())

    it('are answered or refused, never a fault', async () => {
      const faults: string[] = []
      let answered = 0
      for (const operation of operations) {
        const answers = await Promise.all(
          callsOf(operation).map(async ([path, body]) => {
            const { status, body: told } = await server.call(operation.method, path, body)
            if (status === 200) answered++
            return status >= 500
              ? [
                  `${operation.method} ${path.slice(0, 200)} ${status} ${JSON.stringify(told).slice(0, 200)}`,
                ]
              : []
          }),
        )
        faults.push(...answers.flat())
      }
      expect(faults).toEqual([])
      expect(answered).toBeGreaterThan(300)
      expect(server.defects.map(({ cause }) => String(cause))).toEqual([])
    })
  })
})
