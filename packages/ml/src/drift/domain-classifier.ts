import { type Column, categoricalColumn, numericColumn } from '../data/column.ts'
import { type Table, tableOf, takeRows } from '../data/table.ts'
import { binaryRankingMetrics } from '../metrics/binary-ranking.ts'
import { MlError } from '../ml-error.ts'
import { insufficient, type Outcome } from '../outcome.ts'
import { gradientBoosting } from '../trees/gradient-boosting.ts'
import type { Comparison } from './result.ts'

export interface DomainClassifierOptions {
  /** Runs of rows, each scored by a model of the others; 5 by default. */
  readonly folds?: number
}

const ORIGIN = 'origin of the row'
const SMALLEST_SAMPLE = 20

/**
 * How well a classifier tells reference and current rows apart, by the area under its ROC curve on rows it has not seen:
 * 0.5 when the samples are alike, 1 when they are strangers. All columns together, so that changed relations show too.
 * Lopez-Paz and Oquab 2017.
 * @throws MlError when the tables have different columns.
 */
export const domainClassifier = (
  reference: Table,
  current: Table,
  { folds = 5 }: DomainClassifierOptions = {},
): Outcome<Comparison> => {
  const sizes = { reference: reference.rowCount, current: current.rowCount }
  for (const side of ['reference', 'current'] as const) {
    if (sizes[side] >= SMALLEST_SAMPLE) continue
    const counts = { have: sizes[side], need: SMALLEST_SAMPLE }
    return insufficient('domain-classifier', `${side} rows`, counts)
  }
  const isCurrent = Float64Array.from({ length: sizes.reference + sizes.current }, (_, row) =>
    row < sizes.reference ? 0 : 1,
  )
  const table = tableOf([
    ...reference.columns.map((column) => joined(column, current)),
    categoricalColumn(
      ORIGIN,
      Array.from(isCurrent, (flag) => (flag === 1 ? 'current' : 'reference')),
    ),
  ])
  const scores = outOfFoldScores(table, contiguousFolds(sizes, folds))
  const ranking = binaryRankingMetrics(isCurrent, scores)
  if (ranking.status !== 'ok') return ranking
  return {
    status: 'ok',
    method: 'domain-classifier',
    parameters: { folds, model: 'gradient boosting' },
    statistic: ranking.rocAuc,
    pValue: null,
    effect: { name: 'AUROC', value: ranking.rocAuc },
    sizes,
  }
}

const joined = (column: Column, current: Table): Column => {
  const other = current.columns.find((candidate) => candidate.name === column.name)
  if (other?.kind === 'numeric' && column.kind === 'numeric') {
    return numericColumn(column.name, Float64Array.from([...column.values, ...other.values]))
  }
  if (other?.kind === 'categorical' && column.kind === 'categorical') {
    const names = [column, other].flatMap(({ codes, dictionary }) =>
      Array.from(codes, (code) => dictionary[code] ?? null),
    )
    return categoricalColumn(column.name, names)
  }
  throw new MlError(
    'invalid_input',
    `column '${column.name}' is missing from the current rows, or of another kind`,
    'compare tables of the same columns',
  )
}

/** By row its fold: either sample in runs of neighbours, since rows next to each other are often alike. */
const contiguousFolds = (
  sizes: { readonly reference: number; readonly current: number },
  folds: number,
): Int32Array =>
  Int32Array.from({ length: sizes.reference + sizes.current }, (_, row) =>
    row < sizes.reference
      ? Math.floor((row * folds) / sizes.reference)
      : Math.floor(((row - sizes.reference) * folds) / sizes.current),
  )

const outOfFoldScores = (table: Table, fold: Int32Array): Float64Array => {
  const scores = new Float64Array(table.rowCount)
  const rows = Array.from(fold.keys())
  for (const held of new Set(fold)) {
    const test = rows.filter((row) => fold[row] === held)
    const train = rows.filter((row) => fold[row] !== held)
    const model = gradientBoosting.fit(takeRows(table, train), ORIGIN)
    const predicted = model.predict(takeRows(table, test))
    if (predicted.task !== 'classification') continue
    const current = (predicted.classes as readonly string[]).indexOf('current')
    const width = predicted.classes.length
    test.forEach((row, i) => {
      scores[row] = predicted.probabilities[i * width + current]!
    })
  }
  return scores
}
