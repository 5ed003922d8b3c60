export {
  GROUP_METRICS,
  type GroupedMetric,
  type GroupMetricName,
  type GroupMetrics,
  type GroupMetricsInput,
  type GroupSize,
  groupMetrics,
} from './group-metrics.ts'
export { type Groups, groupColumn, intersectGroups } from './groups.ts'
export { type BenefitInequality, generalizedEntropy } from './inequality.ts'
export {
  type GroupThresholds,
  optimizeThresholds,
  type Reweighing,
  removeCorrelation,
  reweigh,
} from './mitigation.ts'
export {
  demographicParity,
  type EqualizedOdds,
  equalizedOdds,
  equalOpportunity,
  type FourFifths,
  fourFifths,
} from './parity.ts'
