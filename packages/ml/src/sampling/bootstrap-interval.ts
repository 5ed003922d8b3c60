import { finiteOf, type Numbers } from '../numeric/numbers.ts'
import { pairwiseSum } from '../numeric/pairwise-sum.ts'
import { quantileOfSorted } from '../numeric/quantile.ts'
import { sortInPlace } from '../numeric/sort.ts'
import { finiteOutcome, insufficient, type Outcome } from '../outcome.ts'
import { seededRandom } from '../random/random.ts'
import { normalCdf, normalQuantile } from '../special/normal.ts'
import type { Interval } from './proportion-interval.ts'

export interface BootstrapOptions {
  readonly resamples: number
  readonly confidence: number
  readonly seed: number
}

/** Two-sided intervals of a statistic. */
export interface BootstrapIntervals extends BootstrapOptions {
  readonly method: 'bootstrap'
  readonly rows: number
  readonly estimate: number
  readonly percentile: Interval
  readonly basic: Interval
  /** Bias-corrected and accelerated; null where the jackknife does not vary. */
  readonly bca: Interval | null
}

/** Efron's bootstrap intervals (1979, 1987) of any statistic of one sample. */
export const bootstrapIntervals = (
  values: Numbers,
  statistic: (sample: Float64Array) => number,
  options: BootstrapOptions,
): Outcome<BootstrapIntervals> => {
  const sample = finiteOf(values)
  const rows = sample.length
  if (rows < 2) return insufficient('bootstrap', 'rows', { have: rows, need: 2 })
  const { resamples, confidence, seed } = options
  const random = seededRandom(seed)
  const drawn = new Float64Array(rows)
  const estimates = sortInPlace(
    Float64Array.from({ length: resamples }, () => {
      for (let i = 0; i < rows; i++) drawn[i] = sample[Math.floor(random() * rows)]!
      return statistic(drawn.slice())
    }),
  )
  const estimate = statistic(sample.slice())
  const tail = (1 - confidence) / 2
  const [lower, upper] = [quantileOfSorted(estimates, tail), quantileOfSorted(estimates, 1 - tail)]
  const levels = acceleratedLevels(sample, { estimates, estimate, statistic, tail })
  return finiteOutcome('bootstrap', [estimate, lower, upper, ...(levels ?? [])], {
    status: 'ok',
    method: 'bootstrap',
    resamples,
    confidence,
    seed,
    rows,
    estimate,
    percentile: [lower, upper],
    basic: [2 * estimate - upper, 2 * estimate - lower],
    bca: levels && [quantileOfSorted(estimates, levels[0]), quantileOfSorted(estimates, levels[1])],
  })
}

const acceleratedLevels = (
  sample: Float64Array,
  bootstrap: {
    readonly estimates: Float64Array
    readonly estimate: number
    readonly statistic: (sample: Float64Array) => number
    readonly tail: number
  },
): [number, number] | null => {
  const { estimates, estimate, statistic, tail } = bootstrap
  const below = estimates.filter((value) => value < estimate).length
  const ties = estimates.filter((value) => value === estimate).length
  const bias = normalQuantile((below + ties / 2) / estimates.length)
  const jackknife = sample.map((_, left) => statistic(sample.filter((__, i) => i !== left)))
  const mean = pairwiseSum(jackknife) / jackknife.length
  let [squares, cubes] = [0, 0]
  for (const value of jackknife) {
    squares += (mean - value) ** 2
    cubes += (mean - value) ** 3
  }
  if (squares === 0 || !Number.isFinite(bias)) return null
  const acceleration = cubes / (6 * squares ** 1.5)
  const level = (p: number) => {
    const z = bias + normalQuantile(p)
    return normalCdf(bias + z / (1 - acceleration * z))
  }
  return [level(tail), level(1 - tail)]
}
