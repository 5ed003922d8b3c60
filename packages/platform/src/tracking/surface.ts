import type { Surface } from '../http/index.ts'
import type { Database } from '../storage/index.ts'
import { artifactRoutes } from './artifacts/artifacts.routes.ts'
import { transferRoutes } from './artifacts/transfers.routes.ts'
import { evaluationDatasetRoutes } from './evaluation/evaluation-datasets.routes.ts'
import { scorerRoutes } from './evaluation/scorers.routes.ts'
import { experimentRoutes } from './experiments/experiments.routes.ts'
import { loggedModelRoutes } from './logged-models/logged-models.routes.ts'
import { mlflowSurface } from './mlflow-surface.ts'
import { metricRoutes } from './runs/metrics.routes.ts'
import { runRoutes } from './runs/runs.routes.ts'
import { serverRoutes } from './server.routes.ts'
import type { TrackingService } from './service.ts'
import { otlpRoutes } from './spans/otlp.routes.ts'
import { assessmentRoutes } from './traces/assessments.routes.ts'
import { traceMetricRoutes } from './traces/trace-metrics.routes.ts'
import { traceRoutes } from './traces/traces.routes.ts'
import { unknownRoutes } from './unknown.routes.ts'

/** Tracking in MLflow's protocol, with the answer to whatever of that protocol is not served. */
export const trackingSurface = (tracking: TrackingService, database: Database): Surface =>
  mlflowSurface('mlflow-tracking', [
    ...experimentRoutes(tracking, database),
    ...runRoutes(tracking, database),
    ...metricRoutes(tracking),
    ...artifactRoutes(tracking, database),
    ...transferRoutes(tracking),
    ...loggedModelRoutes(tracking, database),
    ...traceRoutes(tracking, database),
    ...traceMetricRoutes(tracking),
    ...assessmentRoutes(tracking, database),
    ...otlpRoutes(tracking, database),
    ...evaluationDatasetRoutes(tracking, database),
    ...scorerRoutes(tracking, database),
    ...serverRoutes(),
    ...unknownRoutes(),
  ])
