import type { BlockRow } from './block.ts'

/** A place in the order of writing: what lies before it has been read. It stays the same when segments become Parquet. */
export interface LogPlace {
  readonly segment: number
  readonly row: number
}

export interface PlacedRow {
  readonly place: LogPlace
  readonly row: BlockRow
}

/** Rows in order of writing, and where the next ones are. */
export interface LogPage {
  readonly rows: readonly PlacedRow[]
  readonly next: LogPlace
}

export const isBefore = (a: LogPlace, b: LogPlace): boolean =>
  a.segment < b.segment || (a.segment === b.segment && a.row < b.row)

/** What of a run of segments lies before each of them. Parts of earlier servers do not say, and count as one segment. */
export interface RunStarts {
  readonly first: number
  readonly starts?: readonly number[] | undefined
}

/** The row of a part at which a place lies. */
export function rowInPart({ first, starts = [0] }: RunStarts, place: LogPlace): number {
  if (place.segment < first) return 0
  const start = starts[place.segment - first]
  return start === undefined ? Number.MAX_SAFE_INTEGER : start + place.row
}

/** The place of a row of a part. */
export function placeInPart({ first, starts = [0] }: RunStarts, row: number): LogPlace {
  let number = starts.length - 1
  while (number > 0 && starts[number]! > row) number--
  return { segment: first + number, row: row - starts[number]! }
}
