export {
  type ArmRewards,
  meanReward,
  NO_REWARDS,
  rewardVariance,
  withReward,
} from './arm-rewards.ts'
export { gaussianBestArm } from './gaussian-best-arm.ts'
export {
  type LinearPosterior,
  type LinearRewards,
  linearPosterior,
  noLinearRewards,
  normalBestShares,
  predictLinear,
  withLinearReward,
} from './linear-arm.ts'
export {
  type LoggedDecision,
  type OffPolicyEstimate,
  offPolicyEstimate,
  type PolicyValue,
} from './off-policy.ts'
export {
  allTo,
  greedyShares,
  thompsonBetaShares,
  thompsonGaussianShares,
  ucbShares,
  withExploration,
} from './shares.ts'
