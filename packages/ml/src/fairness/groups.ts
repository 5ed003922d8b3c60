import { type CategoricalColumn, categoricalColumn } from '../data/column.ts'
import { MlError } from '../ml-error.ts'

/** Group memberships as callers hold them: a column, or one name a row (null: in no group). */
export type Groups = CategoricalColumn | readonly (string | number | boolean | null)[]

/** Memberships as a column; the names are in code point order. */
export const groupColumn = (groups: Groups): CategoricalColumn =>
  'codes' in groups
    ? groups
    : categoricalColumn(
        'group',
        groups.map((name) => (name === null || Number.isNaN(name) ? null : String(name))),
      )

/**
 * Intersectional groups, such as sex by race, named by their parts joined by `|`. Only combinations that occur are
 * groups. By definition: the product of the groups.
 * @throws MlError when the parts have different lengths.
 */
export const intersectGroups = (parts: readonly Groups[]): CategoricalColumn => {
  const columns = parts.map(groupColumn)
  const rows = columns[0]?.codes.length ?? 0
  if (columns.some((column) => column.codes.length !== rows)) {
    throw new MlError(
      'invalid_input',
      'the parts of intersectional groups have different lengths',
      'give every attribute one value a row',
    )
  }
  const names = Array.from({ length: rows }, (_, row) => {
    const labels = columns.map(({ codes, dictionary }) => dictionary[codes[row]!])
    return labels.every((label) => label !== undefined) ? labels.join('|') : null
  })
  return categoricalColumn('group', names)
}
