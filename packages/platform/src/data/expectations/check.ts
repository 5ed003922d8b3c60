import type { Column } from '@kaizen/contracts'
import { identifier, type Lake, literal } from '../../storage/index.ts'
import { reservedColumns } from '../column-names.ts'

/** What an expectation found: `success` and the fields that Great Expectations gives results of its kind. */
export interface Outcome {
  readonly success: boolean
  readonly result: Readonly<Record<string, unknown>>
}

/** A row by row check as SQL over one row. */
export interface RowCheck {
  readonly kind: 'rows'
  /** True for rows that are left out, such as missing values. */
  readonly ignored: string
  /** True for rows that are as expected; of rows that are left out it may be unknown. */
  readonly conforms: string
  /** The columns that are checked. */
  readonly of: readonly Column[]
  /** What to list of an unexpected row. */
  readonly shown: string
  readonly mostly: number
  /** Whether missing values are what is checked, so that none is left out. */
  readonly countsMissing?: boolean
  /** An expression over all rows, such as a window function, that `conforms` reads as `derivedColumn`. */
  readonly derived?: string
  /** Cheaper queries, tried in turn, that answer true where surely every present row conforms; else `derived` decides. */
  surely?(relation: string): readonly string[]
}

/** Aggregates of the rows in scope, and the judgement over their values. */
export interface FigureCheck {
  readonly kind: 'figures'
  /** Aggregates of the rows for which `scope` is true. */
  aggregates(scope: string): readonly string[]
  judge(values: readonly unknown[]): Outcome
}

/** A check that asks on its own: of a whole column's order, of another table, or of values one by one. */
export interface OwnCheck {
  readonly kind: 'own'
  run(rows: RowSource): Promise<Outcome>
}

/** A row by row check that must ask first, of another table or of values that SQL cannot judge. */
export interface DeferredCheck {
  readonly kind: 'deferred'
  resolve(rows: RowSource): Promise<RowCheck>
}

export type Check = RowCheck | FigureCheck | OwnCheck | DeferredCheck

/** The rows that a check may ask about. */
export interface RowSource {
  readonly lake: Lake
  /** A relation of the rows in scope. */
  readonly relation: string
  /** Relation of another dataset's rows. @throws NOT_FOUND */
  other(dataset: string, version?: number): Promise<string>
  /** The version before this one, or a given one; null where there is none before. @throws NOT_FOUND */
  earlier(version?: number): Promise<VersionShape | null>
  /** An unused path for a Parquet file, removed when the validation ends. */
  scratchFile(): string
  readonly now: number
}

/** What a version is compared with. */
export interface VersionShape extends TableShape {
  readonly version: number
  readonly rowCount: number
}

/** An outcome of one observed value. */
export const observed = (success: boolean, value: unknown): Outcome => ({
  success,
  result: { observed_value: value },
})

export interface TableShape {
  readonly schema: readonly Column[]
}

/** Makes a check from the arguments of an expectation. @throws KaizenError INVALID_REQUEST */
export type Expectation = (table: TableShape, args: Arguments) => Check

export type Arguments = Readonly<Record<string, unknown>>

/** The name under which `conforms` reads what `derived` computes. */
export const derivedColumn = identifier(reservedColumns.derivedValue)
/** The position of a row in its version, from 0. */
export const rowIndex = identifier(reservedColumns.rowIndex)

/** The scope of an expectation without a row condition. */
export const everyRow = 'TRUE'

/** Values that a result lists at most, unless its format says otherwise. */
export const listedValues = 20

/** Signs of a text that a result shows of a value. */
const shownSigns = 1_000

/** What a result shows of a column's value. */
export const shownSql = ({ name, type }: Column): string =>
  type === 'string' ? `left(${identifier(name)}, ${shownSigns})` : identifier(name)

const isNumeric = ({ type }: Column): boolean => type === 'integer' || type === 'number'

/** True where a value is missing: NULL, and NaN among numbers. */
export const missingSql = (column: Column): string =>
  column.type === 'number'
    ? `(${identifier(column.name)} IS NULL OR isnan(${identifier(column.name)}))`
    : `(${identifier(column.name)} IS NULL)`

/** A value of the arguments as SQL of the column's type; undefined where no value of the column can equal it. */
export function valueSql(column: Column, value: unknown): string | undefined {
  if (isNumeric(column)) return typeof value === 'number' ? numberSql(value) : undefined
  if (column.type === 'boolean') return typeof value === 'boolean' ? String(value) : undefined
  if (typeof value !== 'string') return undefined
  if (column.type === 'string') return literal(value)
  return Number.isNaN(Date.parse(value)) ? undefined : `CAST(${literal(value)} AS TIMESTAMP)`
}

/** A number as SQL; whole numbers stay whole, so that a column of them is compared without a cast. */
export const numberSql = (value: number): string =>
  Number.isSafeInteger(value)
    ? String(value)
    : `CAST(${Number.isFinite(value) ? value : `'${value}'`} AS DOUBLE)`

/** In per cent; null of nothing. */
export const percentOf = (part: number, whole: number): number | null =>
  whole > 0 ? (part / whole) * 100 : null
