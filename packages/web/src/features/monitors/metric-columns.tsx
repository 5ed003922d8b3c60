import { formatNumber } from '../../shared/format/number.ts'
import type { TableColumn } from '../../shared/ui/table-model.ts'

/** A column of figures, missing ones last. */
export const figureColumn = <Row,>(column: {
  readonly id: string
  readonly header: string
  readonly width: number
  readonly value: (row: Row) => number | null
}): TableColumn<Row> => ({
  id: column.id,
  header: column.header,
  width: column.width,
  align: 'end',
  cell: (row) => formatNumber(column.value(row)),
  sort: column.value,
})

/** The newest value of a metric in a row. */
interface Entry {
  readonly metric: string
  readonly last: number | null
  readonly drifted: boolean | null
}

/** Which metric is drawn over the table, and what draws another. */
export interface Choice {
  readonly chosen: string | undefined
  readonly choose: (metric: string) => void
}

/** A column of newest values, each a button that shows its metric over time. */
export const choosableColumn = <Row,>(
  column: {
    readonly id: string
    readonly header: string
    readonly width: number
    readonly of: (row: Row) => Entry | undefined
    readonly format?: (value: number | null) => string
    readonly title?: (row: Row) => string | undefined
  },
  { chosen, choose }: Choice,
): TableColumn<Row> => ({
  id: column.id,
  header: column.header,
  width: column.width,
  align: 'end',
  sort: (row) => column.of(row)?.last ?? null,
  cell: (row) => {
    const entry = column.of(row)
    return entry ? (
      <button
        type="button"
        className={entry.drifted ? 'cell-button drifted' : 'cell-button'}
        aria-pressed={entry.metric === chosen}
        title={column.title?.(row)}
        onClick={() => choose(entry.metric)}
      >
        {(column.format ?? formatNumber)(entry.last)}
      </button>
    ) : null
  },
})
