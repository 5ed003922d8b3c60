/** Monitors: windows over the prediction log, drift, performance restated by late labels, alerts. */

export { alertingRoutes, inboxRoutes } from './alerting/alerting.routes.ts'
export { AlertInbox } from './alerting/inbox.service.ts'
export { Notifier } from './alerting/notifier.ts'
export { Sender } from './alerting/send.ts'
export { AlertingService } from './alerting/service.ts'
export { cloudEventRoutes } from './cloud-events/cloud-events.routes.ts'
export { CloudEventService } from './cloud-events/service.ts'
export { MetricProcess } from './custom/metric-process.ts'
export { monitorExportRoutes } from './export/export.routes.ts'
export { registerMonitoringMetrics } from './export/prometheus.ts'
export { monitoringMigrations } from './migrations.ts'
export type {
  LatestMetric,
  LoggedPredictions,
  PredictionLog,
  PreparedReference,
  TimeSpan,
} from './model.ts'
export { reportRoutes } from './reports/reports.routes.ts'
export { ReportBuilder } from './reports/service.ts'
export { monitoringRoutes } from './routes.ts'
export { type MonitoringDeps, MonitoringService } from './service.ts'
export { BatchRows } from './sources/batches.ts'
export { DatasetRows } from './sources/dataset-rows.ts'
export { FeatureRows } from './sources/feature-rows.ts'
export { PipelineRuns } from './sources/pipeline-runs.ts'
