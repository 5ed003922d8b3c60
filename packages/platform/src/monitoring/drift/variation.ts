import type { Table, TableColumn } from '../../storage/index.ts'
import type { DriftMethod, ReferenceProfile, Variation } from '../model.ts'
import { driftOf, minDriftRows } from './drift.ts'
import { rowsOf } from './segment-reference.ts'

/** Parts that a reference is cut in, in the order of its rows. */
const parts = 10
/** Rows looked at of each part: more hardly change what a part says. */
const partLimit = 10_000

/**
 * What each metric of drift, of missing and of out-of-range values says of ten consecutive parts of a reference against
 * the whole; fewer parts where rows are few. Seasons and slow changes within the reference count as its variation.
 */
export function variationOf(
  profile: ReferenceProfile,
  rows: { readonly table: Table; readonly prediction: TableColumn | null },
  methods: readonly DriftMethod[],
): Variation {
  const { rowCount } = rows.table
  const count = Math.min(parts, Math.floor(rowCount / minDriftRows))
  const values = new Map<string, number[]>()
  for (let part = 0; part < count; part++) {
    const [from, to] = [part, part + 1].map((edge) => Math.floor((edge * rowCount) / count))
    const length = Math.min(partLimit, to! - from!)
    const taken = Array.from({ length }, (_, row) => from! + row)
    const { statistics } = driftOf({
      reference: profile,
      inputs: {
        rowCount: length,
        columns: rows.table.columns.map((column) => rowsOf(column, taken)),
      },
      prediction: rows.prediction && rowsOf(rows.prediction, taken),
      methods,
      columns: [],
    })
    for (const { metric, value } of statistics) {
      if (value === null) continue
      const known = values.get(metric)
      if (known) known.push(value)
      else values.set(metric, [value])
    }
  }
  return { methods, values: Object.fromEntries(values) }
}
