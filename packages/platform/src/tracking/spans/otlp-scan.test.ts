import { fromBinary, toJson } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exportBytes, type TestSpan } from '../test-spans.ts'
import { scanExportRequest } from './otlp-scan.ts'
import { exportRequestSchema } from './otlp-schema.ts'
import { plainValue } from './span-wire.ts'

const hex = (digits: number) =>
  fc
    .array(fc.constantFrom(...'0123456789abcdef'), { minLength: digits, maxLength: digits })
    .map((list) => list.join(''))
    .filter((text) => /[^0]/.test(text))
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    fc.string({ unit: 'grapheme' }),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .filter((number) => !Number.isInteger(number)),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(fc.string({ minLength: 1, maxLength: 5 }), tie('any'), { maxKeys: 3 }),
  ),
})).any
const span: fc.Arbitrary<TestSpan> = fc.record({
  traceId: hex(32),
  spanId: hex(16),
  parentId: hex(16),
  name: fc.string({ unit: 'grapheme', maxLength: 300 }),
  start: fc.nat(100_000),
  end: fc.nat(200_000),
  status: fc.constantFrom('STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR'),
  attributes: fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), value, { maxKeys: 5 }),
})

interface WireSpan {
  readonly trace_id: string
  readonly span_id: string
  readonly name?: string
  readonly attributes?: readonly { readonly key: string; readonly value: never }[]
}

describe('reading OTLP in one pass', () => {
  it('finds what the schema says there is', () => {
    fc.assert(
      fc.property(fc.array(span, { minLength: 1, maxLength: 4 }), (spans) => {
        const bytes = exportBytes(spans)
        const scanned = scanExportRequest(bytes, () => true).flatMap((resource) => resource.spans)
        const message = toJson(exportRequestSchema, fromBinary(exportRequestSchema, bytes), {
          useProtoFieldName: true,
        }) as unknown as { resource_spans: { scope_spans: { spans: WireSpan[] }[] }[] }
        const read = message.resource_spans.flatMap((resource) =>
          resource.scope_spans.flatMap((scope) => scope.spans),
        )
        expect(scanned.map(({ name }) => name)).toEqual(read.map(({ name = '' }) => name))
        expect(scanned.map(({ traceId }) => traceId)).toEqual(
          read.map((one) => Buffer.from(one.trace_id, 'base64').toString('hex')),
        )
        expect(scanned.map(({ attributes }) => Object.fromEntries(attributes))).toEqual(
          read.map(({ attributes = [] }) =>
            Object.fromEntries(attributes.map((one) => [one.key, plainValue(one.value)])),
          ),
        )
      }),
      { numRuns: 100 },
    )
  })

  it('refuses bytes that end early, and never reads past them', () => {
    const whole = exportBytes([
      {
        traceId: 'a'.repeat(32),
        spanId: 'b'.repeat(16),
        attributes: { text: 'x', list: [1, 'y', { z: true }] },
      },
    ])
    for (let end = 1; end < whole.length; end++) {
      expect(() => scanExportRequest(whole.subarray(0, end), () => false)).toThrow(
        'Invalid OpenTelemetry format',
      )
    }
  })

  it('takes or refuses any bytes with an error of its own', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          scanExportRequest(bytes, () => true)
        } catch (failure) {
          expect(failure).toMatchObject({ code: 'INVALID_DATA' })
        }
      }),
    )
  })

  it('refuses values nested beyond any use, and ids of a wrong size', () => {
    let deep: unknown = 'x'
    for (let level = 0; level < 40; level++) deep = [deep]
    const bytes = exportBytes([
      { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), attributes: { deep } },
    ])
    expect(() => scanExportRequest(bytes, () => false)).toThrow('nested')
    const short = exportBytes([{ traceId: 'aa', spanId: 'b'.repeat(16) }])
    expect(() => scanExportRequest(short, () => false)).toThrow('a trace id has 1 bytes')
    const none = exportBytes([{ traceId: 'a'.repeat(32), spanId: '0'.repeat(16) }])
    expect(() => scanExportRequest(none, () => false)).toThrow('a span id is all zeros')
  })
})
