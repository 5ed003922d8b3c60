/** The MLflow protocol: what its clients send and read. */
export * from './artifacts.ts'
export * from './experiments.ts'
export * from './logged-models.ts'
export { mlflowArtifactsPrefix, mlflowPrefix } from './operation.ts'
export * from './registry.ts'
export * from './routes.ts'
export * from './runs.ts'
