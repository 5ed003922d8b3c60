import { describe, expect, it } from 'vitest'
import type { Table, TableColumn } from '../../storage/index.ts'
import type { Statistic } from '../model.ts'
import { contentDrift } from './content-drift.ts'
import { contentReference, isContent } from './content-reference.ts'

const count = (length: number): number[] => Array.from({ length }, (_, index) => index)

/** Numbers between 0 and 1 of a fixed sequence. */
function sequence(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const words = 'the train to town was late and full of people who read the news today'.split(' ')
const sentences = (rows: number, seed: number, extra = ''): (string | null)[] => {
  const next = sequence(seed)
  return count(rows).map(
    () =>
      `${count(8)
        .map(() => words[Math.floor(next() * words.length)]!)
        .join(' ')}${extra}`,
  )
}
const vectors = (rows: number, seed: number, shift = 0, dimension = 8): number[][] => {
  const next = sequence(seed)
  return count(rows).map(() => count(dimension).map(() => next() + next() + next() - 1.5 + shift))
}
const table = (...columns: readonly TableColumn[]): Table => ({
  rowCount: columns[0]!.values.length,
  columns,
})
const text = (values: readonly (string | null)[], name = 'body'): TableColumn => ({
  name,
  type: 'string',
  values,
})
const lists = (rows: readonly (readonly number[] | string | null)[]): TableColumn =>
  text(
    rows.map((row) => (row === null || typeof row === 'string' ? row : JSON.stringify(row))),
    'emb',
  )
const spread = (rows: readonly number[][], mark: (place: number) => string): TableColumn[] =>
  count(rows[0]!.length).map((place) => ({
    name: `emb${mark(place)}`,
    type: 'number',
    values: Float64Array.from(rows, (row) => row[place] ?? Number.NaN),
  }))

const texts = { texts: ['body'], embeddings: [] }
const embeddings = { texts: [], embeddings: ['emb'] }
type Declared = Parameters<typeof contentReference>[1]

function compared(reference: Table, inputs: Table, declared: Declared) {
  const found = contentDrift(contentReference(reference, declared), inputs, declared)
  for (const { value, drifted, note, metric } of found) {
    expect(value === null || Number.isFinite(value), metric).toBe(true)
    if (value === null) expect([drifted, note === null], metric).toEqual([null, false])
  }
  return new Map(found.map((statistic): [string, Statistic] => [statistic.metric, statistic]))
}

describe('texts', () => {
  const usual = table(text(sentences(400, 1)))

  it('alike are alike, with other topics or figures they are not', () => {
    const same = compared(usual, table(text(sentences(300, 2))), texts)
    expect([...same.values()].map(({ drifted }) => drifted)).toEqual([false, false, false])
    const other = compared(usual, table(text(sentences(300, 3, ' refund 99'))), texts)
    expect(other.get('text:body:classifier')).toMatchObject({ drifted: true })
    expect(other.get('text:body:classifier')?.value).toBeGreaterThan(0.95)
    expect(other.get('text:body:classifier')?.note).toContain('refund')
    expect(other.get('text:body:descriptors')).toMatchObject({ drifted: true })
  })

  it('that are empty, few, absent or no texts have a reason', () => {
    const half = sentences(300, 4).map((one, row) => (row % 2 === 0 ? '  ' : one))
    expect(compared(usual, table(text(half)), texts).get('text:body:empty')).toMatchObject({
      value: 0.5,
      drifted: true,
      note: '50 %, 0 % in the reference',
    })
    const blank = compared(usual, table(text(count(100).map(() => null))), texts)
    expect(blank.get('text:body:classifier')?.note).toBe('not enough data: 0 of 50 rows')
    expect(blank.get('text:body:empty')).toMatchObject({ value: 1, drifted: true })
    expect(compared(usual, table(text([])), texts).get('text:body:empty')?.value).toBeNull()
    const absent = compared(usual, table(text(['a'], 'other')), texts)
    expect(absent.get('text:body:empty')?.note).toBe('no column "body" in the window')
    const [late] = contentDrift(undefined, usual, texts)
    expect(late?.note).toBe('the reference was made before this column was read so')
    const numbers = { name: 'body', type: 'number' as const, values: Float64Array.from(count(80)) }
    expect(compared(usual, table(numbers), texts).get('text:body:classifier')?.drifted).toBe(true)
    const huge = sentences(60, 5).map((one) => one!.repeat(2000))
    expect(compared(usual, table(text(huge)), texts).get('text:body:descriptors')?.drifted).toBe(
      true,
    )
  })
})

describe('embeddings', () => {
  const usual = table(lists(vectors(300, 1)))

  it.each([
    ['lists', (rows: number[][]) => table(lists(rows))],
    ['columns with brackets', (rows: number[][]) => table(...spread(rows, (i) => `[${i}]`))],
    ['numbered columns', (rows: number[][]) => table(...spread(rows, (i) => `_${i}`))],
  ])('as %s: alike, and moved', (_, laid) => {
    const same = compared(usual, laid(vectors(200, 2)), embeddings)
    expect(same.get('embedding:emb:mmd')?.drifted).toBe(false)
    expect(same.get('embedding:emb:invalid')).toMatchObject({ value: 0, drifted: false })
    const moved = compared(usual, laid(vectors(200, 3, 0.5)), embeddings)
    expect(moved.get('embedding:emb:mmd')).toMatchObject({ drifted: true, threshold: 0.01 })
  })

  it('of other or varying lengths, with holes or of something else are counted and told', () => {
    const rows: (number[] | string | null)[] = vectors(200, 4)
    rows[0] = [1, 2]
    rows[1] = 'no vector'
    rows[2] = '[1, null]'
    rows[3] = null
    rows[4] = '[]'
    rows.splice(5, 15, ...vectors(15, 5, 0, 3))
    const mixed = compared(usual, table(lists(rows)), embeddings)
    expect(mixed.get('embedding:emb:invalid')).toMatchObject({ value: 0.1, drifted: true })
    expect(mixed.get('embedding:emb:mmd')?.drifted).toBe(false)
    const longer = compared(usual, table(lists(vectors(100, 6, 0, 9))), embeddings)
    expect(longer.get('embedding:emb:mmd')?.note).toBe(
      'vectors of 9 numbers, of 8 in the reference',
    )
    expect(longer.get('embedding:emb:invalid')).toMatchObject({ value: 1, drifted: true })
    const few = compared(usual, table(lists(vectors(49, 7))), embeddings)
    expect(few.get('embedding:emb:mmd')?.note).toBe('not enough data: 49 of 50 rows')
    const none = compared(usual, table(lists(['x', null])), embeddings)
    expect(none.get('embedding:emb:invalid')).toMatchObject({ value: 1, drifted: true })
    const absent = compared(usual, table(text(['a'])), embeddings)
    expect(absent.get('embedding:emb:mmd')?.note).toContain('no column "emb", "emb[0]" or "emb_0"')
    const holes = table(...spread(vectors(100, 8), (i) => `_${i}`))
    const [first] = holes.columns as readonly { readonly values: Float64Array }[]
    first!.values[0] = Number.POSITIVE_INFINITY
    first!.values[1] = Number.NaN
    expect(compared(usual, holes, embeddings).get('embedding:emb:invalid')?.value).toBe(0.02)
  })

  it('take the columns of their name and no other', () => {
    const declared = { texts: ['body'], embeddings: ['emb'] }
    const isOne = (name: string): boolean => isContent(name, declared)
    expect(['body', 'emb', 'emb[0]', 'emb_17'].every(isOne)).toBe(true)
    expect(['embargo', 'emb_x', 'bod', 'emb_', 'emb[1', 'member_1'].some(isOne)).toBe(false)
  })
})
