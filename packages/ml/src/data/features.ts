import { MlError } from '../ml-error.ts'
import type { CategoricalColumn, Column } from './column.ts'
import { columnOf, type Table } from './table.ts'

/** A model's input: a numeric feature, or a categorical one with the categories seen in training. */
export type Feature =
  | { readonly kind: 'numeric'; readonly name: string }
  | { readonly kind: 'categorical'; readonly name: string; readonly categories: readonly string[] }

/**
 * A feature's values as models see them. Numbers are float32, the precision of the serving
 * signature: what training saw is then exactly what a served tensor can carry. Categories are
 * indices into the feature's list, -1 for missing, empty or never seen.
 */
export type EncodedColumn = Float32Array | Int32Array

/** One encoded column a feature, in the order of the features. */
export interface EncodedTable {
  readonly rowCount: number
  readonly columns: readonly EncodedColumn[]
}

/** The features that a model fitted to these columns has. */
export const featuresOf = (table: Table, names: readonly string[]): Feature[] =>
  names.map((name) => {
    const column = columnOf(table, name)
    return column.kind === 'numeric'
      ? { kind: 'numeric', name }
      : { kind: 'categorical', name, categories: withoutEmpty(column.dictionary) }
  })

/** A served tensor of text has no other way to say "missing" than the empty string. */
const withoutEmpty = (dictionary: readonly string[]): readonly string[] =>
  dictionary.includes('') ? dictionary.filter((entry) => entry !== '') : dictionary

/**
 * A table's columns in a model's terms, matched by name; columns that are no features are ignored.
 * @throws MlError when a feature is absent or of the other kind.
 */
export const encodeFeatures = (table: Table, features: readonly Feature[]): EncodedTable => ({
  rowCount: table.rowCount,
  columns: features.map((feature) => encodeColumn(columnOf(table, feature.name), feature)),
})

const encodeColumn = (column: Column, feature: Feature): EncodedColumn => {
  if (column.kind === 'numeric' && feature.kind === 'numeric') {
    return column.values instanceof Float32Array ? column.values : Float32Array.from(column.values)
  }
  if (column.kind === 'categorical' && feature.kind === 'categorical') {
    return recode(column, feature.categories)
  }
  throw new MlError(
    'invalid_input',
    `column '${column.name}' is ${column.kind}, the model was fitted to a ${feature.kind} one`,
    `pass '${column.name}' as a ${feature.kind} column`,
  )
}

const recode = (column: CategoricalColumn, categories: readonly string[]): Int32Array => {
  if (column.dictionary === categories) return column.codes
  const codeOf = new Map(categories.map((category, code) => [category, code]))
  const translation = Int32Array.from(column.dictionary, (entry) => codeOf.get(entry) ?? -1)
  return column.codes.map((code) => (code < 0 ? -1 : translation[code]!))
}
