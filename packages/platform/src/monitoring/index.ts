/** Monitors: windows over the prediction log, drift, performance restated by late labels, alerts. */
export { BatchRows } from './batches.ts'
export { DatasetRows } from './dataset-rows.ts'
export { monitoringMigrations } from './migrations.ts'
export type {
  LatestMetric,
  LoggedPredictions,
  PredictionLog,
  PreparedReference,
  TimeSpan,
} from './model.ts'
export { monitoringRoutes } from './routes.ts'
export { type MonitoringDeps, MonitoringService } from './service.ts'
