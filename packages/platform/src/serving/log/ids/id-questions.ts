import type { IdCursor, SupersededRows, WrittenId } from './id-table.ts'

/** What is asked of the thread that keeps ids; each names the folder of a log. */
export type IdQuestion = { readonly folder: string } & (
  | { readonly kind: 'cursor' }
  /** Reads a segment from where it was left, at most `sizeBytes` of it. */
  | {
      readonly kind: 'segment'
      readonly path: string
      readonly number: number
      readonly sizeBytes: number
    }
  /** Rows of a part, in order of writing. */
  | {
      readonly kind: 'rows'
      readonly rows: readonly WrittenId[]
      readonly next: { readonly segment: number; readonly row: number }
    }
  | { readonly kind: 'pass'; readonly segment: number; readonly row: number }
  | { readonly kind: 'restart' }
  | { readonly kind: 'superseded'; readonly first: number; readonly last: number }
  | { readonly kind: 'counts'; readonly first: number; readonly last: number }
  | { readonly kind: 'forget'; readonly segment: number; readonly day: number }
  | { readonly kind: 'close' }
)

/** What was learned: whether callers name ids, and of which segments a row was answered again. */
export interface Learned {
  readonly named: boolean
  readonly touched: readonly number[]
}

export interface IdAnswers {
  readonly cursor: IdCursor
  readonly segment: Learned
  readonly rows: Learned
  readonly pass: null
  readonly restart: null
  readonly superseded: SupersededRows
  readonly counts: ReadonlyMap<number, number>
  readonly forget: null
  readonly close: null
}
