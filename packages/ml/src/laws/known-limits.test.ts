import { describe, expect, test } from 'vitest'
import * as ml from '../index.ts'

/** What must come out where the answer is known without any reference: equal samples, samples that share nothing, perfect models. */
const random = ml.seededRandom(41)
const sample = Float64Array.from({ length: 120 }, () => Math.round(400 * random()) / 100)
const apart = sample.map((value) => value + 100)

const statistic = (outcome: ml.Outcome<{ readonly statistic: number }>): number =>
  ml.requireOk(outcome).statistic

type Pair = (a: Float64Array, b: Float64Array) => number
const cells = (a: Float64Array, b: Float64Array) => ml.numericCells(a, b)

/** By name the statistic, its value for equal samples and, where it is bounded, for samples that share nothing. */
const DISTANCES: Readonly<Record<string, readonly [Pair, equal: number, strangers?: number]>> = {
  'kolmogorov-smirnov': [(a, b) => statistic(ml.kolmogorovSmirnov(a, b)), 0, 1],
  wasserstein: [(a, b) => statistic(ml.wasserstein(a, b)), 0, 100],
  'energy distance': [(a, b) => statistic(ml.energyDistance(a, b)), 0],
  'total variation': [(a, b) => statistic(ml.totalVariation(cells(a, b))), 0, 1],
  'largest change': [(a, b) => statistic(ml.lInfinity(cells(a, b))), 0],
  hellinger: [(a, b) => statistic(ml.hellinger(cells(a, b))), 0, 1],
  'jensen-shannon, base 2': [(a, b) => statistic(ml.jensenShannon(cells(a, b), 2)), 0, 1],
  'jensen-shannon, nats': [
    (a, b) => statistic(ml.jensenShannon(cells(a, b))),
    0,
    Math.sqrt(Math.LN2),
  ],
  psi: [(a, b) => statistic(ml.populationStabilityIndex(cells(a, b))), 0],
  'kullback-leibler': [(a, b) => statistic(ml.kullbackLeibler(cells(a, b))), 0],
  'mmd, biased': [
    (a, b) => statistic(ml.maximumMeanDiscrepancy(a, b, { estimator: 'biased', sigma: 1 })),
    0,
  ],
  'g test': [(a, b) => statistic(ml.gTest(cells(a, b))), 0],
  'chi-square': [(a, b) => statistic(ml.chiSquareContingency(cells(a, b))), 0],
  'chi-square, reference exact': [
    (a, b) => statistic(ml.chiSquareOneWay(cells(a, a.slice()))) + 0 * b.length,
    0,
  ],
  "Cramér's V": [(a, b) => ml.cramersV(cells(a, b)), 0, 1],
}

describe.each(Object.entries(DISTANCES))('%s', (_, [distance, equal, strangers]) => {
  test('is least for equal samples, and no smaller for others', () => {
    expect(distance(sample, sample.slice())).toBeCloseTo(equal, 7)
    expect(distance(sample, apart)).toBeGreaterThanOrEqual(distance(sample, sample.slice()))
  })

  if (strangers === undefined) return
  test('is as large as can be where samples share nothing', () => {
    expect(distance(sample, apart)).toBeCloseTo(strangers, 9)
  })
})

describe('tests of ranks', () => {
  const other = Float64Array.from({ length: 90 }, () => 1 + 4 * random())
  const bent = (values: Float64Array) => values.map((value) => Math.exp(value))
  test.each([
    ['kolmogorovSmirnov', ml.kolmogorovSmirnov],
    ['mannWhitney', ml.mannWhitney],
    ['cramerVonMises', ml.cramerVonMises],
    ['andersonDarling', ml.andersonDarling],
  ] as const)('%s does not see a bent scale', (_, run) => {
    expect(statistic(run(bent(sample), bent(other)))).toBeCloseTo(statistic(run(sample, other)), 9)
  })

  test('distances in the unit of the values grow with it', () => {
    const twice = (values: Float64Array) => values.map((value) => 2 * value)
    const [near, far] = [ml.wasserstein(sample, other), ml.wasserstein(twice(sample), twice(other))]
    expect(statistic(far)).toBeCloseTo(2 * statistic(near), 9)
    const scaled = (a: Float64Array, b: Float64Array) => ml.wasserstein(a, b, 'reference-std')
    expect(statistic(scaled(twice(sample), twice(other)))).toBeCloseTo(
      statistic(scaled(sample, other)),
      9,
    )
  })
})

