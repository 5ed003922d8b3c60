import type { Random } from '../random.ts'
import { got, post, type Step, sent, v3 } from '../step.ts'
import { filterOf, type Grammar, ofNumbers, ordersOf, quoted } from './filters.ts'
import { withSpoilt } from './spoil.ts'

const texts = ['=', '!=', 'LIKE', 'ILIKE', 'RLIKE', 'IN', 'NOT IN', 'IS NULL', 'IS NOT NULL']
const second = 1000

const grammar: Grammar = {
  keys: [
    { name: 'attributes.status', operators: ['=', '!='], values: quoted(['OK', 'ERROR']) },
    { name: 'status', operators: ['=', '!=', 'IN'], values: quoted(['OK', 'IN_PROGRESS']) },
    { name: 'timestamp_ms', operators: ofNumbers, values: ['1000000001000', '1000000003000'] },
    { name: 'attributes.timestamp', operators: ofNumbers, values: ['1000000002000'] },
    { name: 'execution_time_ms', operators: ofNumbers, values: ['1000', '2000', '0'] },
    { name: 'end_time', operators: ofNumbers, values: ['1000000003000'] },
    { name: 'trace.name', operators: ['=', '!=', 'LIKE', 'ILIKE'], values: quoted(['t1', 'T%']) },
    { name: 'tags.team', operators: texts, values: quoted(['red', 'RED', 'b%', '^r']) },
    { name: 'metadata.session', operators: texts, values: quoted(['s1', 's%']) },
    { name: 'request_metadata.session', operators: ['='], values: quoted(['s2']) },
    { name: 'request_id', operators: ['=', '!=', 'IN'], values: ["'<trace1>'", "'<trace2>'"] },
    { name: 'client_request_id', operators: ['=', 'LIKE'], values: quoted(['c1', 'c%']) },
    { name: 'run_id', operators: ['='], values: ["'<traceRun>'"] },
    {
      name: 'feedback.good',
      operators: ['=', '!=', 'IS NULL', 'IS NOT NULL'],
      values: quoted(['true', 'yes']),
    },
    { name: 'feedback.score', operators: ofNumbers, values: ['0.5', '1'] },
    { name: 'expectation.want', operators: ['=', 'IS NOT NULL'], values: quoted(['a']) },
    { name: 'span.name', operators: ['=', '!=', 'LIKE'], values: quoted(['root', 'R%', 'child']) },
    { name: 'span.type', operators: ['=', 'IN'], values: quoted(['LLM', 'CHAIN']) },
    { name: 'span.status', operators: ['='], values: quoted(['OK', 'ERROR']) },
    { name: 'span.attributes.index', operators: ['=', 'LIKE'], values: quoted(['wiki', 'w%']) },
    { name: 'trace.text', operators: ['LIKE', 'ILIKE'], values: quoted(['%what%', '%none%']) },
  ],
  orders: ['timestamp_ms', 'timestamp', 'execution_time', 'status', 'name', 'end_time'],
  unknown: ['nothing', 'span.nothing', 'tags', 'feedback', 'metrics.a'],
}

const location = { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: '<traced>' } }

/** Traces by both versions of the interface, their spans, assessments and figures. */
export function traceSteps(random: Random, count: number): readonly Step[] {
  return [
    ...withSpoilt(random, 0.3, [
      post('experiments/create', { name: 'with traces' }, { bind: { traced: 'experiment_id' } }),
      post(
        'runs/create',
        { experiment_id: '<traced>', start_time: 1 },
        { bind: { traceRun: 'run.info.run_id' } },
      ),
      ...[1, 2, 3, 4].flatMap((n) => traceOf(random, n)),
      ...readSteps(random),
      ...assessmentSteps(random),
      ...olderSteps(random),
    ]),
    ...Array.from({ length: count }, () => search(random)),
    ...figureSteps(random),
    ...withSpoilt(random, 0.3, endSteps()),
  ]
}

/** One that the corpus made up: the same on both servers. */
const idOf = (n: number): string => `tr-${String(n).padStart(32, '0')}`

