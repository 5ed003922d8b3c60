/** Experiments, runs, metrics, parameters, artifacts and logged models; the MLflow tracking protocol. */
export { checkedArtifactPath, joinPath } from './artifacts/artifact-path.ts'
export { sendArtifact } from './artifacts/artifacts.routes.ts'
export { requireTreePath, treePathOf } from './artifacts/artifacts.service.ts'
export type { Expired } from './deletions/deletions.service.ts'
export { importRoutes } from './imports.routes.ts'
export { trackingMigrations } from './migrations.ts'
export { mlflowSurface } from './mlflow-surface.ts'
export { unlessEmpty } from './mlflow-wire.ts'
export type { Experiment, MetricPoint, Run, RunDetail, RunStatus } from './model.ts'
export { previewRoutes } from './previews/previews.routes.ts'
export { checkLength, checkName } from './rules.ts'
export { checkPageSize } from './runs/run-search.ts'
export {
  type Clause,
  numeric,
  type Order,
  parseFilter,
  parseOrders,
  type SearchGrammar,
  textual,
  textualOrListed,
  textualOrNull,
} from './search/filter.ts'
export {
  after,
  ascending,
  compare,
  descending,
  orderBy,
  positionOf,
  type SortedRow,
  type SortTerm,
  sortColumns,
  within,
} from './search/keyset.store.ts'
export { type Position, pageToken, readPageToken } from './search/page-token.ts'
export { type StageLog, type TrackingDeps, TrackingService } from './service.ts'
export { trackingSurface } from './surface.ts'
export { isTraceName, traceNameValue } from './traces/trace-schema.store.ts'