describe('maximum mean discrepancy', () => {
  const rows = (n: number, shift: number) =>
    Float64Array.from({ length: n }, () => random() + shift)

  test('in linear time is the mean over pairs of rows, by hand', () => {
    const k = (d: number) => Math.exp(-(d * d) / 2)
    const found = ml.maximumMeanDiscrepancy([0, 1, 2, 4], [1, 1, 0, 3], {
      estimator: 'linear',
      sigma: 1,
    })
    const first = k(1) + k(0) - k(1) - k(0)
    const second = k(2) + k(3) - k(1) - k(4)
    expect(statistic(found)).toBeCloseTo((first + second) / 2, 12)
  })

  test('in linear time tells samples apart at any size, and calls equal ones equal', () => {
    const options = { estimator: 'linear' } as const
    const apart = ml.requireOk(
      ml.maximumMeanDiscrepancy(rows(40_000, 0), rows(40_000, 0.1), options),
    )
    const alike = ml.requireOk(ml.maximumMeanDiscrepancy(rows(40_000, 0), rows(40_000, 0), options))
    expect(apart.pValue).toBeLessThan(1e-4)
    expect(alike.pValue).toBeGreaterThan(0.01)
  })

  test('by relabelling is never more certain than the relabellings allow', () => {
    const found = ml.maximumMeanDiscrepancy(rows(20, 0), rows(20, 5), { permutations: 99 })
    expect(ml.requireOk(found).pValue).toBe(0.01)
  })
})

describe('models that are always right, or never tell anything', () => {
  const label = Float64Array.from({ length: 40 }, (_, i) => i % 2)
  test('have the best and the empty figures', () => {
    expect(ml.binaryRankingMetrics(label, label)).toMatchObject({ rocAuc: 1, averagePrecision: 1 })
    expect(
      ml.binaryRankingMetrics(
        label,
        label.map(() => 0.3),
      ),
    ).toMatchObject({ rocAuc: 0.5 })
    expect(ml.binaryThresholdMetrics(label, label)).toMatchObject({
      accuracy: 1,
      f1: 1,
      mcc: 1,
      kappa: 1,
    })
    expect(ml.regressionMetrics(sample, sample)).toMatchObject({ mae: 0, rmse: 0, r2: 1, bias: 0 })
    expect(ml.calibrationError(label, label)).toMatchObject({ ece: 0 })
    expect(ml.clusteringAgreement([...label], [...label])).toMatchObject({ adjustedRand: 1 })
    expect(ml.normalizedGain(label, label)).toBe(1)
    expect(ml.aucInterval(label, label)).toMatchObject({ auc: 1 })
  })

  test('are fair where groups are alike, and the rule of four fifths passes', () => {
    const groups = Array.from(label, (_, i) => (i < 20 ? 'a' : 'b'))
    const input = { label, prediction: label, groups }
    expect(ml.demographicParity(input)).toMatchObject({ difference: 0, ratio: 1 })
    expect(ml.equalizedOdds(input)).toMatchObject({ difference: 0, ratio: 1 })
    expect(ml.fourFifths(input)).toMatchObject({ pass: true, minimumRatio: 1 })
  })
})

