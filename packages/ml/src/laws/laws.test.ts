import { describe, expect, test } from 'vitest'
import * as ml from '../index.ts'

/** A public function of one or more columns of equal length, and which laws hold for it. */
interface Law {
  readonly name: string
  readonly run: (columns: readonly Float64Array[]) => unknown
  /** Whether the rows may come in any order. */
  readonly anyOrder: boolean
}

const random = ml.seededRandom(23)
const ROWS = 200
const score = Float64Array.from({ length: ROWS }, () => Math.round(random() * 50) / 50)
const label = score.map((s) => (random() < s ? 1 : 0))
const noise = Float64Array.from({ length: ROWS }, () => random() * 3 - 1)
const columns = [label, score, noise] as const
const law = (name: string, run: Law['run'], anyOrder = true): Law => ({ name, run, anyOrder })
const half = (values: Float64Array) => values.map((value) => value + 0.1)

const LAWS: readonly Law[] = [
  law('kolmogorovSmirnov', ([, a, b]) => ml.kolmogorovSmirnov(a!, b!)),
  law('wasserstein', ([, a, b]) => ml.wasserstein(a!, b!, 'reference-std')),
  law('energyDistance', ([, a, b]) => ml.energyDistance(a!, b!)),
  law('cramerVonMises', ([, a, b]) => ml.cramerVonMises(a!, b!)),
  law('andersonDarling', ([, a, b]) => ml.andersonDarling(a!, b!)),
  law('mannWhitney', ([, a, b]) => ml.mannWhitney(a!, b!)),
  law('tTest', ([, a, b]) => ml.tTest(a!, b!)),
  law('eppsSingleton', ([, a, b]) => ml.eppsSingleton(a!, b!)),
  law('maximumMeanDiscrepancy', ([, a, b]) => ml.maximumMeanDiscrepancy(a!, b!)),
  law('populationStabilityIndex', ([, a, b]) =>
    ml.populationStabilityIndex(ml.numericCells(a!, b!)),
  ),
  law('jensenShannon', ([, a, b]) => ml.jensenShannon(ml.numericCells(a!, b!))),
  law('chiSquareOneWay', ([y, a]) => ml.chiSquareOneWay(ml.valueCells(y!, a!))),
  law('detectDrift', ([, a]) =>
    ml.detectDrift({ kind: 'numeric', reference: a!, current: half(a!) }),
  ),
  law('regressionMetrics', ([, a, b]) => ml.regressionMetrics(a!, b!)),
  law('binaryThresholdMetrics', ([y, a]) => ml.binaryThresholdMetrics(y!, a!)),
  law('binaryRankingMetrics', ([y, a]) => ml.binaryRankingMetrics(y!, a!)),
  law('probabilityLoss', ([y, a]) => ml.probabilityLoss(y!, a!)),
  law('calibrationError', ([y, a]) => ml.calibrationError(y!, a!)),
  law('fitIsotonic', ([y, a]) => ml.fitIsotonic(a!, y!)),
  law('fitPlatt', ([y, a]) => ml.fitPlatt(y!, a!)),
  law('pairedTTest', ([, a, b]) => ml.pairedTTest(a!, b!)),
  law('wilcoxonSignedRank', ([, a, b]) => ml.wilcoxonSignedRank(a!, b!)),
  law(
    'pairedBootstrap',
    ([, a, b]) => ml.pairedBootstrap(a!, b!, { resamples: 50, confidence: 0.9, seed: 1 }),
    false,
  ),
  law('momentsOf', ([, , b]) => ml.momentsOf(b!)),
  law('correlations', ([, a, b]) => ml.correlations(a!, b!)),
  law('pearsonAndSpearman', ([, a, b]) => ml.pearsonAndSpearman(a!, b!)),
  law('demographicParity', ([y, a, b]) =>
    ml.demographicParity({
      label: y!,
      prediction: a!.map((s) => (s > 0.5 ? 1 : 0)),
      groups: Array.from(b!, (x) => (x > 0 ? 'a' : 'b')),
    }),
  ),
  law('expectedRanking', ([, a]) => ml.expectedRanking(a!, a!)),
  law('tukeyFences', ([, , b]) => ml.tukeyFences(b!)),
  law('cuped', ([, a, b]) => ml.cuped(a!, b!)),
  law('aucInterval', ([y, a]) => ml.aucInterval(y!, a!)),
  law('compareAucs', ([y, a, b]) => ml.compareAucs(y!, a!, b!)),
  law('clusteringAgreement', ([y, a]) => ml.clusteringAgreement([...y!], [...a!])),
  law('clusteringShape', ([y, a, b]) =>
    ml.clusteringShape(
      Array.from(a!, (x, i) => [x, b![i]!]),
      [...y!],
    ),
  ),
  law(
    'forecastMetrics',
    ([, a, b]) => ml.forecastMetrics({ actual: a!, forecast: b!, past: a! }),
    false,
  ),
  law('importanceWeighted', ([, a, b]) => ml.importanceWeighted(b!, a!)),
  law(
    'leastSquaresDensityDifference',
    ([, a, b]) => ml.leastSquaresDensityDifference(a!, b!, { permutations: 5 }),
    false,
  ),
  law('embeddingDrift', ([, a, b]) => ml.embeddingDrift(a!, b!)),
  law('prototypes', ([, , b]) => ml.prototypes(b!, { prototypes: 2 }), false),
  law('needsCalibration', ([y, a]) => ml.needsCalibration(y!, a!), false),
  law('profileColumn', ([, , b]) => ml.profileColumn(ml.numericColumn('x', b!)), false),
]

