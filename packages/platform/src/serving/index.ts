/** Registered models as endpoints: routes of arms, protocols, prediction log and ground truth. */
export { batchRoutes } from './batch/batch.routes.ts'
export { type BatchDeps, BatchService } from './batch/batch.service.ts'
export { batchScheduleRoutes } from './batch/schedules.routes.ts'
export { BatchScheduleService } from './batch/schedules.service.ts'
export { Catalogue } from './catalogue.ts'
export { AnySizeCodec } from './codec/large.ts'
export type { PreparedEnsemble } from './ensembles/ensembles.service.ts'
export { ProjectSteps } from './ensembles/project-steps.ts'
export { startGrpcServer } from './grpc/start.ts'
export { invocationsSurface } from './invocations.routes.ts'
export { kserveV1Surface } from './kserve-v1.routes.ts'
export { durabilities } from './log/segment.ts'
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
export { frozenPath } from './repository/frozen-files.ts'
export { ModelRepository } from './repository/model-repository.ts'
export { servingRoutes } from './routes.ts'
export { ServingService } from './service.ts'
export type { ServingDeps } from './serving-deps.ts'
export { registerSinkMetrics } from './sinks/metrics.ts'
export { sinkRoutes } from './sinks/sinks.routes.ts'
export { type SinkDeps, SinkService } from './sinks/sinks.service.ts'
export { registerStreamMetrics } from './streams/metrics.ts'
export { openKafka, readKafkaCluster, saslMechanisms } from './streams/open-kafka.ts'
export { streamRoutes } from './streams/streams.routes.ts'
export { type StreamDeps, StreamService } from './streams/streams.service.ts'
export { registerCatalogueMetrics } from './traffic/catalogue-metrics.ts'
export { registerServingMetrics } from './traffic/metrics.ts'
export { RequestMemory } from './wire/request-memory.ts'