describe('mitigation', () => {
  const groups = Array.from({ length: 300 }, (_, i) => (i % 3 === 0 ? 'a' : 'b'))
  const label = Float64Array.from(groups, (group) =>
    random() < (group === 'a' ? 0.7 : 0.3) ? 1 : 0,
  )

  test('weights make label and group independent', () => {
    const { weights } = ml.reweigh(label, groups)
    const sums = { a: [0, 0], b: [0, 0] }
    groups.forEach((group, i) => {
      sums[group as 'a' | 'b'][label[i]!]! += weights[`${group}|${label[i]}`]!
    })
    const share = ([none, one]: number[]) => one! / (one! + none!)
    expect(share(sums.a)).toBeCloseTo(share(sums.b), 12)
  })

  test('thresholds by group select equal shares', () => {
    const score = label.map((y, i) => (groups[i] === 'a' ? 0.2 : 0) + 0.5 * y + 0.3 * random())
    const { thresholds, rate } = ml.optimizeThresholds({ label, score, groups })
    for (const name of ['a', 'b']) {
      const rows = groups.flatMap((group, i) => (group === name ? [score[i]!] : []))
      const selected = rows.filter((value) => value >= thresholds[name]!).length
      expect(Math.abs(selected / rows.length - rate)).toBeLessThan(1 / rows.length + 1e-9)
    }
  })
})

describe('attributions', () => {
  const background = Array.from({ length: 4 }, () =>
    Float64Array.from({ length: 13 }, () => random()),
  )
  const rows = background.slice(0, 1).map((row) => row.map((value) => value + 1))
  /** Interactions of two; the last feature is never read, the first two are read alike. */
  const predict = (points: readonly Float64Array[]) =>
    points.map((x) => x[0]! + x[1]! + x[2]! * x[3]! - 2 * x[4]! + x[5]! * x[6]!)

  test.each([
    ['kernelShap', ml.kernelShap, { seed: 4 }, 0.05],
    ['permutationShap', ml.permutationShap, { seed: 4, samples: 3 }, 1e-9],
  ] as const)(
    '%s adds up, leaves out what is not read, and is exact for pairs',
    (_, run, options, near) => {
      const found = run(predict, { rows, background }, options)
      const exact = ml.exactShapley(predict, rows, background)
      found.values.forEach((values, r) => {
        const total = values.reduce((sum, value) => sum + value, found.baseValue)
        expect(total).toBeCloseTo(predict([rows[r]!])[0]!, 9)
        values.forEach((value, i) => {
          expect(Math.abs(value - exact.values[r]![i]!)).toBeLessThan(near)
        })
        expect(Math.abs(values.at(-1)!)).toBeLessThan(near)
      })
    },
  )
})

describe('detectors', () => {
  test.each([
    ['ddm', ml.ddm()],
    ['eddm', ml.eddm()],
    ['hddmA', ml.hddmA()],
    ['hddmW', ml.hddmW()],
    ['adwin', ml.adwin()],
    ['pageHinkley', ml.pageHinkley()],
    ['kswin', ml.kswin()],
    ['cusum', ml.cusum()],
    ['stepd', ml.stepd()],
  ] as const)('%s is silent on a stream that never changes', (_, detector) => {
    const signals = new Set<string>()
    for (let i = 0; i < 2000; i++) signals.add(detector.update(0))
    expect([...signals]).toEqual(['stable'])
  })
})

test("Nadeau and Bengio's test is the t test with the larger variance", () => {
  const a = [0.81, 0.83, 0.79, 0.85, 0.8, 0.82, 0.84, 0.78, 0.86, 0.81]
  const b = [0.8, 0.8, 0.78, 0.83, 0.8, 0.79, 0.83, 0.78, 0.83, 0.8]
  // NumPy and scipy.stats.t: d.mean() / sqrt((1 / k + 0.25) d.var(ddof=1)).
  expect(ml.correctedResampledTTest(a, b, 0.25)).toMatchObject({
    statistic: expect.closeTo(2.151411496801911, 10),
    pValue: expect.closeTo(0.05989891929247503, 10),
    df: 9,
  })
})
