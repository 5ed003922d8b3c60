export {
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
export { binaryLogLoss, type ProbabilityLoss, probabilityLoss } from './probability-loss.ts'
export { pinballLoss, type RegressionMetrics, regressionMetrics } from './regression.ts'
