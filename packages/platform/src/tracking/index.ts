/** Experiments, runs, metrics, parameters, artifacts and logged models; the MLflow tracking protocol. */
export { trackingMigrations } from './migrations.ts'
export type { Experiment, MetricPoint, Run, RunDetail, RunStatus } from './model.ts'
export { checkLength, checkName } from './rules.ts'
export { type StageLog, type TrackingDeps, TrackingService } from './service.ts'
