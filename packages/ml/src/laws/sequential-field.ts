import { type FieldItem, of } from './field-item.ts'

/** Tests that are looked at again and again, plans for them, and choices between arms. */
export const SEQUENTIAL_FIELD: readonly FieldItem[] = [
  of(
    'mSPRT',
    'msprt msprtTwoProportions',
    'Johari, Pekelis and Walsh 2017',
    'msprt msprt-two-proportions',
  ),
  of(
    'confidence sequence of a mean',
    'asymptoticConfidenceSequence asymptoticRho subGaussianConfidenceSequence',
    '2024',
    'confidence-sequence-mean confidence-sequence-asymptotic',
  ),
  of(
    'boundaries: normal mixture',
    'normalMixtureBoundary normalMixtureRho twoSidedNormalBound oneSidedNormalBound oneSidedMixtureBoundary',
    '2021',
    'normal-mixture-boundary normal-mixture-bound',
  ),
  of(
    'boundaries: gamma-exponential, stitched',
    'polynomialStitchingBound gammaExponentialBound',
    'Howard et al. 2021',
    'gamma-exponential-bound poly-stitching-bound',
  ),
  of(
    'beta-binomial mixture',
    'bernoulliConfidenceSequence',
    'Howard et al. 2021',
    'bernoulli-confidence-sequence',
  ),
  of(
    'means of bounded values',
    'hoeffdingSequence empiricalBernsteinSequence bettingSequence',
    '2024',
    'predmix-hoeffding predmix-empirical-bernstein betting-confidence-sequence',
  ),
  of('sequential probability ratio', 'bernoulliSprt', 'Wald 1945', 'sprt-bernoulli'),
  of(
    'group-sequential boundaries, alpha spending',
    'groupSequentialBoundary alphaSpendingBoundary',
    '1977',
    'group-sequential-boundary alpha-spending-boundary',
  ),
  of(
    'power and sample size',
    'powerOfProportions powerOfMeans sampleSizeOfProportions sampleSizeOfMeans cohensH',
    'Cohen 1988',
    'sample-size-proportions sample-size-means power-proportions power-means',
  ),
  of('equivalence', 'equivalenceTest', 'Schuirmann 1987', 'equivalence-tost'),
  of(
    'two shares',
    'compareProportions sampleRatioMismatch',
    'Farrington and Manning 1990',
    'ab-proportions sample-ratio-mismatch',
  ),
  of('variance reduction (CUPED)', 'cuped', '2013', 'cuped'),
  of('canary against production, at any time', 'compareArms withLoss', '2024'),
  of('best arm', 'betaBestArm gaussianBestArm', 'Thompson 1933', 'beta-best-arm'),
  of(
    'bandits: UCB, EXP3, LinUCB',
    'chooseUcb rewardUcb exp3Probabilities rewardExp3 scoreLinUcb rewardLinUcb emptyLinUcbArm',
    '2002',
    'bandit-ucb bandit-exp3 bandit-linucb',
  ),
  of(
    'shares of traffic',
    'thompsonBetaShares thompsonGaussianShares ucbShares greedyShares normalBestShares linearPosterior predictLinear',
    '1933',
  ),
  of('value of a policy from logs', 'offPolicyEstimate', 'Dudík, Langford and Li 2011'),
]
