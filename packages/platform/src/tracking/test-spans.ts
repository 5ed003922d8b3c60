import { fromJson, toBinary } from '@bufbuild/protobuf'
import { exportRequestSchema } from './spans/otlp-schema.ts'

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

/** A request of a shop: a root, a search, a model's call. */
export const shop = (number: number, more: Partial<TestSpan> = {}): readonly TestSpan[] => [
  {
    traceId: traceHex(number),
    spanId: spanHex(1),
    name: 'answer',
    start: number * 1000,
    end: number * 1000 + 500,
    attributes: {
      'mlflow.spanType': 'CHAIN',
      'mlflow.spanInputs': { messages: [{ role: 'user', content: `question ${number}` }] },
      'mlflow.spanOutputs': 'forty-two',
      'session.id': `s${number % 2}`,
      'mlflow.traceTag.team': number % 2 ? 'blue' : 'red',
    },
    ...more,
  },
  {
    traceId: traceHex(number),
    spanId: spanHex(2),
    parentId: spanHex(1),
    name: 'search',
    start: number * 1000 + 10,
    end: number * 1000 + 60,
    attributes: { 'mlflow.spanType': 'RETRIEVER', index: `i${number}`, k: 3 },
  },
  {
    traceId: traceHex(number),
    spanId: spanHex(3),
    parentId: spanHex(1),
    name: 'complete',
    start: number * 1000 + 70,
    end: number * 1000 + 470,
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'm-large',
      'gen_ai.usage.input_tokens': 100,
      'gen_ai.usage.output_tokens': 20,
    },
  },
]
