import { rankingInOrder } from '../metrics/binary-ranking.ts'
import { applyIsotonic, fitIsotonic } from '../metrics/isotonic.ts'
import { checkBinary, checkRows } from '../metrics/rows.ts'
import { MlError } from '../ml-error.ts'
import type { Numbers } from '../numeric/numbers.ts'
import { ascendingOrder } from '../numeric/order.ts'
import { drawnRows, seededRandom } from '../random/random.ts'

/**
 * Expected calibration error in cells of equally many rows by ascending score: `bins` cells of
 * floor(rows / bins); the remainder makes the last cell longer. Up to two rows a cell there are
 * floor(rows / 2).
 * @throws MlError when there are fewer than four rows.
 */
export const equalCountCalibrationError = (label: Numbers, score: Numbers, bins = 10): number => {
  const rows = checkRows({ label, score })
  checkBinary(label)
  if (rows < 4) {
    throw new MlError('invalid_input', `there are ${rows} rows`, 'pass at least four labelled rows')
  }
  const order = ascendingOrder(score)
  let error = 0
  for (const [from, to] of cellEdges(rows, bins)) {
    let gap = 0
    for (let i = from; i < to; i++) gap += label[order[i]!]! - score[order[i]!]!
    error += Math.abs(gap) / rows
  }
  return error
}

const cellEdges = (rows: number, bins: number): [number, number][] => {
  const cells = rows <= 2 * bins ? Math.floor(rows / 2) : bins
  const width = Math.floor(rows / cells)
  const count = Math.floor(rows / width)
  return Array.from({ length: count }, (_, i) => [
    i * width,
    i === count - 1 ? rows : (i + 1) * width,
  ])
}

export interface CalibrationNeed {
  readonly needsCalibration: boolean
  readonly errorBefore: number
  readonly errorAfter: number
}

export interface CalibrationTrial {
  readonly bins?: number
  readonly splits?: number
  readonly testShare?: number
  readonly seed?: number
  /** Rows by ascending score, where they are known. */
  readonly order?: Uint32Array
}

/** Each split draws at most so many rows: more would not change the answer. */
const TRIAL_ROWS = 20_000
/** A ranking this good is left alone. */
const PERFECT = 0.999

/**
 * Whether isotonic calibration lowers the calibration error on rows held out, on the mean of random
 * splits. Scores of a single class, or that rank perfectly, need none; nor do fewer than 8 rows, too few to tell.
 */
export const needsCalibration = (
  label: Numbers,
  score: Numbers,
  { bins = 10, splits = 10, testShare = 0.1, seed = 42, order }: CalibrationTrial = {},
): CalibrationNeed => {
  const rows = checkRows({ label, score })
  checkBinary(label)
  const ranking = rankingInOrder(label, score, order ?? ascendingOrder(score))
  const isTooShort = rows < 8
  if (!ranking || ranking.rocAuc > PERFECT || isTooShort) {
    return { needsCalibration: false, errorBefore: 0, errorAfter: 0 }
  }
  const random = seededRandom(seed)
  const drawn = Math.min(rows, TRIAL_ROWS)
  const size = Math.max(4, Math.round(drawn * testShare))
  let [errorBefore, errorAfter] = [0, 0]
  for (let split = 0; split < splits; split++) {
    const trial = drawnRows(rows, drawn, random)
    const [test, train] = [trial.subarray(0, size), trial.subarray(size)]
    const fit = fitIsotonic(pick(score, train), pick(label, train))
    const [truth, raw] = [pick(label, test), pick(score, test)]
    errorBefore += equalCountCalibrationError(truth, raw, bins) / splits
    errorAfter += equalCountCalibrationError(truth, applyIsotonic(fit, raw), bins) / splits
  }
  return { needsCalibration: errorAfter < errorBefore, errorBefore, errorAfter }
}

const pick = (values: Numbers, rows: Int32Array): Float64Array => {
  const picked = new Float64Array(rows.length)
  for (let i = 0; i < rows.length; i++) picked[i] = values[rows[i]!]!
  return picked
}
