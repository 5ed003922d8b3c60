import type { Outcome } from '../outcome.ts'
import { compareProportions, sampleRatioMismatch } from '../sequential/ab-proportions.ts'
import {
  chooseUcb,
  emptyLinUcbArm,
  exp3Probabilities,
  rewardExp3,
  rewardLinUcb,
  rewardUcb,
  scoreLinUcb,
  type UcbState,
} from '../sequential/bandits.ts'
import { type BetaPosterior, betaBestArm } from '../sequential/beta-best-arm.ts'
import {
  bettingSequence,
  empiricalBernsteinSequence,
  hoeffdingSequence,
  type IntervalPath,
} from '../sequential/bounded-mean.ts'
import {
  bernoulliConfidenceSequence,
  gammaExponentialBound,
  oneSidedMixtureBoundary,
  oneSidedNormalBound,
  polynomialStitchingBound,
  twoSidedNormalBound,
} from '../sequential/confidence-bounds.ts'
import {
  asymptoticConfidenceSequence,
  type SequentialInterval,
  subGaussianConfidenceSequence,
} from '../sequential/confidence-sequence.ts'
import { cuped } from '../sequential/cuped.ts'
import { equivalenceTest } from '../sequential/equivalence.ts'
import { alphaSpendingBoundary, groupSequentialBoundary } from '../sequential/group-sequential.ts'
import { MSPRT_START, type MsprtState, msprt, msprtTwoProportions } from '../sequential/msprt.ts'
import { normalMixtureBoundary } from '../sequential/normal-mixture.ts'
import {
  powerOfMeans,
  sampleSizeOfMeans,
  sampleSizeOfProportions,
} from '../sequential/sample-size.ts'
import { bernoulliSprt } from '../sequential/sprt.ts'
import type { ParityFunction } from './parity-function.ts'
import { type Inputs, listOf, numbers, type Parameters } from './values.ts'

type Expected = Readonly<Record<string, unknown>>
const tracePoints = (expected: Expected): number[] =>
  (expected['trace'] as { n: number }[]).map(({ n }) => n)

const parameter = (parameters: Parameters, name: string) => Number(parameters[name])
const shapeOf = (name: unknown) =>
  String(name).startsWith('pocock') ? ('pocock' as const) : ('obrien-fleming' as const)

const sidesOf = ({ sides }: Parameters) => (sides === 1 ? 1 : 2)

const atTimes = (parameters: Parameters, bound: (v: number) => number) =>
  (parameters['intrinsicTime'] as number[]).map(bound)

/** The level for which boundaries are tight, where a case names none. */
const CUSTOMARY = 0.05

const boundOptions = (parameters: Parameters) => ({
  alpha: parameter(parameters, 'alpha'),
  vOpt: parameter(parameters, 'vOpt'),
  alphaOpt: Number(parameters['alphaOpt'] ?? CUSTOMARY),
})

/** The interval that all intervals so far have in common. */
const intersected = ({ lower, upper }: IntervalPath): IntervalPath => {
  let [low, high] = [0, 1]
  return {
    lower: lower.map((bound) => {
      low = Math.max(low, bound)
      return low
    }),
    upper: upper.map((bound) => {
      high = Math.min(high, bound)
      return high
    }),
  }
}

const pathTrace =
  (sequence: (values: Float64Array, alpha: number) => IntervalPath): ParityFunction =>
  (inputs, parameters, expected) => {
    const whole = sequence(numbers(inputs, 'values'), parameter(parameters, 'alpha'))
    const path = parameters['runningIntersection'] === true ? intersected(whole) : whole
    const trace = tracePoints(expected).map((n) => ({
      n,
      lower: path.lower[n - 1],
      upper: path.upper[n - 1],
    }))
    return { trace }
  }

const intervalTrace =
  (
    interval: (
      observed: { n: number; mean: number; variance: number },
      parameters: Parameters,
    ) => Outcome<SequentialInterval>,
  ): ParityFunction =>
  (inputs, parameters, expected) => {
    const all = numbers(inputs, 'values')
    const trace = tracePoints(expected).map((n) => {
      const part = all.subarray(0, n)
      const mean = part.reduce((sum, x) => sum + x, 0) / n
      const variance = part.reduce((sum, x) => sum + (x - mean) ** 2, 0) / n
      return interval({ n, mean, variance }, parameters)
    })
    return { trace }
  }

