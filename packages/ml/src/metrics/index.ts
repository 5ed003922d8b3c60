export {
  type AucComparison,
  type AucInterval,
  aucInterval,
  compareAucs,
} from './auc-interval.ts'
export {
  averagePrecision,
  type BinaryRankingMetrics,
  binaryRankingMetrics,
  type PrecisionRecallCurve,
  precisionRecallCurve,
  type RocCurve,
  rocCurve,
} from './binary-ranking.ts'
export {
  type BinaryConfusion,
  type BinaryThresholdMetrics,
  binaryThresholdMetrics,
  businessValue,
  confusionMetrics,
  type ThresholdOptions,
} from './binary-threshold.ts'
export {
  type CalibrationCurve,
  type CalibrationError,
  type CalibrationStrategy,
  calibrationCurve,
  calibrationError,
} from './calibration.ts'
export { type ClusteringAgreement, clusteringAgreement } from './clustering-agreement.ts'
export { type ClusteringShape, clusteringShape } from './clustering-shape.ts'
export {
  type ForecastMetrics,
  forecastMetrics,
  type IntervalForecast,
  intervalForecastMetrics,
} from './forecasting.ts'
export { applyIsotonic, fitIsotonic, type IsotonicFit } from './isotonic.ts'
export { type ClassScores, type MulticlassMetrics, multiclassMetrics } from './multiclass.ts'
export {
  type MulticlassProbabilityMetrics,
  multiclassProbabilityMetrics,
} from './multiclass-probability.ts'
export { applyPlatt, fitPlatt, type PlattFit } from './platt.ts'
export { binaryLogLoss, type ProbabilityLoss, probabilityLoss } from './probability-loss.ts'
export { discountedGain, normalizedGain, rankingAveragePrecision } from './ranking.ts'
export { type RankingAt, type RankingMetrics, rankingAt, rankingMetrics } from './ranking-at.ts'
export { pinballLoss, type RegressionMetrics, regressionMetrics } from './regression.ts'
export { areProbabilities } from './rows.ts'
