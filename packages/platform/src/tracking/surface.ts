import type { Surface } from '../http/index.ts'
import type { Database } from '../storage/index.ts'
import { artifactRoutes } from './artifacts.routes.ts'
import { assessmentRoutes } from './assessments.routes.ts'
import { evaluationDatasetRoutes } from './evaluation-datasets.routes.ts'
import { experimentRoutes } from './experiments.routes.ts'
import { loggedModelRoutes } from './logged-models.routes.ts'
import { metricRoutes } from './metrics.routes.ts'
import { mlflowSurface } from './mlflow-surface.ts'
import { otlpRoutes } from './otlp.routes.ts'
import { runRoutes } from './runs.routes.ts'
import { scorerRoutes } from './scorers.routes.ts'
import { serverRoutes } from './server.routes.ts'
import type { TrackingService } from './service.ts'
import { traceMetricRoutes } from './trace-metrics.routes.ts'
import { traceRoutes } from './traces.routes.ts'
import { transferRoutes } from './transfers.routes.ts'
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
