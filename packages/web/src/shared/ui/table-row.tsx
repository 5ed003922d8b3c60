import { memo, type ReactNode } from 'react'
import type { ColumnsInView } from './columns-in-view.ts'
import type { TableColumn } from './table-model.ts'

interface RowProps<Row> {
  readonly row: Row
  readonly index: number
  readonly drawn: ColumnsInView<Row>
  readonly tone: string | undefined
  /** The box that chooses the row, where rows can be chosen; its name and whether it is ticked. */
  readonly choice: string | undefined
  readonly chosen: boolean
  readonly onChoose: (row: Row) => void
}

/** One row; it is drawn again only when it, the columns in view or its choice change, not as the table scrolls. */
export const TableRow = memo(function TableRow<Row>(props: RowProps<Row>) {
  const { row, drawn, index } = props
  return (
    <tr
      data-index={index}
      data-tone={props.chosen ? 'chosen' : props.tone}
      aria-rowindex={index + 2}
    >
      {drawn.stuck.map((column, at) =>
        at === 0 ? (
          <th key={column.id} scope="row" className={classOf(column)}>
            {props.choice !== undefined && (
              <input
                type="checkbox"
                className="table-choose"
                aria-label={`Choose ${props.choice}`}
                checked={props.chosen}
                onChange={() => props.onChoose(row)}
              />
            )}
            {contentOf(column, row)}
          </th>
        ) : (
          <Cell key={column.id} column={column} row={row} pinned={drawn.pins.get(column.id)} />
        ),
      )}
      {drawn.before > 0 && <td colSpan={drawn.before} />}
      {drawn.inView.map((column) => (
        <Cell key={column.id} column={column} row={row} pinned={undefined} />
      ))}
      {drawn.after > 0 && <td colSpan={drawn.after} />}
    </tr>
  )
}) as <Row>(props: RowProps<Row>) => ReactNode

interface CellProps<Row> {
  readonly column: TableColumn<Row>
  readonly row: Row
  readonly pinned: number | undefined
}

/** Stands as it is while other columns come into view beside it. */
const Cell = memo(function Cell<Row>({ column, row, pinned }: CellProps<Row>) {
  return (
    <td className={classOf(column)} {...pinProps(pinned)}>
      {contentOf(column, row)}
    </td>
  )
}) as <Row>(props: CellProps<Row>) => ReactNode

const contentOf = <Row,>(column: TableColumn<Row>, row: Row) =>
  column.cell(row) ?? <span className="faint">–</span>

export const classOf = <Row,>(column: TableColumn<Row>): string | undefined =>
  column.align === 'end' ? 'number' : undefined

export const pinProps = (left: number | undefined) =>
  left === undefined ? {} : { 'data-pinned': true, style: { left } }
