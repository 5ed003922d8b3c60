import { listOf, type Message, messageOf, textOf } from './endpoint.ts'

/** Spans as MLflow answers them and as its files and databases keep them, brought to OTLP's JSON. */

const hexOf = (base64: unknown): string =>
  Buffer.from(textOf(base64 ?? ''), 'base64').toString('hex')

const statusCodes: Readonly<Record<string, number>> = { STATUS_CODE_OK: 1, STATUS_CODE_ERROR: 2 }

const camel: Readonly<Record<string, string>> = {
  string_value: 'stringValue',
  bool_value: 'boolValue',
  int_value: 'intValue',
  double_value: 'doubleValue',
  bytes_value: 'bytesValue',
}

function otlpValue(value: Message): Message {
  const [kind, inner] = Object.entries(value)[0] ?? []
  if (kind === 'array_value') {
    return { arrayValue: { values: listOf(messageOf(inner)['values']).map(otlpValue) } }
  }
  if (kind === 'kvlist_value') {
    return { kvlistValue: { values: otlpAttributes(messageOf(inner)['values']) } }
  }
  return kind === undefined ? {} : { [camel[kind] ?? kind]: inner }
}

const otlpAttributes = (attributes: unknown): readonly Message[] =>
  listOf(attributes).map(({ key, value }) => ({ key, value: otlpValue(messageOf(value)) }))

/** A span of an answer: names with underscores, ids in base64. */
export function spanOfAnswer(span: Message): Message {
  const status = messageOf(span['status'])
  const parent = hexOf(span['parent_span_id'])
  return {
    traceId: hexOf(span['trace_id']),
    spanId: hexOf(span['span_id']),
    ...(parent ? { parentSpanId: parent } : {}),
    name: span['name'],
    startTimeUnixNano: textOf(span['start_time_unix_nano']),
    endTimeUnixNano: textOf(span['end_time_unix_nano']),
    status: {
      code: statusCodes[textOf(status['code'])] ?? 0,
      ...(status['message'] ? { message: status['message'] } : {}),
    },
    attributes: otlpAttributes(span['attributes']),
    events: listOf(span['events']).map((event) => ({
      name: event['name'],
      timeUnixNano: textOf(event['time_unix_nano']),
      attributes: otlpAttributes(event['attributes']),
    })),
  }
}

function answerValue(value: unknown): Message {
  if (typeof value === 'string') return { string_value: value }
  if (typeof value === 'boolean') return { bool_value: value }
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) ? { int_value: String(value) } : { double_value: value }
  }
  if (Array.isArray(value)) return { array_value: { values: value.map(answerValue) } }
  if (value === null || value === undefined) return {}
  return { kvlist_value: { values: answerAttributes(value, (item) => item) } }
}

const answerAttributes = (
  attributes: unknown,
  read: (value: unknown) => unknown,
): readonly Message[] =>
  Object.entries(messageOf(attributes)).map(([key, value]) => ({
    key,
    value: answerValue(read(value)),
  }))

const json = (value: unknown): unknown => {
  try {
    return JSON.parse(textOf(value))
  } catch {
    return value
  }
}

/** A span as databases keep it, in the form of an answer: its attributes are texts of JSON there. */
export const answerOfKept = (span: Message): Message => ({
  ...span,
  attributes: answerAttributes(span['attributes'], json),
  events: listOf(span['events']).map((event) => ({
    ...event,
    attributes: answerAttributes(event['attributes'], (value) => value),
  })),
})
