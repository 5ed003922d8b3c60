import { describe, expect, it } from 'vitest'
import * as ml from '../index.ts'

const ROWS = 60
const random = ml.seededRandom(5)
const good = Float64Array.from({ length: ROWS }, () => random())
const filled = (value: (i: number) => number) =>
  Float64Array.from({ length: ROWS }, (_, i) => value(i))

/** Columns from which little or nothing can be told. */
const BAD: Readonly<Record<string, Float64Array>> = {
  empty: new Float64Array(0),
  'of one row': Float64Array.of(1),
  constant: filled(() => 3),
  'all missing': filled(() => Number.NaN),
  'all infinite': filled((i) => (i % 2 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY)),
  'partly missing': filled((i) => (i % 3 ? good[i]! : Number.NaN)),
  'as wide as doubles go': filled((i) => (2 * good[i]! - 1) * 1.7e308),
  'around 1e300': filled((i) => 1e300 * (1 + good[i]!)),
  'below the smallest normal number': filled((i) => good[i]! * 1e-310),
}

type Pair = readonly [reference: Float64Array, current: Float64Array]
const rows = (values: Float64Array) => Array.from(values, (x) => [x])

/** Comparisons by which something is called fine or not. */
const COMPARISONS: Readonly<Record<string, (...pair: Pair) => unknown>> = {
  ks: (a, b) => ml.kolmogorovSmirnov(a, b),
  'cramer-von-mises': (a, b) => ml.cramerVonMises(a, b),
  'anderson-darling': (a, b) => ml.andersonDarling(a, b),
  'mann-whitney': (a, b) => ml.mannWhitney(a, b),
  welch: (a, b) => ml.tTest(a, b),
  student: (a, b) => ml.tTest(a, b, { equalVariances: true }),
  'epps-singleton': (a, b) => ml.eppsSingleton(a, b),
  energy: (a, b) => ml.energyDistance(a, b),
  wasserstein: (a, b) => ml.wasserstein(a, b, 'reference-std'),
  mmd: (a, b) => ml.maximumMeanDiscrepancy(rows(a), rows(b)),
  psi: (a, b) => ml.populationStabilityIndex(ml.numericCells(a, b)),
  'jensen-shannon': (a, b) => ml.jensenShannon(ml.doaneReferenceCells(a, b)),
  hellinger: (a, b) => ml.hellinger(ml.distinctSturgesCells(a, b)),
  'chosen test': (a, b) => ml.detectDrift({ kind: 'numeric', reference: a, current: b }),
  'chosen test of many rows': (a, b) =>
    ml.detectDrift({
      kind: 'numeric',
      reference: Float64Array.from({ length: 1200 }, (_, i) => a[i % a.length] ?? Number.NaN),
      current: b,
    }),
  equivalence: (a, b) => ml.equivalenceTest(a, b, { limits: [-1, 1] }),
  'threshold of the reference': (a) => ml.deviationThreshold(a),
  bootstrap: (a) =>
    ml.bootstrapIntervals(a, (s) => s.reduce((sum, x) => sum + x, 0) / s.length, {
      resamples: 99,
      confidence: 0.9,
      seed: 1,
    }),
}
const PAIRED: Readonly<Record<string, (...pair: Pair) => unknown>> = {
  'paired t': (a, b) => ml.pairedTTest(a, b),
  'paired bootstrap': (a, b) =>
    ml.pairedBootstrap(a, b, { resamples: 50, confidence: 0.9, seed: 1 }),
  cuped: (a, b) => ml.cuped(a, b),
}

interface Found {
  readonly status: string
  readonly drifted?: boolean
  readonly statistic?: number
  readonly pValue?: number | null
  readonly lower?: number
  readonly upper?: number
}

/** What a comparison says: an outcome, or a refusal by a typed error. */
const saidBy = (compare: () => unknown): Found => {
  try {
    return compare() as Found
  } catch (error) {
    expect(error).toBeInstanceOf(ml.MlError)
    return { status: 'refused' }
  }
}

const isFigure = (value: number | null | undefined) => value === null || !Number.isNaN(value ?? 0)

describe.each(Object.entries({ ...COMPARISONS, ...PAIRED }))('%s', (name, compare) => {
  it.each(Object.entries(BAD))('has a figure or a reason for a column that is %s', (_, bad) => {
    const sides: readonly Pair[] = [
      [bad, good],
      [good, bad],
      [bad, bad.slice()],
    ]
    for (const [a, b] of sides) {
      if (name in PAIRED && a.length !== b.length) continue
      const found = saidBy(() => compare(a, b))
      if (found.status !== 'ok') continue
      for (const figure of [found.statistic, found.pValue, found.lower, found.upper])
        expect(isFigure(figure)).toBe(true)
    }
  })
})

it.each(['chosen test', 'chosen test of many rows'])(
  '%s never calls columns alike of which one is another altogether',
  (name) => {
    for (const key of ['constant', 'as wide as doubles go', 'around 1e300'])
      for (const [a, b] of [
        [BAD[key]!, good],
        [good, BAD[key]!],
      ] as const) {
        const found = saidBy(() => COMPARISONS[name]!(a, b))
        if (found.status === 'ok') expect(found.drifted, key).toBe(true)
      }
  },
)

const noRows = { rows: [], label: new Float64Array(0) }
it.each<[string, () => unknown]>([
  ['a split of no traffic', () => ml.sampleRatioMismatch([0, 0], [0.5, 0.5])],
  ['a split against fewer shares', () => ml.sampleRatioMismatch([5, 3], [1])],
  [
    'an arm of no prior',
    () =>
      ml.betaBestArm([
        [0, 1],
        [1, 1],
      ]),
  ],
  [
    'more successes than trials',
    () => ml.bernoulliConfidenceSequence(5, 3, { alpha: 0.05, tOpt: 9 }),
  ],
  [
    'looks that go back',
    () => ml.alphaSpendingBoundary('pocock', { information: [0.5, 0.4, 1], alpha: 0.05 }),
  ],
  [
    'a mean that is no number',
    () => ml.msprt(ml.MSPRT_START, { n: 1, mean: Number.NaN }, { sigma: 1, tau: 1 }),
  ],
  ['an average over no rows', () => ml.partialDependence(() => [], [], { feature: 0, grid: [0] })],
  [
    'the importance over no rows',
    () => ml.permutationImportance(() => [], noRows, { permutations: [], loss: ml.squaredLoss }),
  ],
])('refuses %s by a typed error', (_, compute) => {
  expect(saidBy(compute)).toEqual({ status: 'refused' })
})

it('a canary whose losses are no numbers is not one that has not been judged yet', () => {
  const arm = { count: 50, mean: 1, m2: 1 }
  expect(ml.compareArms(arm, { ...arm, mean: Number.NaN }).status).toBe('insufficient')
})
