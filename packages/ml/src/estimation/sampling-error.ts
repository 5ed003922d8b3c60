import type { Numbers } from '../numeric/numbers.ts'
import { midranks } from '../numeric/ranks.ts'
import type { EstimatedMetric } from './expected-performance.ts'

/**
 * The standard error that a figure has for lack of rows alone, in chunks of a given size: the spread of
 * per-row contributions in the reference over the square root of the rows that take part.
 */
export const samplingError = (
  metric: EstimatedMetric,
  reference: { readonly label: Numbers; readonly isPredicted: Numbers; readonly score: Numbers },
  chunkSize: number,
): number => {
  const error = plainSamplingError(metric, reference, chunkSize)
  return metric === 'f1' ? error * f1Correction(reference.label, reference.isPredicted) : error
}

/** The same without the correction of F1 for errors that count half, as means over classes take it. */
export const plainSamplingError = (
  metric: EstimatedMetric,
  reference: { readonly label: Numbers; readonly isPredicted: Numbers; readonly score: Numbers },
  chunkSize: number,
): number => {
  const contributions = contributionsOf(metric, reference)
  if (contributions.length === 0) return Number.NaN
  const share = contributions.length / reference.label.length
  return deviation(contributions) / Math.sqrt(chunkSize * share)
}

const contributionsOf = (
  metric: EstimatedMetric,
  { label, isPredicted, score }: { label: Numbers; isPredicted: Numbers; score: Numbers },
): Float64Array => {
  const isRight = (i: number) => (label[i] === isPredicted[i] ? 1 : 0)
  const rows = Array.from(label.keys())
  const of = (takesPart: (i: number) => boolean) =>
    Float64Array.from(rows.filter(takesPart), isRight)
  switch (metric) {
    case 'accuracy':
      return of(() => true)
    case 'precision':
      return of((i) => isPredicted[i] === 1)
    case 'recall':
      return of((i) => label[i] === 1)
    case 'specificity':
      return of((i) => label[i] === 0)
    case 'f1':
      return of((i) => label[i] === 1 || isPredicted[i] === 1)
    default:
      return negativesBelow(label, score)
  }
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
const negativesBelow = (label: Numbers, score: Numbers): Float64Array => {
  const rows = label.length
  let positives = 0
  for (let i = 0; i < rows; i++) positives += label[i]!
  const isFlipped = positives > rows / 2
  const rare = Array.from(label.keys()).filter((i) => (label[i] === 1) !== isFlipped)
  const values = isFlipped ? Float64Array.from(score, (s) => -s) : score
  const among = midranks(values)
  const within = midranks(rare.map((i) => values[i]!))
  return Float64Array.from(rare, (i, k) => (among[i]! - within[k]!) / (rows - rare.length))
}

const deviation = (values: Float64Array): number => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
}
