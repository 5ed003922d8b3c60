export {
  CategoricalProfile,
  type CategoricalProfileJson,
  type CategoricalSummary,
} from './categorical-profile.ts'
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
