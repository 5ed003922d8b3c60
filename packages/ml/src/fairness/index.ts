export {
  type AdverseImpact,
  type AdverseImpactOptions,
  adverseImpact,
  type GroupImpact,
} from './adverse-impact.ts'
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
export {
  applyRandomisedThresholds,
  fitRandomisedThresholds,
  PARITY_CONSTRAINTS,
  type ParityConstraint,
  type RandomisedRule,
  type RandomisedThresholdOptions,
  type RandomisedThresholds,
  selectionChance,
} from './randomised-thresholds.ts'