function traceOf(random: Random, n: number): readonly Step[] {
  const info = {
    trace_id: idOf(n),
    client_request_id: `c${n}`,
    trace_location: location,
    request_preview: 'what?',
    response_preview: 'that',
    request_time: `2001-09-09T01:46:4${n}Z`,
    execution_duration: random.of(['1s', '1.5s', '2.25s', '0s']),
    state: n < 4 ? random.of(['OK', 'ERROR']) : 'IN_PROGRESS',
    trace_metadata: { session: `s${1 + (n % 2)}`, 'mlflow.trace_schema.version': '3' },
    tags: { team: random.of(['red', 'blue']), 'mlflow.traceName': `t${n}` },
  }
  const start = BigInt(1_000_000_000_000 + n * second) * 1_000_000n
  const attribute = (key: string, value: unknown) => ({ key, value: anyValue(value) })
  const span = (
    name: string,
    spanId: string,
    parent: string | undefined,
    more: readonly object[],
  ) => ({
    traceId: idOf(n).slice(3),
    spanId,
    ...(parent ? { parentSpanId: parent } : {}),
    name,
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + 1_500_000_000n),
    status: { code: random.of([0, 1, 2]) },
    attributes: [attribute('mlflow.traceRequestId', idOf(n)), ...more],
  })
  const spans = [
    span('root', 'b7ad6b7169203331', undefined, [
      attribute('mlflow.spanType', 'CHAIN'),
      attribute('mlflow.spanInputs', { question: 'what?' }),
    ]),
    span('child', 'b7ad6b7169203332', 'b7ad6b7169203331', [
      attribute('mlflow.spanType', 'LLM'),
      attribute('index', 'wiki'),
      attribute('mlflow.chat.tokenUsage', { input_tokens: 3, output_tokens: 2, total_tokens: 5 }),
    ]),
  ]
  const logged: Step = {
    method: 'POST',
    path: '/v1/traces',
    headers: { 'x-mlflow-experiment-id': '<traced>' },
    body: { resourceSpans: [{ scopeSpans: [{ spans }] }] },
  }
  return [post(`${v3}/traces`, { trace: { trace_info: info } }), ...(n < 4 ? [logged] : [])]
}

/** A value as exporters of OpenTelemetry write it. */
function anyValue(value: unknown): unknown {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'number') return { intValue: value }
  const values = Object.entries(value as object).map(([key, item]) => ({
    key,
    value: anyValue(item),
  }))
  return { kvlistValue: { values } }
}

function readSteps(random: Random): readonly Step[] {
  const [first, second] = [idOf(1), idOf(2)]
  return [
    got(`${v3}/traces/${first}`),
    got(`${v3}/traces/${idOf(99)}`),
    got(`${v3}/traces/get`, { trace_id: first }),
    got(`${v3}/traces/get`, { trace_id: idOf(99) }),
    got(`${v3}/traces/batchGet`, { trace_ids: [first, second, idOf(99)] }),
    post(`${v3}/traces/batchGetInfos`, { trace_ids: [first, second] }),
    post(`${v3}/traces/batchGetInfos`, {}),
    sent('PATCH', `traces/${first}/tags`, {
      key: 'more',
      value: random.of(['v', '', 'x'.repeat(9000)]),
    }),
    sent('PATCH', `${v3}/traces/${first}/tags`, { key: 'gone', value: 'v' }),
    sent('DELETE', `traces/${first}/tags`, { key: 'gone' }),
    sent('DELETE', `traces/${first}/tags`, { key: 'gone' }),
    sent('PATCH', `traces/${idOf(99)}/tags`, { key: 'a', value: 'b' }),
    post('traces/link-to-run', { trace_ids: [first, second], run_id: '<traceRun>' }),
    post('traces/link-to-run', {
      trace_ids: Array.from({ length: 101 }, () => first),
      run_id: '<traceRun>',
    }),
    post('traces/link-to-run', { trace_ids: [first], run_id: 'f'.repeat(32) }),
    got(`traces/${first}/info`),
    got(`${v3}/traces/${first}`),
  ]
}

function assessmentSteps(random: Random): readonly Step[] {
  const at = `${v3}/traces/${idOf(1)}/assessments`
  const source = { source_type: random.of(['HUMAN', 'CODE', 'LLM_JUDGE']), source_id: 'ann' }
  const time = '2001-09-09T01:46:40Z'
  const assessment = (fields: object) => ({
    assessment: { source, create_time: time, last_update_time: time, trace_id: idOf(1), ...fields },
  })
  return [
    post(
      at,
      assessment({
        assessment_name: 'good',
        feedback: { value: random.of([true, 'yes', 1, 0.5, ['a'], { a: 1 }, null]) },
        rationale: 'because',
        metadata: { a: 'b' },
      }),
      { bind: { good: 'assessment.assessment_id' } },
    ),
    post(at, assessment({ assessment_name: 'score', feedback: { value: 0.75 } })),
    post(at, assessment({ assessment_name: 'want', expectation: { value: 'a' } }), {
      bind: { want: 'assessment.assessment_id' },
    }),
    post(at, assessment({ assessment_name: 'neither' })),
    post(
      at,
      assessment({ assessment_name: 'over', feedback: { value: false }, overrides: '<good>' }),
      { bind: { over: 'assessment.assessment_id' } },
    ),
    got(`${at}/<good>`),
    got(`${at}/a-none`),
    sent('PATCH', `${at}/<want>`, {
      assessment: { assessment_name: 'wanted', expectation: { value: 'b' } },
      update_mask: 'assessmentName,expectation',
    }),
    sent('PATCH', `${at}/<good>`, { assessment: { rationale: 'new' }, update_mask: 'rationale' }),
    sent('DELETE', `${at}/<over>`, {}),
    sent('DELETE', `${at}/<over>`, {}),
    got(`${at}/<good>`),
    got(`${v3}/traces/${idOf(1)}`, {}, { unordered: ['assessments'] }),
  ]
}

