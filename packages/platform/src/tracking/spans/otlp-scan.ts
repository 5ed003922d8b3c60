import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { KaizenError } from '@kaizen/contracts'
import { lengthEnd, type OtlpValue, readKeyValue } from './otlp-values.ts'
import { wireBroken } from './otlp-wire.ts'

/** What a span says of itself, with where its message lies in the bytes it was read from. */
export interface ScannedSpan {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** 16 hexadecimal digits. */
  readonly spanId: string
  /** The same of the parent; empty for a root. */
  readonly parentId: string
  readonly name: string
  /** Milliseconds since 1970, with fractions. */
  readonly startMs: number
  /** 0 while the span is open. */
  readonly endMs: number
  readonly status: 'UNSET' | 'OK' | 'ERROR'
  readonly attributes: ReadonlyMap<string, OtlpValue>
  /** What happened within it; none where they were not asked for. */
  readonly events: readonly ScannedEvent[]
  /** The bytes of the Span message: [from, to). */
  readonly from: number
  readonly to: number
}

export interface ScannedEvent {
  readonly name: string
  readonly attributes: ReadonlyMap<string, OtlpValue>
}

/** Spans of one ResourceSpans, and the attributes of what produced them. */
export interface ScannedResource {
  readonly attributes: ReadonlyMap<string, OtlpValue>
  readonly spans: readonly ScannedSpan[]
}

/** Which attributes of spans to read; the others are only checked to be whole. */
export type Wanted = (key: string) => boolean

const everything: Wanted = () => true

/**
 * Reads an ExportTraceServiceRequest in one pass, without building its objects: field numbers are those of the schema
 * in `otlp-schema.ts`, which a test holds this against.
 * @throws INVALID_DATA
 */
export function scanExportRequest(bytes: Uint8Array, wanted: Wanted): readonly ScannedResource[] {
  return guarded(() => {
    const reader = new BinaryReader(bytes)
    const resources: ScannedResource[] = []
    each(reader, reader.len, (field) => {
      if (field !== 1) return false
      resources.push(scanResourceSpans(reader, lengthEnd(reader), wanted))
      return true
    })
    return resources
  })
}

/** Reads a ScopeSpans message; without `wanted` all there is in it, events too. @throws INVALID_DATA */
export function scanScopeSpans(bytes: Uint8Array, wanted = everything): readonly ScannedSpan[] {
  return guarded(() => {
    const spans: ScannedSpan[] = []
    const reader = new BinaryReader(bytes)
    scanSpansOf(reader, reader.len, wanted, spans)
    return spans
  })
}

/** The library tells broken bytes by errors of its own. */
function guarded<T>(scan: () => T): T {
  try {
    return scan()
  } catch (failure) {
    if (failure instanceof KaizenError) throw failure
    throw wireBroken(failure instanceof Error ? failure.message : String(failure))
  }
}

/** Visits the fields up to `end`; `visit` answers whether it read the field, which is of the length-delimited kind. */
function each(
  reader: BinaryReader,
  end: number,
  visit: (field: number, wireType: WireType) => boolean,
): void {
  while (reader.pos < end) {
    const [field, wireType] = reader.tag()
    if (!visit(field, wireType)) reader.skip(wireType, field)
  }
  if (reader.pos !== end) throw wireBroken('a field ends beyond its message')
}

function scanResourceSpans(reader: BinaryReader, end: number, wanted: Wanted): ScannedResource {
  const attributes = new Map<string, OtlpValue>()
  const spans: ScannedSpan[] = []
  each(reader, end, (field, wireType) => {
    if (wireType !== WireType.LengthDelimited) return false
    if (field === 1) scanResource(reader, lengthEnd(reader), attributes)
    else if (field === 2) scanSpansOf(reader, lengthEnd(reader), wanted, spans)
    else return false
    return true
  })
  return { attributes, spans }
}

const scanResource = (
  reader: BinaryReader,
  end: number,
  attributes: Map<string, OtlpValue>,
): void =>
  each(reader, end, (field, wireType) => {
    if (field !== 1 || wireType !== WireType.LengthDelimited) return false
    const [key, value] = readKeyValue(reader, lengthEnd(reader))
    attributes.set(key, value)
    return true
  })

const scanSpansOf = (
  reader: BinaryReader,
  end: number,
  wanted: Wanted,
  spans: ScannedSpan[],
): void =>
  each(reader, end, (field, wireType) => {
    if (field !== 2 || wireType !== WireType.LengthDelimited) return false
    spans.push(scanSpan(reader, lengthEnd(reader), wanted))
    return true
  })

const statuses = ['UNSET', 'OK', 'ERROR'] as const

