/** Datasets: sources, immutable versions, rules, profiles and windows of rows. */
export type { DataDeps } from './dependencies.ts'
export { dataMigrations } from './migrations.ts'
export {
  type DataWindow,
  eventTimeColumn,
  type FileSource,
  type TimeRange,
  type VersionRecord,
} from './model.ts'
export { type DataRouteOptions, dataRoutes } from './routes.ts'
export { DataService, type NewDataset } from './service.ts'
