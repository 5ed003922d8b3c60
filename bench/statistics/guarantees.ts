import {
  alphaSpendingBoundary,
  asymptoticConfidenceSequence,
  bernoulliConfidenceSequence,
  bernoulliSprt,
  bettingSequence,
  compareArms,
  compareAucs,
  compareProportions,
  correctedResampledTTest,
  correctTests,
  EMPTY_ARM,
  empiricalBernsteinSequence,
  equivalenceTest,
  groupSequentialBoundary,
  hoeffdingSequence,
  MSPRT_START,
  mcNemar,
  msprt,
  msprtTwoProportions,
  pairedBootstrap,
  pairedTTest,
  type Random,
  sampleRatioMismatch,
  seededRandom,
  subGaussianConfidenceSequence,
  wilcoxonSignedRank,
  withLoss,
} from '@kaizen/ml'

/** A test or interval that looks at data of a given effect, and whether it rejects the null hypothesis. */
export interface Guarantee {
  readonly kind: 'paired' | 'fixed' | 'every look' | 'many tests'
  /** Draws data and says whether the null is rejected; `effect` 0 is the null. */
  readonly rejects: (random: Random, effect: number) => boolean
  /** The alternative at which power is stated. */
  readonly effect: number
  readonly alternative: string
  /** Runs at most, for those that take their time. */
  readonly most?: number
}

const ALPHA = 0.05
const ROWS = 60
const LOOKS = 300

export const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
const normals = (random: Random, rows: number, mean = 0) =>
  Float64Array.from({ length: rows }, () => mean + normal(random))
const flags = (random: Random, rows: number, p: number) =>
  Float64Array.from({ length: rows }, () => (random() < p ? 1 : 0))
const p = (found: { readonly status: string; readonly pValue?: number }): boolean =>
  found.status === 'ok' && (found.pValue ?? 1) <= ALPHA

/** Two columns of one table: a shared part, a part of their own, and the effect on the second. */
const pairs = (random: Random, effect: number) => {
  const shared = normals(random, ROWS)
  return [
    shared.map((x) => x + normal(random)),
    shared.map((x) => x + normal(random) - effect),
  ] as const
}

const disagreements = (random: Random, effect: number): readonly [number, number] => {
  let onlyA = 0
  for (let i = 0; i < ROWS; i++) if (random() < 0.5 + effect) onlyA++
  return [onlyA, ROWS - onlyA]
}
const mcNemarBy =
  (read: 'exact' | 'corrected' | 'uncorrected') =>
  (random: Random, effect: number): boolean => {
    const found = mcNemar(...disagreements(random, effect))
    if (found.status !== 'ok') return false
    return (read === 'exact' ? found.exactPValue : found[read].pValue) <= ALPHA
  }

/** Scores of two models on rows of two classes: noise half shared, and the classes further apart for the second. */
const rankings = (random: Random, effect: number) => {
  const label = Float64Array.from({ length: 120 }, (_, i) => i % 2)
  const shared = normals(random, 120)
  const score = (apart: number) => label.map((y, i) => apart * y + shared[i]! + normal(random))
  return [label, score(1), score(1 + effect)] as const
}

/** Any look of a growing sample, by a decision that takes the count and the sum so far. */
const everyLook =
  (rejectsAt: (n: number, sum: number, squares: number) => boolean, step = 1) =>
  (random: Random, effect: number): boolean => {
    let [sum, squares] = [0, 0]
    for (let n = 1; n <= LOOKS; n++) {
      const x = effect + normal(random)
      sum += x
      squares += x * x
      if (n % step === 0 && rejectsAt(n, sum, squares)) return true
    }
    return false
  }
const excludes = (interval: { readonly lower: number; readonly upper: number }, truth: number) =>
  interval.lower > truth || interval.upper < truth
const path =
  (sequence: typeof hoeffdingSequence, rows: number) =>
  (random: Random, effect: number): boolean => {
    const { lower, upper } = sequence(flags(random, rows, 0.3 + effect), ALPHA)
    return lower.some((bound, i) => excludes({ lower: bound, upper: upper[i]! }, 0.3))
  }
const groupwise =
  (bounds: readonly number[]) =>
  (random: Random, effect: number): boolean => {
    let sum = 0
    return bounds.some((bound, k) => {
      for (let i = 0; i < 50; i++) sum += effect + normal(random)
      return Math.abs(sum) / Math.sqrt(50 * (k + 1)) > bound
    })
  }
const anyOf20 =
  (correction: Parameters<typeof correctTests>[1]) =>
  (random: Random, effect: number): boolean => {
    const pValues = Array.from({ length: 20 }, (_, k) => {
      const found = pairedTTest(normals(random, 25, k < 5 ? effect : 0), new Float64Array(25))
      return found.status === 'ok' ? found.pValue : 1
    })
    return correctTests(pValues, correction, ALPHA).reject.some(Boolean)
  }
