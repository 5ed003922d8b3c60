/** Typed graphs of steps: scheduling, content cache, processes of steps, logs and lineage. */

export { BundleFolders, checkBundlePaths } from './bundle-folders.ts'
export type { PipelineDeps } from './dependencies.ts'
export type {
  RunningStep,
  StepExecutor,
  StepOutcome,
  StepOutput,
  StepSpec,
} from './execution/executor.ts'
export { type LocalExecutorOptions, openLocalExecutor } from './execution/local-executor.ts'
export { endGroup, yieldToServing } from './execution/process-group.ts'
export { stepEnvironment } from './execution/step-command.ts'
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
export { reproductionRoutes } from './reproductions/reproductions.routes.ts'
export { pipelineRoutes } from './routes.ts'
export { PipelineService, type StartOptions } from './service.ts'
export { collectWorkingFiles, type Removed, type WorkingFiles } from './working-files.ts'
