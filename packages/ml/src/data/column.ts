/** A numeric column: one number a row, NaN where the value is missing. */
export interface NumericColumn {
  readonly kind: 'numeric'
  readonly name: string
  readonly values: Float64Array | Float32Array
}

/** A categorical column: one index into `dictionary` a row, -1 where the value is missing. */
export interface CategoricalColumn {
  readonly kind: 'categorical'
  readonly name: string
  readonly codes: Int32Array
  readonly dictionary: readonly string[]
}

export type Column = NumericColumn | CategoricalColumn
export type ColumnKind = Column['kind']

/** What a column is, without its data. */
export interface ColumnSchema {
  readonly name: string
  readonly kind: ColumnKind
}

/** A value as it comes from JSON, CSV or a database row. `null`, `undefined` and NaN are missing. */
export type Cell = number | bigint | boolean | string | null | undefined

/** The number of rows of a column. */
export const lengthOf = (column: Column): number =>
  column.kind === 'numeric' ? column.values.length : column.codes.length

/** A numeric column from an array of numbers; typed arrays are taken as they are, not copied. */
export const numericColumn = (
  name: string,
  values: Float64Array | Float32Array | readonly number[],
): NumericColumn => ({
  kind: 'numeric',
  name,
  values:
    values instanceof Float64Array || values instanceof Float32Array
      ? values
      : Float64Array.from(values),
})

/** A categorical column from strings; the dictionary is sorted, so that it does not depend on row order. */
export const categoricalColumn = (
  name: string,
  values: readonly (string | null | undefined)[],
): CategoricalColumn => {
  const present = new Set<string>()
  for (const value of values) if (typeof value === 'string') present.add(value)
  const dictionary = [...present].sort()
  const codeOf = new Map(dictionary.map((value, code) => [value, code]))
  const codes = Int32Array.from(values, (value) =>
    typeof value === 'string' ? (codeOf.get(value) ?? -1) : -1,
  )
  return { kind: 'categorical', name, codes, dictionary }
}
