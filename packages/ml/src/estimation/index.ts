export type { CalibrationFit, Calibrator } from './calibrator.ts'
export {
  type CbpeEstimate,
  type CbpeOptions,
  type CbpeReference,
  type CbpeReferences,
  estimateCbpe,
  estimateCbpeMetrics,
  fitCbpe,
  fitCbpeMetrics,
  realizedMetric,
} from './cbpe.ts'
export {
  estimateMulticlassCbpe,
  fitMulticlassCbpe,
  type MulticlassCbpeReference,
  type MulticlassEstimatedMetric,
  realizedMulticlassMetric,
} from './cbpe-multiclass.ts'
export { type Chunk, chunksOf, type IncompleteChunk } from './chunks.ts'
export { type DeviationThreshold, deviationThreshold } from './deviation-threshold.ts'
export {
  directLossSamplingError,
  estimateDirectLoss,
  fitDirectLoss,
  REGRESSION_LOSSES,
  type RegressionLoss,
  realizedLoss,
} from './direct-loss.ts'
export {
  ESTIMATED_METRICS,
  type EstimatedMetric,
  type ExpectedRows,
  expectedConfusion,
  expectedMetric,
  expectedMetrics,
  expectedRanking,
} from './expected-performance.ts'
export {
  densityRatios,
  type ImportanceWeighted,
  importanceWeighted,
} from './importance-weighted.ts'
export {
  type CalibrationNeed,
  type CalibrationTrial,
  equalCountCalibrationError,
  needsCalibration,
} from './needs-calibration.ts'
export { samplingError } from './sampling-error.ts'
