/** What is read of the answers about traces: MLflow's fields, and spans in OpenTelemetry's JSON. */
export interface Assessment {
  readonly id: string
  readonly name: string
  readonly kind: 'feedback' | 'expectation' | 'issue'
  readonly value: unknown
  readonly error: string
  readonly source: string
  readonly rationale: string
  readonly valid: boolean
}

export interface TraceInfo {
  readonly id: string
  readonly experimentId: string
  readonly name: string
  readonly state: string
  readonly startedAt: number | null
  readonly durationMs: number | null
  readonly request: string
  readonly response: string
  readonly tokens: number | null
  readonly session: string
  readonly tags: ReadonlyMap<string, string>
  readonly metadata: ReadonlyMap<string, string>
  readonly assessments: readonly Assessment[]
}

export interface Span {
  readonly id: string
  readonly parentId: string
  readonly name: string
  readonly type: string
  readonly failed: boolean
  readonly message: string
  /** Milliseconds since 1970, with fractions. */
  readonly startMs: number
  /** `null` while it runs. */
  readonly endMs: number | null
  readonly attributes: ReadonlyMap<string, unknown>
  readonly events: readonly { readonly name: string; readonly atMs: number }[]
}

export interface Trace {
  readonly info: TraceInfo
  readonly spans: readonly Span[]
}

type Fields = Readonly<Record<string, unknown>>
const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {}
const list = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.map(fields) : [])
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const texts = (value: unknown): ReadonlyMap<string, string> =>
  new Map(Object.entries(fields(value)).map(([key, inner]) => [key, text(inner)]))

const durationOf = (value: unknown): number | null => {
  const match = /^(-?[\d.]+)s$/.exec(text(value))
  return match ? Number(match[1]) * 1000 : null
}

function tokensOf(metadata: ReadonlyMap<string, string>): number | null {
  try {
    const usage = JSON.parse(metadata.get('mlflow.trace.tokenUsage') ?? '{}') as Fields
    const total = usage['total_tokens']
    return typeof total === 'number' ? total : null
  } catch {
    return null
  }
}

export function readTraceInfo(value: unknown): TraceInfo {
  const info = fields(value)
  const tags = texts(info['tags'])
  const metadata = texts(info['trace_metadata'])
  const id = text(info['trace_id'])
  const started = Date.parse(text(info['request_time']))
  return {
    id,
    experimentId: text(
      fields(fields(info['trace_location'])['mlflow_experiment'])['experiment_id'],
    ),
    name: tags.get('mlflow.traceName') || id.slice(0, 11),
    state: text(info['state']),
    startedAt: Number.isNaN(started) ? null : started,
    durationMs: durationOf(info['execution_duration']),
    request: text(info['request_preview']),
    response: text(info['response_preview']),
    tokens: tokensOf(metadata),
    session: metadata.get('mlflow.trace.session') ?? '',
    tags,
    metadata,
    assessments: list(info['assessments']).map(readAssessment),
  }
}

function readAssessment(value: Fields): Assessment {
  const feedback = fields(value['feedback'])
  const expectation = fields(value['expectation'])
  const source = fields(value['source'])
  const kind = value['issue'] ? 'issue' : value['expectation'] ? 'expectation' : 'feedback'
  const serialized = fields(expectation['serialized_value'])['value']
  const expected = serialized ?? expectation['value']
  return {
    id: text(value['assessment_id']),
    name: text(value['assessment_name']),
    kind,
    value: kind === 'feedback' ? feedback['value'] : kind === 'expectation' ? expected : null,
    error: text(fields(feedback['error'])['error_message']),
    source: [text(source['source_type']).toLowerCase(), text(source['source_id'])].join(' '),
    rationale: text(value['rationale']),
    valid: value['valid'] !== false,
  }
}

/** An id in base64 as hexadecimal digits. */
const hex = (value: unknown): string =>
  [...atob(text(value))].map((char) => char.charCodeAt(0).toString(16).padStart(2, '0')).join('')

/** Nanoseconds in a text as milliseconds; what a number cannot hold is cut before it is read. */
function milliseconds(value: unknown): number {
  const digits = text(value).padStart(7, '0')
  return Number(digits.slice(0, -6)) + Number(digits.slice(-6)) / 1e6
}

function plain(value: unknown): unknown {
  const [kind, inner] = Object.entries(fields(value))[0] ?? []
  if (kind === 'array_value') return list(fields(inner)['values']).map(plain)
  if (kind === 'kvlist_value')
    return Object.fromEntries(
      list(fields(inner)['values']).map((item) => [text(item['key']), plain(item['value'])]),
    )
  if (kind === 'int_value') return Number(inner)
  return inner ?? null
}

function readSpan(span: Fields): Span {
  const attributes = new Map(
    list(span['attributes']).map((item) => [text(item['key']), plain(item['value'])]),
  )
  const status = fields(span['status'])
  const kind = attributes.get('mlflow.spanType') ?? attributes.get('openinference.span.kind')
  return {
    id: hex(span['span_id']),
    parentId: span['parent_span_id'] ? hex(span['parent_span_id']) : '',
    name: text(span['name']),
    type: text(kind),
    failed: status['code'] === 'STATUS_CODE_ERROR',
    message: text(status['message']),
    startMs: milliseconds(span['start_time_unix_nano']),
    endMs: span['end_time_unix_nano'] ? milliseconds(span['end_time_unix_nano']) : null,
    attributes,
    events: list(span['events']).map((event) => ({
      name: text(event['name']),
      atMs: milliseconds(event['time_unix_nano']),
    })),
  }
}

export const readTrace = (answer: unknown): Trace => {
  const trace = fields(fields(answer)['trace'])
  return { info: readTraceInfo(trace['trace_info']), spans: list(trace['spans']).map(readSpan) }
}

export interface TracePage {
  readonly items: readonly TraceInfo[]
  readonly nextPageToken: string | null
}
export const readTracePage = (answer: unknown): TracePage => ({
  items: list(fields(answer)['traces']).map(readTraceInfo),
  nextPageToken: text(fields(answer)['next_page_token']) || null,
})