/** Version 2 of the interface. */
const olderSteps = (random: Random): readonly Step[] => [
  post(
    'traces',
    {
      experiment_id: '<traced>',
      timestamp_ms: 1_000_000_009_000,
      request_metadata: [{ key: 'session', value: 's3' }],
      tags: [{ key: 'mlflow.traceName', value: 'older' }],
    },
    { bind: { older: 'trace_info.request_id' } },
  ),
  sent('PATCH', 'traces/<older>', {
    timestamp_ms: 1_000_000_009_500,
    status: random.of(['OK', 'ERROR']),
    request_metadata: [{ key: 'x', value: 'y' }],
    tags: [{ key: 'team', value: 'red' }],
  }),
  got('traces/<older>/info'),
  got('traces', { experiment_ids: ['<traced>'], max_results: 3 }),
]

const search = (random: Random): Step =>
  post(
    `${v3}/traces/search`,
    {
      locations: [location],
      ...(random.chance(0.85) ? { filter: filterOf(random, grammar) } : {}),
      order_by: ordersOf(random, grammar),
      ...(random.chance(0.2) ? { max_results: random.of([1, 2, 500, 501, 0, -1]) } : {}),
    },
    { unordered: ['assessments'] },
  )

function figureSteps(random: Random): readonly Step[] {
  const figure = (view_type: string, metric_name: string, more: object = {}) =>
    post(
      `${v3}/traces/metrics`,
      {
        experiment_ids: ['<traced>'],
        view_type,
        metric_name,
        aggregations: random.of([
          [{ aggregation_type: 'COUNT' }],
          [{ aggregation_type: 'SUM' }, { aggregation_type: 'AVG' }],
          [{ aggregation_type: 'PERCENTILE', percentile_value: 50 }],
        ]),
        ...more,
      },
      { unordered: ['data_points'] },
    )
  return [
    figure('TRACES', 'trace_count'),
    figure('TRACES', 'latency', { dimensions: random.some(['trace_status', 'trace_name'], 1) }),
    figure('TRACES', 'total_tokens'),
    figure('SPANS', 'span_count', { dimensions: ['span_type'] }),
    figure('SPANS', 'latency', { dimensions: ['span_name'] }),
    figure('ASSESSMENTS', 'assessment_count', { dimensions: ['assessment_name'] }),
    figure('ASSESSMENTS', 'assessment_value', { dimensions: ['assessment_name'] }),
    figure('TRACES', 'nothing'),
    figure('TRACES', 'trace_count', {
      time_interval_seconds: 1,
      start_time_ms: 1_000_000_000_000,
      end_time_ms: 1_000_000_010_000,
    }),
    figure('TRACES', 'trace_count', {
      filters: [random.of(["trace.status = 'OK'", 'nonsense', "trace.tag.team = 'red'"])],
    }),
    post(`${v3}/traces/calculate-filter-correlation`, {
      experiment_ids: ['<traced>'],
      filter_string1: random.of(["tags.team = 'red'", "status = 'OK'"]),
      filter_string2: "metadata.session = 's1'",
    }),
    post(
      `${v3}/traces/search`,
      { locations: [location], max_results: 2 },
      { bind: { tracePage: 'next_page_token' }, unordered: ['assessments'] },
    ),
    post(
      `${v3}/traces/search`,
      { locations: [location], max_results: 2, page_token: '<tracePage>' },
      { unordered: ['assessments'] },
    ),
    post(`${v3}/traces/search`, { locations: [location], page_token: 'none' }),
    post(`${v3}/traces/search`, {}),
  ]
}

const endSteps = (): readonly Step[] => [
  post('traces/delete-traces', { experiment_id: '<traced>', request_ids: [idOf(1), idOf(99)] }),
  post('traces/delete-traces', { experiment_id: '<traced>' }),
  post(`${v3}/traces/delete-traces`, {
    experiment_id: '<traced>',
    max_timestamp_millis: 1_000_000_002_500,
    max_traces: 5,
  }),
  got(`${v3}/traces/${idOf(1)}`),
  { method: 'POST', path: '/v1/traces', body: { resourceSpans: [] } },
  {
    method: 'POST',
    path: '/v1/traces',
    headers: { 'x-mlflow-experiment-id': '<traced>' },
    body: { resourceSpans: [] },
  },
  {
    method: 'POST',
    path: '/v1/traces',
    headers: { 'x-mlflow-experiment-id': '<traced>' },
    body: 7,
  },
]
