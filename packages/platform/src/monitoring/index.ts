/** Monitors: windows over the prediction log, drift, performance restated by late labels, alerts. */

export { Notifier } from './alerting/notifier.ts'
export { Sender } from './alerting/send.ts'
export { AlertingService } from './alerting/service.ts'
export { alertingRoutes } from './alerting.routes.ts'
export { BatchRows } from './batches.ts'
export { CloudEventService } from './cloud-events/service.ts'
export { cloudEventRoutes } from './cloud-events.routes.ts'
export { MetricProcess } from './custom/metric-process.ts'
export { DatasetRows } from './dataset-rows.ts'
export { registerMonitoringMetrics } from './export/prometheus.ts'
export { monitorExportRoutes } from './export.routes.ts'
export { monitoringMigrations } from './migrations.ts'
export type {
  LatestMetric,
  LoggedPredictions,
  PredictionLog,
  PreparedReference,
  TimeSpan,
} from './model.ts'
export { PipelineRuns } from './pipeline-runs.ts'
export { monitoringRoutes } from './routes.ts'
export { type MonitoringDeps, MonitoringService } from './service.ts'
