import { MlError } from '../ml-error.ts'
import type { Numbers } from '../numeric/numbers.ts'
import { insufficient, type Outcome } from '../outcome.ts'
import { averagePrecision, binaryRankingMetrics } from './binary-ranking.ts'
import { checkRows } from './rows.ts'

export interface MulticlassProbabilityMetrics {
  readonly rows: number
  /** Each class against the rest, averaged plainly (null where a class has no rows) and by class size. */
  readonly rocAucOvrMacro: number | null
  readonly rocAucOvrWeighted: number | null
  /** Each pair of classes that have rows against each other (Hand and Till 2001). */
  readonly rocAucOvoMacro: number | null
  readonly logLoss: number
  /** Share of rows whose label is among the two most probable classes. */
  readonly top2Accuracy: number
  /** Sum over classes of squared differences; between 0 and 2. */
  readonly brier: number
  /** Each class against the rest; 0 for a class without rows. */
  readonly averagePrecisionMacro: number | null
}

/**
 * Figures of class probabilities: one column of probabilities a class, labels are class indices. Areas under the curve
 * by Hand and Till 2001.
 * @throws MlError when lengths differ or a label is no class index.
 */
export const multiclassProbabilityMetrics = (
  label: Numbers,
  probabilities: readonly Numbers[],
): Outcome<MulticlassProbabilityMetrics> => {
  const named = probabilities.map((column, k) => [`class ${k}`, column] as const)
  const rows = checkRows({ label, ...Object.fromEntries(named) })
  checkIndices(label, probabilities.length)
  if (rows === 0) return insufficient('multiclass-probability', 'rows', { have: 0, need: 1 })
  const rest = probabilities.map((column, k) => {
    const isClass = Float64Array.from(label, (y) => (y === k ? 1 : 0))
    const size = isClass.reduce((sum, y) => sum + y, 0)
    const [ranking, precision] = [
      binaryRankingMetrics(isClass, column),
      averagePrecision(isClass, column),
    ]
    return {
      size,
      auc: ranking.status === 'ok' ? ranking.rocAuc : null,
      precision: precision.status === 'ok' ? precision.averagePrecision : null,
    }
  })
  const aucs = rest.map(({ auc }) => auc)
  return {
    status: 'ok',
    rows,
    rocAucOvrMacro: meanOf(aucs),
    rocAucOvrWeighted: meanOf(
      aucs,
      rest.map(({ size }) => size),
    ),
    rocAucOvoMacro: oneVersusOne(label, probabilities),
    averagePrecisionMacro: meanOf(rest.map(({ precision }) => precision)),
    ...rowLosses(label, probabilities),
  }
}

const checkIndices = (label: Numbers, classes: number): void => {
  for (let i = 0; i < label.length; i++) {
    const y = label[i]!
    if (Number.isInteger(y) && y >= 0 && y < classes) continue
    throw new MlError(
      'invalid_input',
      `label ${y} in row ${i} is no index of the ${classes} classes`,
      'give class indices from 0, and one column of probabilities for each class',
    )
  }
}

const meanOf = (
  values: readonly (number | null)[],
  weights: readonly number[] = values.map(() => 1),
): number | null => {
  let [sum, whole] = [0, 0]
  for (const [i, value] of values.entries()) {
    if (weights[i] === 0) continue
    if (value === null) return null
    sum += value * weights[i]!
    whole += weights[i]!
  }
  return whole > 0 ? sum / whole : null
}

const oneVersusOne = (label: Numbers, probabilities: readonly Numbers[]): number | null => {
  const present = [...new Set(label)]
  const aucs: (number | null)[] = []
  for (const a of present) {
    for (const b of present) {
      if (a === b) continue
      const rows = Array.from(label.keys()).filter((i) => label[i] === a || label[i] === b)
      const truth = rows.map((i) => (label[i] === a ? 1 : 0))
      const ranking = binaryRankingMetrics(
        truth,
        rows.map((i) => probabilities[a]![i]!),
      )
      aucs.push(ranking.status === 'ok' ? ranking.rocAuc : null)
    }
  }
  return meanOf(aucs)
}

const rowLosses = (label: Numbers, probabilities: readonly Numbers[]) => {
  const rows = label.length
  let [logLoss, brier, top2] = [0, 0, 0]
  for (let i = 0; i < rows; i++) {
    const truth = label[i]!
    const p = probabilities[truth]![i]!
    const total = probabilities.reduce((sum, column) => sum + column[i]!, 0)
    logLoss -= Math.log(Math.min(1 - Number.EPSILON, Math.max(Number.EPSILON, p)) / total)
    let above = 0
    probabilities.forEach((column, k) => {
      brier += (column[i]! - (k === truth ? 1 : 0)) ** 2
      if (column[i]! > p || (column[i] === p && k > truth)) above++
    })
    if (above < 2) top2++
  }
  return { logLoss: logLoss / rows, brier: brier / rows, top2Accuracy: top2 / rows }
}
