import { MlError } from '../ml-error.ts'
import { insufficient, type Outcome } from '../outcome.ts'

export interface ClassScores {
  readonly precision: number
  readonly recall: number
  readonly f1: number
}

export interface MulticlassMetrics {
  readonly rows: number
  /** Every label that occurs as label or prediction, sorted. */
  readonly labels: readonly string[]
  /** Counts by label (row) and prediction (column). */
  readonly confusion: readonly (readonly number[])[]
  readonly accuracy: number
  /** Matthews' correlation (Gorodkin 2004); 0 where a margin is concentrated in one class. */
  readonly mcc: number
  /** Cohen's kappa; null where chance agreement is certain. */
  readonly kappa: number | null
  readonly macro: ClassScores
  readonly micro: ClassScores
  /** Mean over classes weighted by their rows. */
  readonly weighted: ClassScores
  readonly perClass: Readonly<Record<string, ClassScores & { readonly support: number }>>
}

type Label = string | number | boolean

export interface MulticlassOptions {
  /** The figure of a class over no rows, which its averages take in; 0 by default. */
  readonly zeroDivision?: 0 | 1
}

/**
 * Figures of class predictions. Averages as Sokolova and Lapalme (2009) name them.
 * @throws MlError when lengths differ.
 */
export const multiclassMetrics = (
  label: readonly Label[],
  prediction: readonly Label[],
  { zeroDivision = 0 }: MulticlassOptions = {},
): Outcome<MulticlassMetrics> => {
  if (label.length !== prediction.length) {
    throw new MlError(
      'invalid_input',
      `there are ${label.length} labels and ${prediction.length} predictions`,
      'give one prediction for each label',
    )
  }
  const rows = label.length
  if (rows === 0) return insufficient('multiclass', 'rows', { have: 0, need: 1 })
  const labels = sortedLabels([...label, ...prediction])
  const indexOf = new Map(labels.map((name, i) => [name, i]))
  const confusion = labels.map(() => labels.map(() => 0))
  label.forEach((truth, i) => {
    confusion[indexOf.get(String(truth))!]![indexOf.get(String(prediction[i]))!]!++
  })
  const supports = confusion.map(total)
  const predicted = labels.map((_, k) => total(confusion.map((row) => row[k]!)))
  const hits = labels.map((_, k) => confusion[k]![k]!)
  const perClass = labels.map((_, k) =>
    scores(hits[k]!, [predicted[k]!, supports[k]!], zeroDivision),
  )
  const correct = total(hits)
  const mean = (weights: readonly number[]): ClassScores => {
    const whole = total(weights)
    const of = (name: keyof ClassScores) =>
      total(perClass.map((each, k) => each[name] * weights[k]!)) / whole
    return { precision: of('precision'), recall: of('recall'), f1: of('f1') }
  }
  const agreement = total(labels.map((_, k) => supports[k]! * predicted[k]!)) / (rows * rows)
  return {
    status: 'ok',
    rows,
    labels,
    confusion,
    accuracy: correct / rows,
    mcc: matthews({ rows, correct, supports, predicted }),
    kappa: agreement < 1 ? (correct / rows - agreement) / (1 - agreement) : null,
    macro: mean(labels.map(() => 1)),
    micro: scores(correct, [rows, rows], zeroDivision),
    weighted: mean(supports),
    perClass: Object.fromEntries(
      labels.map((name, k) => [name, { ...perClass[k]!, support: supports[k]! }]),
    ),
  }
}

/** Numbers by size, everything else in code point order. */
const sortedLabels = (all: readonly Label[]): string[] => {
  const distinct = [...new Set(all)]
  return distinct.every((label) => typeof label === 'number')
    ? distinct.sort((a, b) => a - b).map(String)
    : [...new Set(distinct.map(String))].sort()
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)

const scores = (
  hits: number,
  [predicted, support]: readonly [predicted: number, support: number],
  zeroDivision: number,
): ClassScores => ({
  precision: predicted > 0 ? hits / predicted : zeroDivision,
  recall: support > 0 ? hits / support : zeroDivision,
  f1: predicted + support > 0 ? (2 * hits) / (predicted + support) : zeroDivision,
})

const matthews = (table: {
  readonly rows: number
  readonly correct: number
  readonly supports: readonly number[]
  readonly predicted: readonly number[]
}): number => {
  const { rows, correct, supports, predicted } = table
  const cross = total(supports.map((support, k) => support * predicted[k]!))
  const squares = (values: readonly number[]) => total(values.map((value) => value * value))
  const spread = (rows * rows - squares(supports)) * (rows * rows - squares(predicted))
  return spread > 0 ? (correct * rows - cross) / Math.sqrt(spread) : 0
}
