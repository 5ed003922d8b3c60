export {
  type ArmComparison,
  type ArmComparisonOptions,
  type ArmTotals,
  type ArmVerdict,
  compareArms,
  EMPTY_ARM,
  withLoss,
} from './compare-arms.ts'
export {
  asymptoticConfidenceSequence,
  asymptoticRho,
  type SequentialInterval,
  subGaussianConfidenceSequence,
} from './confidence-sequence.ts'
export {
  MSPRT_START,
  type MsprtOptions,
  type MsprtState,
  msprt,
  msprtTwoProportions,
} from './msprt.ts'
export { normalMixtureBoundary, normalMixtureRho } from './normal-mixture.ts'
