import type { Actual, Predictions } from '../../evaluation/index.ts'
import type { TableColumn } from '../../storage/index.ts'
import type { DriftMethod, Statistic, TruthProfile } from '../model.ts'
import { binaryRows } from '../performance/estimated.ts'
import { driftOfAnswers } from './drift.ts'
import { profileColumn } from './reference.ts'

/** Labels of a reference that tell anything of how they are spread. */
const leastLabels = 20

/** How the truth of labelled rows is spread, and how answers miss it; null where labels are few. */
export function truthProfileOf(
  predictions: Predictions,
  actual: readonly Actual[],
): TruthProfile | null {
  const label = labelColumn(actual)
  if (label.values.length < leastLabels) return null
  const residual = residualColumn(predictions, actual)
  return { label: profileColumn(label), residual: residual && profileColumn(residual) }
}

/**
 * Label drift (`label:<method>`: the truth is spread as it was) and concept drift (`concept:<method>`: answers miss it as
 * they did), as far as the truth of a window has come.
 */
export function truthDrift(
  reference: TruthProfile | null,
  rows: { readonly predictions: Predictions; readonly actual: readonly Actual[] },
  methods: readonly DriftMethod[],
): readonly Statistic[] {
  if (!reference) return []
  const { statistics } = driftOfAnswers('label', reference.label, labelColumn(rows.actual), methods)
  const missed = reference.residual && residualColumn(rows.predictions, rows.actual)
  if (!reference.residual || !missed) return statistics
  return [
    ...statistics,
    ...driftOfAnswers('concept', reference.residual, missed, methods).statistics,
  ]
}

function labelColumn(actual: readonly Actual[]): TableColumn {
  const known = actual.filter((one) => one !== null)
  return known.every((one) => typeof one === 'number')
    ? { name: 'label', type: 'number', values: Float64Array.from(known, Number) }
    : { name: 'label', type: 'string', values: known.map(String) }
}

/** Truth less answer; of two classes the truth as 0 or 1 less its probability. Null where neither can be told. */
function residualColumn(
  predictions: Predictions,
  actual: readonly Actual[],
): (TableColumn & { readonly values: Float64Array }) | null {
  const column = (values: Float64Array) => ({ name: 'residual', type: 'number' as const, values })
  if (predictions.task === 'regression') {
    const missed = actual.flatMap((truth, row) => {
      const by = typeof truth === 'number' ? truth - predictions.values[row]! : Number.NaN
      return Number.isFinite(by) ? [by] : []
    })
    return column(Float64Array.from(missed))
  }
  const rows = binaryRows(predictions, actual)
  return rows && column(rows.label.map((label, row) => label - rows.score[row]!))
}