const stateTrace = (states: readonly MsprtState[], expected: Expected) => {
  const trace = tracePoints(expected).map((n) => states[n - 1])
  return { trace, first: trace.find((state) => state && state.pValue < 0.05)?.n ?? null }
}

const rewardRows = (inputs: Inputs) => listOf(inputs, 'rewards')

/** The sequential family of the parity schema. */
export const SEQUENTIAL_FUNCTIONS: Readonly<Record<string, ParityFunction>> = {
  'normal-mixture-bound': (_, parameters) => ({
    twoSided: atTimes(parameters, (v) => twoSidedNormalBound(v, boundOptions(parameters))),
    oneSided: atTimes(parameters, (v) => oneSidedNormalBound(v, boundOptions(parameters))),
  }),
  'gamma-exponential-bound': (_, parameters) => ({
    bound: atTimes(parameters, (v) =>
      gammaExponentialBound(v, { ...boundOptions(parameters), c: parameter(parameters, 'c') }),
    ),
  }),
  'poly-stitching-bound': (_, p) => ({
    bound: atTimes(p, (v) =>
      polynomialStitchingBound(v, {
        alpha: parameter(p, 'alpha'),
        vMin: parameter(p, 'vMin'),
        c: parameter(p, 'c'),
        s: parameter(p, 's'),
        eta: parameter(p, 'eta'),
      }),
    ),
  }),
  'bernoulli-confidence-sequence': (_, p) =>
    bernoulliConfidenceSequence(parameter(p, 'successes'), parameter(p, 'trials'), {
      alpha: parameter(p, 'alpha'),
      tOpt: parameter(p, 'tOpt'),
      alphaOpt: Number(p['alphaOpt'] ?? CUSTOMARY),
    }),
  'predmix-empirical-bernstein': pathTrace(empiricalBernsteinSequence),
  'predmix-hoeffding': pathTrace(hoeffdingSequence),
  'betting-confidence-sequence': pathTrace(bettingSequence),
  'normal-mixture-boundary': (_, p) => ({
    boundary: atTimes(p, (v) =>
      (p['sides'] === 1 ? oneSidedMixtureBoundary : normalMixtureBoundary)(v, {
        alpha: parameter(p, 'alpha'),
        rho: parameter(p, 'rho'),
      }),
    ),
  }),
  'confidence-sequence-mean': intervalTrace((observed, p) =>
    subGaussianConfidenceSequence(observed, {
      sigma: parameter(p, 'sigma'),
      alpha: parameter(p, 'alpha'),
      rho: parameter(p, 'rho'),
    }),
  ),
  'confidence-sequence-asymptotic': intervalTrace((observed, p) =>
    asymptoticConfidenceSequence(observed, {
      alpha: parameter(p, 'alpha'),
      rho: parameter(p, 'rho'),
    }),
  ),
  msprt: (inputs, p, expected) => {
    const options = {
      sigma: parameter(p, 'sigma'),
      tau: parameter(p, 'tau'),
      theta0: parameter(p, 'theta0'),
    }
    let [state, sum] = [MSPRT_START, 0]
    const states = Array.from(numbers(inputs, 'values'), (x, i) => {
      sum += x
      state = msprt(state, { n: i + 1, mean: sum / (i + 1) }, options)
      return state
    })
    const { trace, first } = stateTrace(states, expected)
    return { trace, pBelow05AtOrBefore: first }
  },
  'msprt-two-proportions': (inputs, p, expected) => {
    const [a, b] = [numbers(inputs, 'a'), numbers(inputs, 'b')]
    let [state, sumA, sumB] = [MSPRT_START, 0, 0]
    const states = Array.from(a, (x, i) => {
      sumA += x
      sumB += b[i]!
      const n = i + 1
      state = msprtTwoProportions(
        state,
        { n, shareA: sumA / n, shareB: sumB / n },
        parameter(p, 'tau'),
      )
      return state
    })
    return stateTrace(states, expected)
  },
  'sprt-bernoulli': (inputs, p) =>
    bernoulliSprt(numbers(inputs, 'values'), {
      p0: parameter(p, 'p0'),
      p1: parameter(p, 'p1'),
      alpha: parameter(p, 'alpha'),
      beta: parameter(p, 'beta'),
    }),
  'group-sequential-boundary': (_, p) =>
    groupSequentialBoundary(shapeOf(p['kind']), {
      looks: parameter(p, 'looks'),
      alpha: parameter(p, 'alpha'),
      sides: sidesOf(p),
    }),
  'alpha-spending-boundary': (_, p) =>
    alphaSpendingBoundary(shapeOf(p['spending']), {
      information: p['information'] as number[],
      alpha: parameter(p, 'alpha'),
      sides: sidesOf(p),
    }),
  'sample-size-proportions': (_, p) =>
    sampleSizeOfProportions(parameter(p, 'p0'), parameter(p, 'p1'), {
      alpha: parameter(p, 'alpha'),
      power: parameter(p, 'power'),
      ratio: parameter(p, 'ratio'),
    }),
  'sample-size-means': (_, p, expected) => {
    const [d, alpha] = [parameter(p, 'd'), parameter(p, 'alpha')]
    const powers = Object.keys(expected).flatMap((name) => {
      const rows = /^powerAt(\d+)$/u.exec(name)?.[1]
      return rows ? [[name, powerOfMeans(d, Number(rows), alpha)] as const] : []
    })
    const nPerGroup = sampleSizeOfMeans(d, { alpha, power: parameter(p, 'power') })
    return { nPerGroup, ...Object.fromEntries(powers) }
  },
  'equivalence-tost': (inputs, p) =>
    equivalenceTest(numbers(inputs, 'a'), numbers(inputs, 'b'), {
      limits: [parameter(p, 'lower'), parameter(p, 'upper')],
      equalVariances: p['variance'] === 'pooled',
    }),
  'ab-proportions': (_, p) => {
    const [a, b] = [p['a'], p['b']] as [number, number][]
    return compareProportions(
      { successes: a![0], trials: a![1] },
      { successes: b![0], trials: b![1] },
      parameter(p, 'margin'),
    )
  },
  'beta-best-arm': (_, { posteriors }) => betaBestArm(posteriors as BetaPosterior[]),
  'bandit-ucb': (inputs, { delta, steps }) => {
    const rewards = rewardRows(inputs)
    let state: UcbState = { pulls: rewards.map(() => 0), means: rewards.map(() => 0) }
    const played = Array.from({ length: Number(steps) }, () => {
      const arm = chooseUcb(state, Number(delta))
      state = rewardUcb(state, arm, rewards[arm]![state.pulls[arm]!]!)
      return arm
    })
    return { ...state, first60: played.slice(0, 60) }
  },
  'bandit-exp3': (inputs, { gamma, steps }, expected) => {
    const rewards = rewardRows(inputs)
    let logWeights = rewards.map(() => 0)
    const pulls = rewards.map(() => 0)
    const at = expected['probabilitiesAt'] as Record<string, unknown>
    const probabilitiesAt: Record<string, number[]> = {}
    for (let t = 0; t < Number(steps); t++) {
      const arm = t % rewards.length
      const reward = rewards[arm]![pulls[arm]!++]!
      if (String(t) in at) probabilitiesAt[t] = exp3Probabilities(logWeights, Number(gamma))
      logWeights = rewardExp3(logWeights, { arm, reward, gamma: Number(gamma) })
    }
    return { probabilitiesAt }
  },
  'bandit-linucb': (inputs, { alpha, ridge, query }) => {
    const contexts = listOf(inputs, 'contexts')
    const arms = [0, 1].map(() => emptyLinUcbArm(contexts.length, Number(ridge)))
    numbers(inputs, 'rewards').forEach((reward, i) => {
      arms[i % 2] = rewardLinUcb(
        arms[i % 2]!,
        contexts.map((column) => column[i]!),
        reward,
      )
    })
    return { arms: arms.map((arm) => scoreLinUcb(arm, query as number[], Number(alpha))) }
  },
  cuped: (inputs) => cuped(numbers(inputs, 'metric'), numbers(inputs, 'covariate')),
  'sample-ratio-mismatch': (_, { counts, shares }) =>
    sampleRatioMismatch(counts as number[], shares as number[]),
}
