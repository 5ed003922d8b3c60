export {
  CategoricalProfile,
  type CategoricalProfileJson,
  type CategoricalSummary,
} from './categorical-profile.ts'
export { type CategoryStatistics, categoryStatistics } from './category-statistics.ts'
export { type Correlations, correlations, pearsonAndSpearman } from './correlation.ts'
export { type DuplicateRows, duplicateRows } from './duplicate-rows.ts'
export {
  type Histogram,
  NumericProfile,
  type NumericProfileJson,
  type NumericSummary,
} from './numeric-profile.ts'
export {
  type ColumnProfileJson,
  type ColumnSummary,
  mergeProfiles,
  profileColumn,
  summarizeProfile,
} from './profile-column.ts'
export {
  type NamedProfileJson,
  type ProfiledColumn,
  type ProfiledRow,
  RowProfile,
  type RowProfileJson,
} from './row-profile.ts'
export { type TextPattern, type TextType, textPattern, textType } from './text-pattern.ts'
