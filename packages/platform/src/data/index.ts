/** Datasets: sources, immutable versions, rules, profiles and windows of rows. */
export type { DataDeps } from './dependencies.ts'
export { namedRelationOfFile } from './intake.ts'
export { dataMigrations } from './migrations.ts'
export {
  type DataWindow,
  eventTimeColumn,
  type FileSource,
  type TimeRange,
  type VersionRecord,
} from './model.ts'
export { receiveFile } from './receive-file.ts'
export { relationOf } from './relation.ts'
export { type DataRouteOptions, dataRoutes } from './routes.ts'
export { eventTimeSql, utcTimeSql } from './rules.ts'
export { DataService, type NewDataset } from './service.ts'
