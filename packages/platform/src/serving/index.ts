/** Registered models as endpoints: routes of arms, protocols, prediction log and ground truth. */
export { invocationsSurface } from './invocations.routes.ts'
export { registerServingMetrics } from './metrics.ts'
export { servingMigrations } from './migrations.ts'
export type {
  ArmMode,
  ArmStats,
  FeedbackCounts,
  Label,
  ModelSource,
  PredictionTable,
  TimeSpan,
} from './model.ts'
export { type InferenceSurfaceOptions, openInferenceSurface } from './open-inference.routes.ts'
export { servingRoutes } from './routes.ts'
export { type ServingDeps, ServingService } from './service.ts'