function scanSpan(reader: BinaryReader, end: number, wanted: Wanted): ScannedSpan {
  const from = reader.pos
  let [traceId, spanId, parentId, name] = ['', '', '', '']
  let [startMs, endMs] = [0, 0]
  let status: ScannedSpan['status'] = 'UNSET'
  const attributes = new Map<string, OtlpValue>()
  const events: ScannedEvent[] = []
  while (reader.pos < end) {
    const [field, wireType] = reader.tag()
    if (wireType === WireType.LengthDelimited) {
      if (field === 9) scanAttribute(reader, lengthEnd(reader), wanted, attributes)
      else if (field === 1) traceId = identifier(reader, 16, 'trace id')
      else if (field === 2) spanId = identifier(reader, 8, 'span id')
      else if (field === 4) parentId = identifier(reader, 8, 'parent span id', true)
      else if (field === 5) name = reader.string()
      else if (field === 15) status = scanStatus(reader, lengthEnd(reader))
      else if (field === 11) {
        const event = scanEvent(reader, lengthEnd(reader), 3)
        if (wanted === everything) events.push(event)
      } else if (field === 13) scanEvent(reader, lengthEnd(reader), 4)
      else reader.skip(wireType, field)
    } else if (wireType === WireType.Bit64 && field === 7) startMs = milliseconds(reader)
    else if (wireType === WireType.Bit64 && field === 8) endMs = milliseconds(reader)
    else reader.skip(wireType, field)
  }
  if (reader.pos !== end) throw wireBroken('a span ends beyond its message')
  if (traceId === '') throw wireBroken('a span has no trace id')
  if (spanId === '') throw wireBroken('a span has no span id')
  const times = { startMs, endMs }
  return { traceId, spanId, parentId, name, ...times, status, attributes, events, from, to: end }
}

/** An id of spans or traces in hexadecimal; all zeros are no id. */
function identifier(reader: BinaryReader, size: number, what: string, optional = false): string {
  const bytes = reader.bytes()
  if (bytes.length === 0 && optional) return ''
  if (bytes.length !== size) throw wireBroken(`a ${what} has ${bytes.length} bytes, not ${size}`)
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
  if (!/[^0]/.test(text)) {
    if (optional) return ''
    throw wireBroken(`a ${what} is all zeros`)
  }
  return text
}

const latest = 8.64e15

/**
 * Nanoseconds as milliseconds; a double keeps the microseconds of our century. The high half counts 4,294.967296 ms, so
 * that whole milliseconds come out whole.
 */
function milliseconds(reader: BinaryReader): number {
  const low = reader.fixed32()
  const high = reader.fixed32()
  return Math.min(latest, high * 4294 + (high * 967_296 + low) / 1e6)
}

/** Reads one attribute where it is wanted. Texts are by far the most frequent and cannot be broken inside. */
function scanAttribute(
  reader: BinaryReader,
  end: number,
  wanted: Wanted,
  attributes: Map<string, OtlpValue>,
): void {
  const start = reader.pos
  const [field, wireType] = reader.tag()
  if (field === 1 && wireType === WireType.LengthDelimited) {
    const key = reader.string()
    if (!wanted(key) && isPlainText(reader, end)) {
      reader.pos = end
      return
    }
  }
  reader.pos = start
  const [key, value] = readKeyValue(reader, end)
  if (wanted(key)) attributes.set(key, value)
}

/** Whether what follows, up to `end`, is a value that is one text. */
function isPlainText(reader: BinaryReader, end: number): boolean {
  if (reader.pos >= end || reader.uint32() !== 0x12) return false
  if (reader.pos >= end || lengthEnd(reader) !== end || reader.pos >= end) return false
  return reader.uint32() === 0x0a && reader.pos < end && lengthEnd(reader) === end
}

function scanStatus(reader: BinaryReader, end: number): ScannedSpan['status'] {
  let code = 0
  each(reader, end, (field, wireType) => {
    if (field !== 3 || wireType !== WireType.Varint) return false
    code = reader.int32()
    return true
  })
  return statuses[code] ?? 'UNSET'
}

/** Checks an event or a link, which has no name, to be whole: it is kept as it came. */
function scanEvent(reader: BinaryReader, end: number, attributesField: number): ScannedEvent {
  const attributes = new Map<string, OtlpValue>()
  let name = ''
  each(reader, end, (field, wireType) => {
    if (wireType !== WireType.LengthDelimited) return false
    if (field === attributesField) attributes.set(...readKeyValue(reader, lengthEnd(reader)))
    else if (field === 2 && attributesField === 3) name = reader.string()
    else return false
    return true
  })
  return { name, attributes }
}
