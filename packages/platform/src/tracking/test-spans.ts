import { fromJson, toBinary } from '@bufbuild/protobuf'
import { exportRequestSchema } from './otlp-schema.ts'

/** A span of a test; times in milliseconds after `begin`. */
export interface TestSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentId?: string
  readonly name?: string
  readonly start?: number
  readonly end?: number
  readonly status?: 'STATUS_CODE_UNSET' | 'STATUS_CODE_OK' | 'STATUS_CODE_ERROR'
  readonly attributes?: Readonly<Record<string, unknown>>
}

export const begin = Date.UTC(2026, 0, 1)

/** 32 hexadecimal digits from a number. */
export const traceHex = (number: number): string => number.toString(16).padStart(32, '0')
export const spanHex = (number: number): string => number.toString(16).padStart(16, '0')

const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64')
const nanos = (ms: number): string => `${begin + ms}000000`

/** A plain value as OTLP's JSON has it. */
export function anyValue(value: unknown): object {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number')
    return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } }
  return { kvlistValue: { values: keyValues(value as object) } }
}

const keyValues = (map: object): readonly object[] =>
  Object.entries(map).map(([key, value]) => ({ key, value: anyValue(value) }))

/** An export request as JSON, its ids in hexadecimal as OTLP wants them, or in base64 as protocol buffers do. */
export function exportJson(
  spans: readonly TestSpan[],
  id: (hex: string) => string = (hex) => hex,
): object {
  return {
    resourceSpans: [
      {
        resource: { attributes: keyValues({ 'service.name': 'shop', 'telemetry.sdk.name': 'x' }) },
        scopeSpans: [
          {
            spans: spans.map((span) => ({
              traceId: id(span.traceId),
              spanId: id(span.spanId),
              ...(span.parentId ? { parentSpanId: id(span.parentId) } : {}),
              name: span.name ?? 'step',
              kind: 'SPAN_KIND_INTERNAL',
              startTimeUnixNano: nanos(span.start ?? 0),
              endTimeUnixNano: nanos(span.end ?? 100),
              status: { code: span.status ?? 'STATUS_CODE_OK' },
              attributes: keyValues(span.attributes ?? {}),
            })),
          },
        ],
      },
    ],
  }
}

/** The same as protocol buffers. */
export const exportBytes = (spans: readonly TestSpan[]): Uint8Array =>
  toBinary(exportRequestSchema, fromJson(exportRequestSchema, exportJson(spans, base64) as never))
