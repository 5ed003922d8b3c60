import { ascendingOrder } from '../numeric/order.ts'
import { type Random, seededRandom } from '../random/random.ts'
import type { LabelledRows } from './labelled-rows.ts'

/** Resamples, rows of each at most, and the seed that makes them the same each time. */
const RESAMPLES = 50
const MOST_ROWS = 20_000
const SEED = 42

/**
 * The standard deviation that average precision has over resamples of labelled rows (Efron 1979), as of a sample of one row:
 * over the root of a chunk's rows it is that chunk's standard error. NaN where there is no positive row.
 */
export const averagePrecisionDeviation = ({ label, score, order }: LabelledRows): number => {
  const rows = label.length
  const drawn = Math.min(Math.ceil(rows / 2), MOST_ROWS)
  const inOrder = order ?? ascendingOrder(score)
  const random = seededRandom(SEED)
  const places = new Uint16Array(rows)
  const found: number[] = []
  for (let resample = 0; resample < RESAMPLES; resample++) {
    draw(places, drawn, random)
    const precision = precisionOf({ label, score, order: inOrder }, places)
    if (precision !== null) found.push(precision)
  }
  if (found.length < 2) return Number.NaN
  const mean = found.reduce((sum, value) => sum + value, 0) / found.length
  const squares = found.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return Math.sqrt((squares / found.length) * drawn)
}

/** How often each place of the order is drawn. */
const draw = (places: Uint16Array, count: number, random: Random): void => {
  places.fill(0)
  for (let i = 0; i < count; i++) places[Math.floor(random() * places.length)]!++
}

/** Average precision of the drawn rows, tied scores together; null without a positive one. */
const precisionOf = (
  { label, score, order }: Omit<LabelledRows, 'isPredicted'> & { readonly order: Uint32Array },
  places: Uint16Array,
): number | null => {
  let [tp, fp, sum, before] = [0, 0, 0, 0]
  for (let i = order.length - 1; i >= 0; i--) {
    const row = order[i]!
    if (label[row] === 1) tp += places[i]!
    else fp += places[i]!
    if ((i > 0 && score[order[i - 1]!] === score[row]) || tp === before) continue
    sum += ((tp - before) * tp) / (tp + fp)
    before = tp
  }
  return tp > 0 ? sum / tp : null
}
