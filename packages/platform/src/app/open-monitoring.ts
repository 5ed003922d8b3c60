import { join } from 'node:path'
import type { DataService } from '../data/index.ts'
import type { FeatureService } from '../features/index.ts'
import { ownSurface, type Surface } from '../http/index.ts'
import type { JobQueue } from '../jobs/index.ts'
import {
  AlertInbox,
  AlertingService,
  alertingRoutes,
  BatchRows,
  CloudEventService,
  cloudEventRoutes,
  DatasetRows,
  FeatureRows,
  inboxRoutes,
  MetricProcess,
  MonitoringService,
  monitorExportRoutes,
  monitoringRoutes,
  Notifier,
  PipelineRuns,
  ReportBuilder,
  registerMonitoringMetrics,
  reportRoutes,
  Sender,
} from '../monitoring/index.ts'
import { type PipelineService, stepEnvironment } from '../pipelines/index.ts'
import type { RegistryService } from '../registry/index.ts'
import type { ServingService } from '../serving/index.ts'
import type { ServerConfig } from './config.ts'
import type { Foundation } from './foundation.ts'

export interface Monitoring extends AsyncDisposable {
  readonly monitoring: MonitoringService
  readonly surfaces: readonly Surface[]
  readonly reports: ReportBuilder
}

/** Where metrics of projects are computed: from the same bundles as steps, with as little of the environment. */
function metricProcess(blobs: Foundation['blobs'], steps: string): MetricProcess {
  const environment = stepEnvironment(process.env, { NODE_COMPILE_CACHE: join(steps, 'compiled') })
  return new MetricProcess({ blobs, folder: join(steps, 'bundles'), environment })
}

/** Monitors, what they watch, and the ways in which they call for attention. */
export async function openMonitoring(
  { database, audit, blobs, lake, clock, ids, metrics, directory }: Foundation,
  config: ServerConfig,
  {
    jobs,
    data,
    features,
    serving,
    pipelines,
    registry,
  }: {
    readonly jobs: JobQueue
    readonly data: DataService
    readonly features: FeatureService
    readonly serving: ServingService
    readonly pipelines: PipelineService
    readonly registry: RegistryService
  },
): Promise<Monitoring> {
  const batches = new BatchRows({ database, audit, blobs, clock })
  const datasets = new DatasetRows(data, lake)
  const sender = new Sender({ allowInner: config.allowPrivateChannels })
  const notifier = new Notifier({ database, clock, ids, jobs, sender })
  const alerting = new AlertingService({ database, audit, clock, ids, sender })
  const monitoring = new MonitoringService({
    database,
    audit,
    blobs,
    clock,
    ids,
    serving,
    datasets,
    batches,
    notifier,
    runs: new PipelineRuns(pipelines),
    features: new FeatureRows(features.log),
    metrics: metricProcess(blobs, await directory.folder('steps')),
    lineage: {
      of: async (declaration) => {
        const { WatchedLineage } = await import('./watched-lineage.ts')
        return new WatchedLineage({ serving, registry, features, pipelines }).of(declaration)
      },
    },
    attributions: {
      attributions: async (endpoint, version, asked) =>
        (await serving.live(endpoint)).attributions(version, asked),
    },
  })
  monitoring.recomputation.attach(jobs)
  const { alerts } = monitoring
  const { reader } = monitoring
  const sources = { reader, alerts, data }
  const reports = new ReportBuilder({ database, audit, clock, ids, jobs, sender, sources })
  const inbox = new AlertInbox({ database, audit, clock, ids, alerts, alerting })
  const { recomputation } = monitoring
  const events = new CloudEventService({ database, clock, serving, batches, recomputation })
  registerMonitoringMetrics(metrics, monitoring.reader)
  return {
    monitoring,
    reports,
    surfaces: [
      ownSurface('monitoring', monitoringRoutes(monitoring, batches)),
      ownSurface('monitor-exports', monitorExportRoutes(monitoring)),
      ownSurface('cloud-events', cloudEventRoutes(events)),
      ownSurface('alerting', alertingRoutes(monitoring, alerting)),
      ownSurface('monitor-reports', reportRoutes(reports)),
      ownSurface('alert-inbox', inboxRoutes(monitoring, inbox)),
    ],
    [Symbol.asyncDispose]: () => monitoring[Symbol.asyncDispose](),
  }
}
