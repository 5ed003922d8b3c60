import type { EncodedTable, Feature } from '../data/features.ts'
import { MlError } from '../ml-error.ts'
import { fillNumber } from './imputation.ts'

/** How columns become numbers without gaps; every field has a default. */
export interface PreprocessingOptions {
  /** What replaces a missing number; default `mean`. */
  readonly impute?: 'mean' | 'median' | 'most-frequent' | { readonly constant: number }
  /** What replaces a missing or unseen category; default `none`: no category at all. */
  readonly imputeCategory?: 'none' | 'most-frequent' | { readonly constant: string }
  /** `standard` (default) brings numbers to mean 0 and standard deviation 1. */
  readonly scale?: 'standard' | 'none'
  /** `one-hot` (default): a 0/1 column a category. `ordinal`: its position, -1 for none. */
  readonly encode?: 'one-hot' | 'ordinal'
}

/** A fitted chain: one entry a feature; plain JSON. */
export type Preprocessing = readonly ColumnPreprocessing[]

export type ColumnPreprocessing =
  | {
      readonly kind: 'numeric'
      readonly feature: string
      readonly fill: number
      readonly mean: number
      readonly scale: number
    }
  | {
      readonly kind: 'one-hot' | 'ordinal'
      readonly feature: string
      readonly categories: readonly string[]
      /** The code that stands in for none; -1: nothing does. */
      readonly fill: number
    }

const choices = {
  impute: ['mean', 'median', 'most-frequent'],
  imputeCategory: ['none', 'most-frequent'],
  scale: ['standard', 'none'],
  encode: ['one-hot', 'ordinal'],
} as const

/**
 * Learns the chain from training rows.
 * @throws MlError for an unknown choice, an infinite number, a constant that is no category, or a
 * numeric feature without any value and no constant to fill it.
 */
export const fitPreprocessing = (
  table: EncodedTable,
  features: readonly Feature[],
  options: PreprocessingOptions = {},
): Preprocessing => {
  checkChoices(options)
  return features.map((feature, index) => {
    const values = table.columns[index]!
    return feature.kind === 'numeric'
      ? fitNumeric(feature.name, values as Float32Array, options)
      : fitCategorical(feature, values as Int32Array, options)
  })
}

const checkChoices = (options: PreprocessingOptions): void => {
  for (const [name, allowed] of Object.entries(choices)) {
    const given = options[name as keyof typeof choices]
    if (given === undefined) continue
    const expected = name === 'impute' ? 'number' : 'string'
    const takesConstant = name === 'impute' || name === 'imputeCategory'
    const isConstant = typeof given === 'object' && given !== null
    const fits = isConstant
      ? takesConstant && typeof given.constant === expected && !Number.isNaN(given.constant)
      : (allowed as readonly string[]).includes(given)
    if (fits) continue
    throw new MlError(
      'invalid_option',
      `option '${name}' is ${JSON.stringify(given)}`,
      `use one of: ${allowed.join(', ')}${takesConstant ? `, or { constant: ${expected} }` : ''}`,
    )
  }
}

const fitNumeric = (
  feature: string,
  values: Float32Array,
  { impute = 'mean', scale = 'standard' }: PreprocessingOptions,
): ColumnPreprocessing => {
  const fill = fillNumber(feature, values, impute)
  if (scale === 'none') return { kind: 'numeric', feature, fill, mean: 0, scale: 1 }
  let sum = 0
  for (const value of values) sum += Number.isNaN(value) ? fill : value
  const mean = sum / values.length
  let squares = 0
  for (const value of values) squares += ((Number.isNaN(value) ? fill : value) - mean) ** 2
  const deviation = Math.sqrt(squares / values.length)
  // A constant column stays: its numbers become 0.
  return { kind: 'numeric', feature, fill, mean, scale: deviation > 0 ? deviation : 1 }
}

const fitCategorical = (
  feature: Extract<Feature, { kind: 'categorical' }>,
  codes: Int32Array,
  { imputeCategory = 'none', encode = 'one-hot' }: PreprocessingOptions,
): ColumnPreprocessing => {
  const { name, categories } = feature
  return { kind: encode, feature: name, categories, fill: fillCode(feature, codes, imputeCategory) }
}

const fillCode = (
  { name, categories }: Extract<Feature, { kind: 'categorical' }>,
  codes: Int32Array,
  impute: NonNullable<PreprocessingOptions['imputeCategory']>,
): number => {
  if (impute === 'none') return -1
  if (impute !== 'most-frequent') {
    const code = categories.indexOf(impute.constant)
    if (code >= 0) return code
    throw new MlError(
      'invalid_option',
      `'${impute.constant}' is no category of '${name}'`,
      `fill with one of its categories, or 'most-frequent'`,
    )
  }
  const counts = new Float64Array(categories.length)
  for (const code of codes) if (code >= 0) counts[code]!++
  return counts.reduce((best, count, code) => (count > counts[best]! ? code : best), 0)
}

/** The number of columns that a chain makes. */
export const widthOf = (chain: Preprocessing): number =>
  chain.reduce((sum, step) => sum + columnsOf(step), 0)

/** The number of columns that one feature becomes. */
export const columnsOf = (step: ColumnPreprocessing): number =>
  step.kind === 'one-hot' ? step.categories.length : 1

/** The numbers of a prepared row that may differ from 0: `values[i]` in column `columns[i]`, `i < count`. */
export interface PreparedRow {
  readonly columns: Int32Array
  readonly values: Float64Array
  count: number
}

/** Room for a row of a chain: at most one number a feature differs from 0. */
export const createPreparedRow = (chain: Preprocessing): PreparedRow => ({
  columns: new Int32Array(chain.length),
  values: new Float64Array(chain.length),
  count: 0,
})

/** Prepares one row of a table into `out`. */
export const prepareRow = (
  chain: Preprocessing,
  table: EncodedTable,
  row: number,
  out: PreparedRow,
): void => {
  out.count = 0
  let column = 0
  for (let index = 0; index < chain.length; index++) {
    const step = chain[index]!
    const value = table.columns[index]![row]!
    if (step.kind === 'numeric') {
      const filled = Number.isNaN(value) ? step.fill : value
      out.columns[out.count] = column++
      out.values[out.count++] = (filled - step.mean) / step.scale
      continue
    }
    const code = value < 0 ? step.fill : value
    if (step.kind === 'ordinal') {
      out.columns[out.count] = column++
      out.values[out.count++] = code
      continue
    }
    if (code >= 0) {
      out.columns[out.count] = column + code
      out.values[out.count++] = 1
    }
    column += step.categories.length
  }
}
