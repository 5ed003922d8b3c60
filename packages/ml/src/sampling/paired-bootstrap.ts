import { checkRows } from '../metrics/rows.ts'
import { MlError } from '../ml-error.ts'
import { meanOf } from '../numeric/mean.ts'
import type { Numbers } from '../numeric/numbers.ts'
import { quantileOfSorted } from '../numeric/quantile.ts'
import { sortInPlace } from '../numeric/sort.ts'
import { finiteOutcome, insufficient, type Outcome } from '../outcome.ts'
import { type Random, seededRandom } from '../random/random.ts'

export interface PairedBootstrapOptions {
  readonly resamples: number
  /** Share of resamples inside the interval, for example 0.95. */
  readonly confidence: number
  readonly seed: number
  /**
   * Rows drawn together, for rows in time order whose neighbours resemble each other (circular block
   * bootstrap, Politis and Romano 1992). 1 by default: independent rows.
   */
  readonly blockLength?: number
}

/** How much smaller the losses of B are than those of A on the same rows, with its uncertainty. */
export interface PairedBootstrap {
  readonly method: 'paired-bootstrap'
  readonly rows: number
  readonly resamples: number
  readonly confidence: number
  readonly seed: number
  readonly blockLength: number
  readonly meanA: number
  readonly meanB: number
  /** mean(A) - mean(B): positive where B is better. */
  readonly meanDifference: number
  /** Two-sided percentile interval of the mean difference. */
  readonly interval: readonly [lower: number, upper: number]
  /** One-sided lower bound: B is better by at least this with the given confidence. */
  readonly lowerBound: number
  /** Share of resamples in which B has the smaller mean loss, ties half. */
  readonly probabilityOfImprovement: number
  /** Mean difference over the standard deviation of the differences (Cohen's d of pairs). */
  readonly effectSize: number
}

/** Fewer paired rows than this say nothing about their own spread. */
const NEEDED_ROWS = 10

/**
 * Resamples rows with replacement and compares the mean losses of two models on each resample
 * (Efron 1979): the evidence of the gate between champion (A) and challenger (B).
 * @throws MlError when lengths differ, a loss is not finite, or an option is out of range.
 */
export const pairedBootstrap = (
  lossA: Numbers,
  lossB: Numbers,
  options: PairedBootstrapOptions,
): Outcome<PairedBootstrap> => {
  const { resamples, confidence, seed, blockLength = 1 } = options
  checkOptions(options)
  const rows = checkRows({ lossA, lossB })
  if (rows < NEEDED_ROWS) {
    return insufficient('paired-bootstrap', 'paired rows', { have: rows, need: NEEDED_ROWS })
  }
  const differences = Float64Array.from(lossA, (loss, i) => loss - lossB[i]!)
  const length = Math.min(blockLength, rows)
  const means = sortInPlace(resampledMeans(differences, { resamples, length, seed }))
  const meanDifference = meanOf(differences)
  const tail = (1 - confidence) / 2
  return finiteOutcome('paired-bootstrap', [meanDifference, means[0]!, means.at(-1)!], {
    status: 'ok',
    method: 'paired-bootstrap',
    rows,
    resamples,
    confidence,
    seed,
    blockLength: length,
    meanA: meanOf(lossA),
    meanB: meanOf(lossB),
    meanDifference,
    interval: [quantileOfSorted(means, tail), quantileOfSorted(means, 1 - tail)],
    lowerBound: quantileOfSorted(means, 1 - confidence),
    probabilityOfImprovement: shareAbove(means),
    effectSize: standardised(differences, meanDifference),
  })
}

const checkOptions = ({ resamples, confidence, blockLength = 1 }: PairedBootstrapOptions) => {
  const isCount = (value: number) => Number.isSafeInteger(value) && value >= 1
  if (!isCount(resamples) || !isCount(blockLength)) {
    throw new MlError(
      'invalid_option',
      `resamples is ${resamples}, block length ${blockLength}`,
      'give whole numbers of at least 1; 2000 resamples are customary',
    )
  }
  if (confidence > 0 && confidence < 1) return
  throw new MlError(
    'invalid_option',
    `confidence is ${confidence}`,
    'give a share between 0 and 1, for example 0.95',
  )
}

interface Resampling {
  readonly resamples: number
  readonly length: number
  readonly seed: number
}

const resampledMeans = (
  differences: Float64Array,
  { resamples, length, seed }: Resampling,
): Float64Array => {
  const random = seededRandom(seed)
  const means = new Float64Array(resamples)
  for (let i = 0; i < resamples; i++) {
    means[i] =
      length === 1 ? meanOfRows(differences, random) : meanOfBlocks(differences, length, random)
  }
  return means
}

const meanOfRows = (differences: Float64Array, random: Random): number => {
  const n = differences.length
  let sum = 0
  for (let i = 0; i < n; i++) sum += differences[Math.floor(random() * n)]!
  return sum / n
}

const meanOfBlocks = (differences: Float64Array, length: number, random: Random): number => {
  const n = differences.length
  let sum = 0
  for (let drawn = 0; drawn < n; drawn += length) {
    const start = Math.floor(random() * n)
    const size = Math.min(length, n - drawn)
    for (let i = 0; i < size; i++) sum += differences[(start + i) % n]!
  }
  return sum / n
}

const shareAbove = (means: Float64Array): number => {
  let count = 0
  for (const mean of means) count += mean > 0 ? 1 : mean === 0 ? 0.5 : 0
  return count / means.length
}

const standardised = (differences: Float64Array, mean: number): number => {
  let squares = 0
  for (const difference of differences) squares += (difference - mean) ** 2
  const deviation = Math.sqrt(squares / (differences.length - 1))
  return deviation > 0 ? mean / deviation : 0
}
