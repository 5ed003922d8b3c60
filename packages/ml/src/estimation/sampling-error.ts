import { meanOf } from '../numeric/mean.ts'
import type { Numbers } from '../numeric/numbers.ts'
import { ascendingOrder } from '../numeric/order.ts'
import { averagePrecisionDeviation } from './average-precision-error.ts'
import type { EstimatedMetric } from './expected-performance.ts'
import type { LabelledRows } from './labelled-rows.ts'

/**
 * The standard error that a figure has for lack of rows alone, in chunks of a given size: the spread of per-row
 * contributions in the reference over the square root of the rows that take part. NannyML's documentation.
 */
export const samplingError = (
  metric: EstimatedMetric,
  reference: LabelledRows,
  chunkSize: number,
): number => {
  const error = plainSamplingError(metric, reference, chunkSize)
  return metric === 'f1' ? error * f1Correction(reference.label, reference.isPredicted) : error
}

/** The same without the correction of F1 for errors that count half, as means over classes take it. */
export const plainSamplingError = (
  metric: EstimatedMetric,
  reference: LabelledRows,
  chunkSize: number,
): number => {
  if (metric === 'average_precision')
    return averagePrecisionDeviation(reference) / Math.sqrt(chunkSize)
  const contributions = contributionsOf(metric, reference)
  if (contributions.length === 0) return Number.NaN
  const share = contributions.length / reference.label.length
  return deviation(contributions) / Math.sqrt(chunkSize * share)
}

const contributionsOf = (
  metric: Exclude<EstimatedMetric, 'average_precision'>,
  rows: LabelledRows,
): Float64Array => {
  const { label, isPredicted } = rows
  if (metric === 'roc_auc') return negativesBelow(rows)
  const takesPart = PARTS[metric]
  const found = new Float64Array(label.length)
  let count = 0
  for (let i = 0; i < label.length; i++) {
    if (takesPart(label[i] === 1, isPredicted[i] === 1)) {
      found[count++] = label[i] === isPredicted[i] ? 1 : 0
    }
  }
  return found.subarray(0, count)
}

/** Which rows a figure speaks of, by label and decision. */
const PARTS: Readonly<
  Record<
    Exclude<EstimatedMetric, 'roc_auc' | 'average_precision'>,
    (isPositive: boolean, isPredicted: boolean) => boolean
  >
> = {
  accuracy: () => true,
  precision: (_, isPredicted) => isPredicted,
  recall: (isPositive) => isPositive,
  specificity: (isPositive) => !isPositive,
  f1: (isPositive, isPredicted) => isPositive || isPredicted,
}

/** Errors count half in F1, hits whole. */
const f1Correction = (label: Numbers, isPredicted: Numbers): number => {
  let [hits, errors] = [0, 0]
  for (let i = 0; i < label.length; i++) {
    if (label[i] === 1 && isPredicted[i] === 1) hits++
    else if (label[i] === 1 || isPredicted[i] === 1) errors++
  }
  return (hits + errors) / (hits + errors / 2)
}

/** For each row of the rarer class the share of the other that it is ranked apart from (Mann-Whitney). */
const negativesBelow = ({ label, score, order }: LabelledRows): Float64Array => {
  const rows = label.length
  let positives = 0
  for (let i = 0; i < rows; i++) positives += label[i]!
  const isFlipped = positives > rows / 2
  const rare = isFlipped ? rows - positives : positives
  const inOrder = order ?? ascendingOrder(score)
  const apart = new Float64Array(rare)
  let [count, commonBefore] = [0, 0]
  for (let start = 0; start < rows; ) {
    let [end, common] = [start, 0]
    while (end < rows && score[inOrder[end]!] === score[inOrder[start]!]) {
      if ((label[inOrder[end++]!] === 1) === isFlipped) common++
    }
    const below = commonBefore + common / 2
    const share = (isFlipped ? rows - rare - below : below) / (rows - rare)
    for (let tied = end - start - common; tied > 0; tied--) apart[count++] = share
    commonBefore += common
    start = end
  }
  return apart
}

const deviation = (values: Float64Array): number => {
  const mean = meanOf(values)
  let squares = 0
  for (let i = 0; i < values.length; i++) squares += (values[i]! - mean) ** 2
  return Math.sqrt(squares / values.length)
}
