import { fromBinary, fromJson, toBinary, toJson } from '@bufbuild/protobuf'
import { exportRequestSchema, scopeSpansSchema } from './otlp-schema.ts'
import { wireBroken } from './otlp-wire.ts'

/*
 * The JSON form of OTLP, by the library for protocol buffers. Loaded by the first request for it: spans come in binary
 * and are stored so, and the library with its descriptors is as large as all of the rest of this stage.
 */

type Json = Record<string, unknown>

/** An export request in binary. OTLP's JSON is that of protocol buffers, but for ids, which are hexadecimal. @throws INVALID_JSON, INVALID_DATA */
export function fromOtlpJson(body: Uint8Array): Uint8Array {
  const parsed = parse(body)
  for (const resource of listOf(parsed, 'resourceSpans', 'resource_spans'))
    for (const scope of listOf(resource, 'scopeSpans', 'scope_spans'))
      for (const span of listOf(scope, 'spans')) toBase64Ids(span)
  try {
    const message = fromJson(exportRequestSchema, parsed as never, { ignoreUnknownFields: true })
    return toBinary(exportRequestSchema, message)
  } catch (failure) {
    throw wireBroken(failure instanceof Error ? failure.message.slice(0, 300) : 'it is no OTLP')
  }
}

function parse(body: Uint8Array): Json {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.length).toString('utf8'))
  } catch {
    throw wireBroken('it is not well-formed JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wireBroken('it is no JSON object')
  return value as Json
}

const listOf = (owner: Json, ...names: readonly string[]): readonly Json[] =>
  names.flatMap((name) => {
    const list = owner[name]
    return Array.isArray(list)
      ? list.filter((item) => typeof item === 'object' && item !== null)
      : []
  })

const idFields = ['traceId', 'spanId', 'parentSpanId', 'trace_id', 'span_id', 'parent_span_id']

function toBase64Ids(span: Json): void {
  for (const owner of [span, ...listOf(span, 'links')])
    for (const field of idFields) {
      const id = owner[field]
      if (id === undefined || id === null || id === '') delete owner[field]
      else if (typeof id === 'string' && /^[0-9a-fA-F]+$/.test(id) && id.length % 2 === 0)
        owner[field] = Buffer.from(id, 'hex').toString('base64')
      else throw wireBroken(`${field} is not hexadecimal`)
    }
}

/** Packed spans in the JSON form of protocol buffers, fields as they are defined, the first to begin first. */
export function toWireSpans(contents: readonly Uint8Array[]): readonly Readonly<Json>[] {
  const spans = contents.flatMap((content) => {
    const message = toJson(scopeSpansSchema, fromBinary(scopeSpansSchema, content), {
      useProtoFieldName: true,
    }) as { readonly spans?: readonly Readonly<Json>[] }
    return message.spans ?? []
  })
  return spans.toSorted(byStart)
}

const byStart = (a: Readonly<Json>, b: Readonly<Json>): number => {
  const [first, second] = [startOf(a), startOf(b)]
  return first < second ? -1 : first > second ? 1 : 0
}
const startOf = (span: Readonly<Json>): bigint =>
  BigInt(String(span['start_time_unix_nano'] ?? '0'))