/** Numbers to twelve digits: sums in another order may differ in the last ones. */
const settled = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, inner: unknown) => {
      if (ArrayBuffer.isView(inner)) return Array.from(inner as Float64Array)
      if (typeof inner !== 'number' || !Number.isFinite(inner)) return inner
      return Math.abs(inner) < 1e-12 ? 0 : Number(inner.toPrecision(9))
    }),
  )

describe.each(LAWS)('$name', ({ run, anyOrder }) => {
  test('the same input gives the same result and is left as it was', () => {
    const before = columns.map((column) => column.slice())
    const first = run(columns)
    expect(run(columns)).toEqual(first)
    expect(columns).toEqual(before)
  })

  if (!anyOrder) return
  test('the order of the rows does not matter', () => {
    const order = ml.permutation(ROWS, ml.seededRandom(9))
    const shuffled = columns.map((column) => Float64Array.from(order, (row) => column[row]!))
    expect(settled(run(shuffled))).toEqual(settled(run(columns)))
  })
})

describe('sketches', () => {
  test('moments of parts merge to the moments of the whole, also far from zero', () => {
    const far = noise.map((value) => value + 1e9)
    const whole = ml.momentsOf(far)
    for (const cut of [1, 77, 199]) {
      const parts = [far.slice(0, cut), far.slice(cut)].map(ml.momentsOf)
      const merged = ml.mergeMoments(parts[1]!, parts[0]!)
      expect(merged.count).toBe(whole.count)
      expect(merged.mean / whole.mean).toBeCloseTo(1, 14)
      expect(ml.varianceOf(merged)! / ml.varianceOf(whole)!).toBeCloseTo(1, 6)
    }
  })

  test('distinct values of parts merge to those of the whole, in any order', () => {
    const values = Float64Array.from({ length: 5000 }, (_, i) => i % 3000)
    const sketch = (part: Float64Array) => {
      const made = new ml.DistinctSketch()
      made.addNumbers(part)
      return made
    }
    const merged = sketch(values.slice(2000))
    merged.merge(sketch(values.slice(0, 2000)))
    expect(merged.toJson()).toEqual(sketch(values).toJson())
  })
})

describe('detectors', () => {
  const makers: Readonly<Record<string, (state?: never) => ml.OnlineDetector<unknown>>> = {
    ddm: (state) => ml.ddm({}, state),
    eddm: (state) => ml.eddm({}, state),
    hddmA: (state) => ml.hddmA({}, state),
    hddmW: (state) => ml.hddmW({}, state),
    adwin: (state) => ml.adwin({}, state),
    pageHinkley: (state) => ml.pageHinkley({}, state),
    kswin: (state) => ml.kswin({}, state),
    cusum: (state) => ml.cusum({}, state),
    stepd: (state) => ml.stepd({}, state),
  }
  const stream = Float64Array.from({ length: 1500 }, (_, i) =>
    ml.seededRandom(i)() < (i < 800 ? 0.1 : 0.6) ? 1 : 0,
  )

  test.each(Object.keys(makers))('%s goes on from its serialised state', (name) => {
    const make = makers[name]!
    const whole = make()
    const expected = Array.from(stream, (value) => whole.update(value))
    const first = make()
    const before = Array.from(stream.slice(0, 700), (value) => first.update(value))
    const second = make(JSON.parse(JSON.stringify(first.snapshot())) as never)
    const after = Array.from(stream.slice(700), (value) => second.update(value))
    expect([...before, ...after]).toEqual(expected)
    expect(expected).toContain('drift')
  })
})
