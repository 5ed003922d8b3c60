/** How good a model is on labelled rows, and whether it may replace another. */
export { decideGate } from './gate.ts'
export { answerColumn, loggedPredictions } from './logged.ts'
export { evaluate, metricsOf } from './metrics.ts'
export type { Actual, GateInput, MetricValues, Predictions } from './model.ts'
export { predictionsOf, type ScoredTable, score } from './scoring.ts'
