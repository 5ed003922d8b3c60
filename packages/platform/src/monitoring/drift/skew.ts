import { jensenShannon, lInfinity } from '@kaizen/ml/drift'
import { describeInsufficient, insufficient } from '@kaizen/ml/outcome'
import type { Table, TableColumn } from '../../storage/index.ts'
import type {
  LoggedPredictions,
  MonitorDeclaration,
  ReferenceColumn,
  ReferenceProfile,
  Statistic,
} from '../model.ts'
import { lacking, statisticOf } from '../statistic.ts'
import { currentOf, pairOf } from './compared-column.ts'
import { minDriftRows } from './drift.ts'

/** What a served model was trained on. */
export interface TrainedOn {
  readonly modelVersion: number
  readonly profile: ReferenceProfile
}

export type SkewDeclaration = NonNullable<MonitorDeclaration['skew']>

/**
 * Training/serving skew: the inputs that a version was asked with against the rows that it was trained on, whatever the
 * monitor's reference is. Numbers by the Jensen-Shannon divergence in bits over shared cells (Lin 1991), categories by the
 * largest difference of shares (L-infinity). Rows that other versions answered are not looked at.
 */
export function skewOf(
  trained: TrainedOn | null,
  rows: Pick<LoggedPredictions, 'inputs' | 'version'>,
  { columns, above }: SkewDeclaration,
): readonly Statistic[] {
  const worst = { metric: 'skew:any', method: 'largest-skew', threshold: above }
  if (!trained) {
    const note = 'the training rows of the served version are not known'
    return [statisticOf({ ...worst, value: null, rows: rows.version.length, note })]
  }
  const { modelVersion, profile } = trained
  const asked = askedOf(rows, modelVersion)
  const found = new Map(asked.columns.map((column) => [column.name, column]))
  const statistics = profile.columns
    .filter(({ name }) => columns.length === 0 || columns.includes(name))
    .map((column) => columnSkew(column, found.get(column.name), { asked, modelVersion, above }))
  return [...statistics, largestOf(statistics, { ...worst, rows: asked.rowCount })]
}

/** The rows that a version answered. */
function askedOf(
  { inputs, version }: Pick<LoggedPredictions, 'inputs' | 'version'>,
  modelVersion: number,
): Table {
  if (version.every((each) => each === modelVersion)) return inputs
  const own = Int32Array.from(version.keys()).filter((row) => version[row] === modelVersion)
  const columns = inputs.columns.map((column) =>
    column.values instanceof Float64Array
      ? { ...column, values: Float64Array.from(own, (row) => column.values[row] as number) }
      : { ...column, values: Array.from(own, (row) => column.values[row]) },
  )
  return { rowCount: own.length, columns: columns as Table['columns'] }
}

function columnSkew(
  column: ReferenceColumn,
  found: TableColumn | undefined,
  given: { readonly asked: Table; readonly modelVersion: number; readonly above: number },
): Statistic {
  const { asked, modelVersion, above: threshold } = given
  const isNumeric = column.kind === 'numeric'
  const method = isNumeric ? 'jensen-shannon-divergence' : 'l-infinity'
  const referenceRows = column.rows - column.missing
  const about = { metric: `skew:${column.name}`, column: column.name, method, referenceRows }
  const current = currentOf(column, found, asked.rowCount)
  const rows = current.rows - current.missing - current.mistyped
  const figure = { ...about, rows, threshold }
  const need = minDriftRows
  if (rows < need)
    return lacking(figure, { have: rows, need, of: `rows of version ${modelVersion}` })
  if (referenceRows < need)
    return lacking(figure, { have: referenceRows, need, of: 'training rows' })
  const { cells } = pairOf(column, current)
  const compared =
    cells.reference.length === 0
      ? insufficient(method, 'cells', { have: 0, need: 1 })
      : isNumeric
        ? jensenShannon(cells, 2)
        : lInfinity(cells)
  if (compared.status !== 'ok') {
    const isConstant = compared.what === 'distinct values' && compared.have === 1
    const note = isConstant ? null : describeInsufficient(compared)
    return statisticOf({ ...figure, value: isConstant ? 0 : null, note })
  }
  const value = isNumeric ? compared.statistic ** 2 : compared.statistic
  const note = value > threshold ? `from the training rows of version ${modelVersion}` : null
  return statisticOf({ ...figure, value, note })
}

function largestOf(
  statistics: readonly Statistic[],
  about: Omit<Parameters<typeof statisticOf>[0], 'value'>,
): Statistic {
  const judged = statistics.filter(({ value }) => value !== null)
  const [first, ...rest] = judged
  if (!first) return lacking(about, { have: 0, need: 1, of: 'comparable columns' })
  const worst = rest.reduce((most, next) => (next.value! > most.value! ? next : most), first)
  const over = judged.filter(({ drifted }) => drifted).map(({ column }) => column)
  const note = over.length > 0 ? over.slice(0, 20).join(', ') : null
  return statisticOf({ ...about, value: worst.value, note })
}
