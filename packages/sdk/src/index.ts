/** What users import: the loop as plain typed values, and the client of the server's API. */
export { listProjectFiles, type ProjectFile } from './bundle.ts'
export { type CallInput, type Client, type ClientOptions, createClient } from './client.ts'
export { codeSource } from './code-source.ts'
export {
  type CommandDeclaration,
  type CommandStep,
  commandStep,
  type PythonDeclaration,
  pythonStep,
} from './command-step.ts'
export {
  type Contract,
  type ContractExpectation,
  contract,
  expectation,
} from './contract.ts'
export {
  type CustomMetric,
  type CustomMetricOptions,
  customMetric,
  type MetricFigure,
  type MetricResult,
  type MetricRow,
  type MetricWindow,
} from './custom-metric.ts'
export {
  atLeast,
  atMost,
  between,
  csv,
  type Dataset,
  type DatasetOptions,
  dataset,
  type Expectation,
  oneOf,
  parquet,
  present,
  type Source,
} from './dataset.ts'
export { type Endpoint, type EndpointOptions, endpoint } from './endpoint.ts'
export {
  type Ensemble,
  EnsembleBuilder,
  type EnsembleNodeHandle,
  ensemble,
  type SelectCase,
  type TensorHandle,
  type TensorSource,
} from './ensemble.ts'
export {
  type FeatureService,
  type FeatureServiceOptions,
  featureService,
  type SelectedFeatures,
  type SelectedOnDemand,
  selectFeatures,
} from './feature-service.ts'
export {
  type Entity,
  type EntityOptions,
  entity,
  type FeatureOptions,
  type FeatureView,
  type FeatureViewOptions,
  featureView,
} from './features.ts'
export type { CallOptions, RunOptions } from './graph.ts'
export type {
  FileHandle,
  Handle,
  Input,
  MetricHandle,
  ModelHandle,
  TableHandle,
  ValueHandle,
} from './handle.ts'
export { loadProject } from './load-project.ts'
export { type ProjectBundle, toManifest } from './manifest.ts'
export {
  alert,
  type BatchMonitorOptions,
  batchMonitor,
  type DatasetMonitorOptions,
  datasetMonitor,
  type FeatureViewMonitorOptions,
  featureViewMonitor,
  type Monitor,
  type MonitorOptions,
  monitor,
  type PipelineMonitorOptions,
  pipelineMonitor,
} from './monitor.ts'
export {
  type LookedUp,
  lookedUp,
  type OnDemandContext,
  type OnDemandView,
  type OnDemandViewOptions,
  onDemandView,
} from './on-demand.ts'
export { type Pipeline, type PipelineOptions, pipeline } from './pipeline.ts'
export {
  beatsChampion,
  canary,
  cron,
  exceeds,
  expanding,
  fallsBelow,
  labelled,
  olderThan,
  type Policy,
  type PolicyOptions,
  policy,
  raised,
  shadow,
  sinceLast,
  sliding,
  type TrainingPipeline,
  trainingWindow,
  worsens,
} from './policy.ts'
export {
  file,
  flag,
  integer,
  jsonParam,
  metric,
  model,
  number,
  type Param,
  type Params,
  type Port,
  type Ports,
  table,
  text,
  timestamp,
  value,
} from './ports.ts'
export { isProject, type Project, type ProjectOptions, project } from './project.ts'
export { type Report, type ReportOptions, report } from './report.ts'
export { parseServerSentEvents } from './server-sent-events.ts'
export {
  type PythonServingStepOptions,
  pythonServingStep,
  type ServingStep,
  type ServingStepOptions,
  servingStep,
  type TensorPort,
  type TensorPorts,
  tensor,
} from './serving-step.ts'
export { isStep, type RunnableStep, type Step, type StepContext, step } from './step.ts'
export type { StepAnswer, StepDatatype, StepTensor } from './step-tensor.ts'
export {
  type GradientBoostingOptions,
  type LinearOptions,
  type LogisticOptions,
  type Trained,
  train,
} from './train.ts'
export {
  compatibleSchema,
  foreignKey,
  freshness,
  type Ratio,
  rowsBeside,
  type SchemaEvolution,
  steadyVolume,
} from './version-checks.ts'
export { type WindowOptions, window } from './window.ts'
