import type { Column } from '../data/column.ts'
import { MlError } from '../ml-error.ts'
import {
  CategoricalProfile,
  type CategoricalProfileJson,
  type CategoricalSummary,
} from './categorical-profile.ts'
import { NumericProfile, type NumericProfileJson, type NumericSummary } from './numeric-profile.ts'

/** The serialised profile of a column: plain JSON, of a stated version. */
export type ColumnProfileJson = NumericProfileJson | CategoricalProfileJson
export type ColumnSummary = NumericSummary | CategoricalSummary

/**
 * The mergeable profile of a column. Quantiles by Karnin, Lang and Liberty 2016, distinct values by Flajolet et al.
 * 2007, frequent ones by Misra and Gries 1982.
 */
export const profileColumn = (column: Column): ColumnProfileJson => {
  if (column.kind === 'numeric') {
    const profile = new NumericProfile()
    profile.add(column.values)
    return profile.toJson()
  }
  const profile = new CategoricalProfile()
  profile.add(column)
  return profile.toJson()
}

/**
 * The profile of both parts together.
 * @throws MlError when the parts are of different kinds or versions.
 */
export const mergeProfiles = (a: ColumnProfileJson, b: ColumnProfileJson): ColumnProfileJson => {
  if (a.kind === 'numeric' && b.kind === 'numeric') {
    const merged = NumericProfile.fromJson(a)
    merged.merge(NumericProfile.fromJson(b))
    return merged.toJson()
  }
  if (a.kind === 'categorical' && b.kind === 'categorical') {
    const merged = CategoricalProfile.fromJson(a)
    merged.merge(CategoricalProfile.fromJson(b))
    return merged.toJson()
  }
  throw new MlError(
    'invalid_input',
    `a ${a.kind} and a ${b.kind} profile cannot be merged`,
    'merge profiles of the same column, with the same type',
  )
}

/** The figures of a profile. */
export const summarizeProfile = (profile: ColumnProfileJson): ColumnSummary =>
  profile.kind === 'numeric'
    ? NumericProfile.fromJson(profile).summary()
    : CategoricalProfile.fromJson(profile).summary()