const byShares = (random: Random, effect: number, how: 'score' | 'wald'): boolean => {
  const arm = (share: number) => ({
    successes: flags(random, 200, share).reduce((sum, x) => sum + x, 0),
    trials: 200,
  })
  const found = compareProportions(arm(0.3 + effect), arm(0.3), 0)
  return found.status === 'ok' && found[how].pValue <= ALPHA
}
const looks5 = [0.2, 0.4, 0.6, 0.8, 1]

/** Tests beside those of drift, by what they promise. */
export const GUARANTEES: Readonly<Record<string, Guarantee>> = {
  'paired t': {
    kind: 'paired',
    rejects: (r, e) => p(pairedTTest(...pairs(r, e))),
    effect: 0.5,
    alternative: 'mean + 0.5',
  },
  wilcoxon: {
    kind: 'paired',
    rejects: (r, e) => p(wilcoxonSignedRank(...pairs(r, e))),
    effect: 0.5,
    alternative: 'mean + 0.5',
  },
  'paired bootstrap': {
    kind: 'paired',
    rejects: (r, e) => {
      const found = pairedBootstrap(...pairs(r, e), { resamples: 400, confidence: 0.95, seed: 3 })
      return found.status === 'ok' && (found.interval[0] > 0 || found.interval[1] < 0)
    },
    effect: 0.5,
    alternative: 'mean + 0.5',
  },
  'nadeau-bengio': {
    kind: 'paired',
    // Ten resampled splits with a tenth for testing: their scores correlate by a tenth, as the correction has it.
    rejects: (r, e) => {
      const common = Math.sqrt(0.1) * normal(r)
      const scores = Float64Array.from(
        { length: 10 },
        () => e + common + Math.sqrt(0.9) * normal(r),
      )
      return p(correctedResampledTTest(scores, new Float64Array(10), 1 / 9))
    },
    effect: 1.5,
    alternative: 'mean + 1.5',
  },
  'mcnemar, exact': {
    kind: 'paired',
    rejects: mcNemarBy('exact'),
    effect: 0.2,
    alternative: 'share 0.7',
  },
  'mcnemar, corrected': {
    kind: 'paired',
    rejects: mcNemarBy('corrected'),
    effect: 0.2,
    alternative: 'share 0.7',
  },
  'mcnemar, uncorrected': {
    kind: 'paired',
    rejects: mcNemarBy('uncorrected'),
    effect: 0.2,
    alternative: 'share 0.7',
  },
  'delong, two curves': {
    kind: 'paired',
    rejects: (r, e) => p(compareAucs(...rankings(r, e))),
    effect: 1,
    alternative: 'classes apart + 1',
    most: 1000,
  },
  'shares, score': {
    kind: 'fixed',
    rejects: (r, e) => byShares(r, e, 'score'),
    effect: 0.15,
    alternative: 'share + 0.15',
  },
  'shares, wald': {
    kind: 'fixed',
    rejects: (r, e) => byShares(r, e, 'wald'),
    effect: 0.15,
    alternative: 'share + 0.15',
  },
  'sample ratio': {
    kind: 'fixed',
    rejects: (r, e) => {
      const inA = flags(r, 1000, 0.5 + e).reduce((sum, x) => sum + x, 0)
      return sampleRatioMismatch([inA, 1000 - inA], [1, 1]).pValue <= ALPHA
    },
    effect: 0.05,
    alternative: 'share 0.55',
  },
  'equivalence, tost': {
    kind: 'fixed',
    // The null is a difference at the limit, the alternative none at all.
    rejects: (r, e) => {
      const found = equivalenceTest(normals(r, 100, 0.5 - e), normals(r, 100), {
        limits: [-0.5, 0.5],
      })
      return p(found)
    },
    effect: 0.5,
    alternative: 'no difference',
  },
  msprt: {
    kind: 'every look',
    rejects: (r, e) => {
      let [state, sum] = [MSPRT_START, 0]
      for (let n = 1; n <= LOOKS; n++) {
        sum += e + normal(r)
        state = msprt(state, { n, mean: sum / n }, { sigma: 1, tau: 0.3 })
        if (state.pValue <= ALPHA) return true
      }
      return false
    },
    effect: 0.3,
    alternative: 'mean + 0.3',
  },
  'msprt, two shares': {
    kind: 'every look',
    rejects: (r, e) => {
      let [state, a, b] = [MSPRT_START, 0, 0]
      for (let n = 1; n <= LOOKS; n++) {
        a += r() < 0.3 ? 1 : 0
        b += r() < 0.3 + e ? 1 : 0
        state = msprtTwoProportions(state, { n, shareA: a / n, shareB: b / n }, 0.1)
        // The variance is estimated: before there is much to estimate it from, nothing is promised.
        if (n >= 30 && state.pValue <= ALPHA) return true
      }
      return false
    },
    effect: 0.2,
    alternative: 'share + 0.2',
  },
  'sprt, bernoulli': {
    kind: 'every look',
    rejects: (r, e) =>
      bernoulliSprt(flags(r, 1000, 0.3 + e), { p0: 0.3, p1: 0.45, alpha: ALPHA, beta: 0.1 })
        .decision === 'reject-h0',
    effect: 0.15,
    alternative: 'share 0.45',
  },
  'sub-gaussian sequence': {
    kind: 'every look',
    rejects: everyLook((n, sum) => {
      const found = subGaussianConfidenceSequence(
        { n, mean: sum / n },
        { sigma: 1, alpha: ALPHA, rho: 50 },
      )
      return found.status === 'ok' && excludes(found, 0)
    }),
    effect: 0.3,
    alternative: 'mean + 0.3',
    most: 500,
  },
  'asymptotic sequence': {
    kind: 'every look',
    rejects: everyLook((n, sum, squares) => {
      if (n < 30) return false
      const mean = sum / n
      const found = asymptoticConfidenceSequence(
        { n, mean, variance: squares / n - mean ** 2 },
        { alpha: ALPHA, rho: 0.2 },
      )
      return found.status === 'ok' && excludes(found, 0)
    }),
    effect: 0.3,
    alternative: 'mean + 0.3',
  },
  'bernoulli sequence': {
    kind: 'every look',
    rejects: (r, e) => {
      let successes = 0
      for (let n = 1; n <= LOOKS; n++) {
        successes += r() < 0.3 + e ? 1 : 0
        if (n % 10 > 0) continue
        if (excludes(bernoulliConfidenceSequence(successes, n, { alpha: ALPHA, tOpt: 100 }), 0.3))
          return true
      }
      return false
    },
    effect: 0.2,
    alternative: 'share 0.5',
    most: 300,
  },
  'hoeffding sequence': {
    kind: 'every look',
    rejects: path(hoeffdingSequence, LOOKS),
    effect: 0.3,
    alternative: 'share 0.6',
  },
  'bernstein sequence': {
    kind: 'every look',
    rejects: path(empiricalBernsteinSequence, LOOKS),
    effect: 0.3,
    alternative: 'share 0.6',
  },
  'betting sequence': {
    kind: 'every look',
    rejects: path(bettingSequence, 100),
    effect: 0.3,
    alternative: 'share 0.6',
    most: 300,
  },
  'canary comparison': {
    kind: 'every look',
    rejects: (r, e) => {
      let [baseline, canary] = [EMPTY_ARM, EMPTY_ARM]
      for (let n = 1; n <= LOOKS; n++) {
        baseline = withLoss(baseline, normal(r))
        canary = withLoss(canary, normal(r) + e)
        const found = compareArms(baseline, canary, { tightestAt: 150 })
        if (found.status === 'ok' && found.verdict !== 'undecided') return true
      }
      return false
    },
    effect: 0.5,
    alternative: 'loss + 0.5',
  },
  pocock: {
    kind: 'every look',
    rejects: groupwise(groupSequentialBoundary('pocock', { looks: 5, alpha: ALPHA }).bounds),
    effect: 0.2,
    alternative: 'mean + 0.2',
  },
  "o'brien-fleming": {
    kind: 'every look',
    rejects: groupwise(
      groupSequentialBoundary('obrien-fleming', { looks: 5, alpha: ALPHA }).bounds,
    ),
    effect: 0.2,
    alternative: 'mean + 0.2',
  },
  'spending, pocock': {
    kind: 'every look',
    rejects: groupwise(
      alphaSpendingBoundary('pocock', { information: looks5, alpha: ALPHA }).bounds,
    ),
    effect: 0.2,
    alternative: 'mean + 0.2',
  },
  "spending, o'brien-fleming": {
    kind: 'every look',
    rejects: groupwise(
      alphaSpendingBoundary('obrien-fleming', { information: looks5, alpha: ALPHA }).bounds,
    ),
    effect: 0.2,
    alternative: 'mean + 0.2',
  },
  ...Object.fromEntries(
    (['bonferroni', 'holm', 'benjamini-hochberg', 'benjamini-yekutieli'] as const).map(
      (correction): [string, Guarantee] => [
        correction,
        {
          kind: 'many tests',
          rejects: anyOf20(correction),
          effect: 0.8,
          alternative: '5 of 20 + 0.8',
        },
      ],
    ),
  ),
}

/** The share of runs in which the null is rejected, at the null (effect 0) or at the stated alternative. */
export const rejectionRate = (name: string, at: 'null' | 'alternative', runs: number): number => {
  const { rejects, effect, most = runs } = GUARANTEES[name]!
  const random = seededRandom(91)
  const times = Math.min(runs, most)
  let rejected = 0
  for (let i = 0; i < times; i++) if (rejects(random, at === 'null' ? 0 : effect)) rejected++
  return rejected / times
}
