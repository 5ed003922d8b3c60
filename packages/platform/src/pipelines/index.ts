/** Typed graphs of steps: scheduling, content cache, processes of steps, logs and lineage. */

export { BundleFolders, checkBundlePaths } from './bundle-folders.ts'
export type { PipelineDeps } from './dependencies.ts'
export type {
  RunningStep,
  StepExecutor,
  StepOutcome,
  StepOutput,
  StepSpec,
} from './executor.ts'
export { type LocalExecutorOptions, openLocalExecutor } from './local-executor.ts'
export { pipelineMigrations } from './migrations.ts'
export type {
  ArtifactRef,
  BuiltinStep,
  Bundle,
  BundleFile,
  PipelineDeclaration,
  PipelineRun,
  PipelineRunDetail,
} from './model.ts'
export { endGroup, yieldToServing } from './process-group.ts'
export { reproductionRoutes } from './reproductions.routes.ts'
export { pipelineRoutes } from './routes.ts'
export { PipelineService, type StartOptions } from './service.ts'
export { stepEnvironment } from './step-command.ts'
