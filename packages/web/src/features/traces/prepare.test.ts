import { expect, it } from 'vitest'
import { attributesOf, shown, spanRows } from './prepare.ts'
import { readTrace, type Span } from './wire.ts'

const span = (id: string, parentId: string, startMs: number, endMs: number | null): Span => ({
  id,
  parentId,
  name: id,
  type: '',
  failed: false,
  message: '',
  startMs,
  endMs,
  attributes: new Map(),
  events: [],
})
const spans = [
  span('c', 'a', 60, 100),
  span('a', '', 0, 100),
  span('b', 'a', 10, 50),
  span('d', 'b', 20, null),
  span('lost', 'nobody', 30, 40),
]

it('puts each span below its parent, in the order in which they began', () => {
  const rows = spanRows(spans, new Set())
  expect(rows.map(({ span: { id }, depth }) => [id, depth])).toEqual([
    ['a', 0],
    ['b', 1],
    ['d', 2],
    ['c', 1],
    ['lost', 0],
  ])
  expect(rows[3]).toMatchObject({ offset: 0.6, share: 0.4, durationMs: 40 })
  expect(rows[2]).toMatchObject({ durationMs: null, share: 0.8 })
})

it('leaves out what is below a folded span', () => {
  const rows = spanRows(spans, new Set(['b']))
  expect(rows.map(({ span: { id } }) => id)).toEqual(['a', 'b', 'c', 'lost'])
  expect(rows[1]?.below).toBe(1)
})

it('shows spans that claim to be above each other', () => {
  const ring = [span('x', 'y', 0, 1), span('y', 'x', 0, 1)]
  expect(spanRows(ring, new Set()).map(({ span: { id } }) => id)).toEqual(['x', 'y'])
})

it('lays out JSON and leaves other texts as they are', () => {
  expect(shown('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}')
  expect(shown('[not JSON')).toBe('[not JSON')
  expect(shown({ a: 1 })).toBe('{\n  "a": 1\n}')
})

it('reads ids, times and values of the wire', () => {
  const { spans: read } = readTrace({
    trace: {
      trace_info: { trace_id: 'tr-1', tags: {} },
      spans: [
        {
          span_id: 'AAAAAAAAAAE=',
          name: 'model',
          start_time_unix_nano: '1767225600000500000',
          end_time_unix_nano: '1767225600001000000',
          status: { code: 'STATUS_CODE_ERROR' },
          attributes: [
            {
              key: 'z',
              value: { kvlist_value: { values: [{ key: 'n', value: { int_value: '3' } }] } },
            },
            { key: 'mlflow.spanOutputs', value: { string_value: 'out' } },
          ],
        },
      ],
    },
  })
  expect(read[0]).toMatchObject({ id: '0000000000000001', startMs: 1767225600000.5, failed: true })
  expect(attributesOf(read[0] as Span)).toEqual([
    { name: 'Outputs', text: 'out' },
    { name: 'z', text: '{\n  "n": 3\n}' },
  ])
})
