import type { EncodedTable } from '../data/features.ts'
import type { Table } from '../data/table.ts'
import { MlError } from '../ml-error.ts'
import { permutation, seededRandom } from '../random/random.ts'
import type { LabelledRows } from './boosting.ts'
import type { ResolvedBoosting } from './options.ts'

/**
 * Parts training from validation rows when early stopping asks for them; without it there are none.
 * @throws MlError when a fraction leaves no rows on either side.
 */
export const holdOut = (
  whole: LabelledRows,
  options: Pick<ResolvedBoosting, 'earlyStopping' | 'seed'>,
  readValidation: (table: Table) => LabelledRows,
): { readonly training: LabelledRows; readonly validation: LabelledRows | null } => {
  const stopping = options.earlyStopping
  if (!stopping) return { training: whole, validation: null }
  if (stopping.validation) {
    return { training: whole, validation: readValidation(stopping.validation) }
  }
  const { rowCount } = whole.table
  const heldOut = Math.round(rowCount * (stopping.fraction ?? 0.1))
  if (heldOut < 1 || heldOut >= rowCount) {
    throw new MlError(
      'invalid_option',
      `early stopping would hold out ${heldOut} of ${rowCount} rows`,
      "give more rows, another 'earlyStopping.fraction', or 'earlyStopping.validation'",
    )
  }
  const order = permutation(rowCount, seededRandom(options.seed + 1))
  return {
    training: pickRows(whole, order.slice(heldOut).sort()),
    validation: pickRows(whole, order.slice(0, heldOut).sort()),
  }
}

const pickRows = ({ table, labels }: LabelledRows, rows: Int32Array): LabelledRows => {
  const pick = (values: Float64Array): Float64Array =>
    Float64Array.from(rows, (row) => values[row]!)
  return {
    table: pickEncoded(table, rows),
    labels: { values: pick(labels.values), weights: labels.weights && pick(labels.weights) },
  }
}

const pickEncoded = (table: EncodedTable, rows: Int32Array): EncodedTable => ({
  rowCount: rows.length,
  columns: table.columns.map((values) =>
    values instanceof Float32Array
      ? Float32Array.from(rows, (row) => values[row]!)
      : Int32Array.from(rows, (row) => values[row]!),
  ),
})
