export {
  type AbComparison,
  compareProportions,
  sampleRatioMismatch,
  type Trials,
} from './ab-proportions.ts'
export {
  chooseUcb,
  emptyLinUcbArm,
  exp3Probabilities,
  type LinUcbArm,
  rewardExp3,
  rewardLinUcb,
  rewardUcb,
  scoreLinUcb,
  type UcbState,
} from './bandits.ts'
export { type BetaPosterior, betaBestArm } from './beta-best-arm.ts'
export {
  bettingSequence,
  empiricalBernsteinSequence,
  hoeffdingSequence,
  type IntervalPath,
} from './bounded-mean.ts'
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
  type BernoulliSequenceOptions,
  type BoundOptions,
  bernoulliConfidenceSequence,
  gammaExponentialBound,
  oneSidedMixtureBoundary,
  oneSidedNormalBound,
  polynomialStitchingBound,
  type StitchingOptions,
  twoSidedNormalBound,
} from './confidence-bounds.ts'
export {
  asymptoticConfidenceSequence,
  asymptoticRho,
  type SequentialInterval,
  subGaussianConfidenceSequence,
} from './confidence-sequence.ts'
export { type Cuped, cuped } from './cuped.ts'
export { type Equivalence, equivalenceTest } from './equivalence.ts'
export {
  alphaSpendingBoundary,
  type BoundaryShape,
  type GroupSequentialBoundary,
  groupSequentialBoundary,
  type SpendingBoundary,
} from './group-sequential.ts'
export {
  MSPRT_START,
  type MsprtOptions,
  type MsprtState,
  msprt,
  msprtTwoProportions,
} from './msprt.ts'
export { normalMixtureBoundary, normalMixtureRho } from './normal-mixture.ts'
export {
  cohensH,
  type PowerOptions,
  powerOfMeans,
  powerOfProportions,
  sampleSizeOfMeans,
  sampleSizeOfProportions,
} from './sample-size.ts'
export { bernoulliSprt, type SprtOptions, type SprtResult } from './sprt.ts'
