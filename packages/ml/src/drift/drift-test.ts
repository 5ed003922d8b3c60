import { finiteCount, type Numbers } from '../numeric/numbers.ts'
import type { Outcome } from '../outcome.ts'
import { type Categories, categoryCells } from './cells.ts'
import type { RowsOfNumbers } from './points.ts'
import type { Comparison } from './result.ts'
import type { Texts } from './text-drift.ts'

/** The two samples of one column. */
export type ColumnPair =
  | { readonly kind: 'numeric'; readonly reference: Numbers; readonly current: Numbers }
  | { readonly kind: 'categorical'; readonly reference: Categories; readonly current: Categories }

/** The two samples of texts, or of vectors of one length. */
export type ContentPair =
  | { readonly kind: 'text'; readonly reference: Texts; readonly current: Texts }
  | {
      readonly kind: 'embedding'
      readonly reference: RowsOfNumbers
      readonly current: RowsOfNumbers
    }

export type DriftPair = ColumnPair | ContentPair

/** `p-below`: a small p-value is drift. `at-least`: a large distance is drift. */
export type Direction = 'p-below' | 'at-least'

/** A test with its customary threshold, and the kinds of columns that it takes. */
export interface DriftTest<Pair extends DriftPair = ColumnPair> {
  readonly kinds: readonly Pair['kind'][]
  readonly threshold: number
  readonly direction: Direction
  readonly compare: (pair: Pair) => Outcome<Comparison>
}

export const driftTest = <Pair extends DriftPair>(
  kinds: DriftTest<Pair>['kinds'],
  [direction, threshold]: readonly [Direction, number],
  compare: DriftTest<Pair>['compare'],
): DriftTest<Pair> => ({ kinds, direction, threshold, compare })

/** Rows of either sample that hold something. */
export const presentRows = (
  pair: DriftPair,
): { readonly reference: number; readonly current: number } => {
  switch (pair.kind) {
    case 'numeric':
      return { reference: finiteCount(pair.reference), current: finiteCount(pair.current) }
    case 'categorical': {
      const { reference, current } = categoryCells(pair.reference, pair.current)
      const total = (counts: Float64Array) => counts.reduce((sum, count) => sum + count, 0)
      return { reference: total(reference), current: total(current) }
    }
    case 'text': {
      const held = (texts: Texts) => texts.reduce((n, text) => n + (text === null ? 0 : 1), 0)
      return { reference: held(pair.reference), current: held(pair.current) }
    }
    case 'embedding': {
      const rows = (points: RowsOfNumbers) => ('rows' in points ? points.rows : points.length)
      return { reference: rows(pair.reference), current: rows(pair.current) }
    }
  }
}
