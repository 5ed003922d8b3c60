import type { OtlpValue } from './otlp-values.ts'

type Json = Readonly<Record<string, unknown>>

interface WireAttribute {
  readonly key?: string
  readonly value?: Json
}

/** A value of an attribute as plain JSON. */
export function plainValue(value: Json | undefined): OtlpValue {
  if (!value) return null
  if ('string_value' in value) return String(value['string_value'])
  if ('bool_value' in value) return value['bool_value'] === true
  if ('int_value' in value) return plainInteger(String(value['int_value']))
  if ('double_value' in value) return value['double_value'] as number | string
  if ('bytes_value' in value) return String(value['bytes_value'])
  if ('array_value' in value) {
    const { values = [] } = value['array_value'] as { readonly values?: readonly Json[] }
    return values.map(plainValue)
  }
  if ('kvlist_value' in value) {
    const { values = [] } = value['kvlist_value'] as { readonly values?: readonly WireAttribute[] }
    return Object.fromEntries(values.map((item) => [item.key ?? '', plainValue(item.value)]))
  }
  return null
}

const plainInteger = (text: string): number | string =>
  Number.isSafeInteger(Number(text)) ? Number(text) : text

/** A span as clients keep it in the file of a trace: ids in base64, times as numbers, attributes as texts of JSON. */
export function toFileSpan(span: Json): string {
  const attributes = Object.fromEntries(
    ((span['attributes'] ?? []) as readonly WireAttribute[]).map(({ key, value }) => [
      key ?? '',
      JSON.stringify(plainValue(value)),
    ]),
  )
  const status = (span['status'] ?? {}) as Json
  const events = ((span['events'] ?? []) as readonly Json[]).map(fileEvent)
  const fields = [
    `"trace_id":${JSON.stringify(span['trace_id'])}`,
    `"span_id":${JSON.stringify(span['span_id'])}`,
    `"parent_span_id":${JSON.stringify(span['parent_span_id'] || null)}`,
    `"name":${JSON.stringify(span['name'] ?? '')}`,
    // Nanoseconds have more digits than a number of ours.
    `"start_time_unix_nano":${digits(span['start_time_unix_nano'])}`,
    `"end_time_unix_nano":${span['end_time_unix_nano'] ? digits(span['end_time_unix_nano']) : 'null'}`,
    `"events":[${events.join(',')}]`,
    `"status":${JSON.stringify({ code: status['code'] ?? 'STATUS_CODE_UNSET', message: status['message'] ?? '' })}`,
    `"attributes":${JSON.stringify(attributes)}`,
  ]
  return `{${fields.join(',')}}`
}

const digits = (value: unknown): string => BigInt(String(value ?? '0')).toString()

const fileEvent = (event: Json): string => {
  const attributes = Object.fromEntries(
    ((event['attributes'] ?? []) as readonly WireAttribute[]).map(({ key, value }) => [
      key ?? '',
      plainValue(value),
    ]),
  )
  return `{"name":${JSON.stringify(event['name'] ?? '')},"time_unix_nano":${digits(event['time_unix_nano'])},"attributes":${JSON.stringify(attributes)}}`
}
