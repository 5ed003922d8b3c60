import { useVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useColumnsInView } from './columns-in-view.ts'
import { Link } from './link.tsx'
import { useActionKeys, useChooseKey, useRowKeys } from './row-keys.ts'
import {
  columnWidths,
  download,
  nextSort,
  type SortState,
  sortRows,
  type TableColumn,
  toCsv,
  widthOf,
} from './table-model.ts'
import { classOf, pinProps, TableRow } from './table-row.tsx'
import { useWidthOf } from './use-width.ts'
import './table.css'

interface TableProps<Row> {
  readonly label: string
  readonly columns: readonly TableColumn<Row>[]
  readonly rows: readonly Row[]
  readonly rowKey: (row: Row) => string
  readonly empty?: ReactNode
  /** Height in pixels where the table scrolls by itself; without it the page scrolls. */
  readonly height?: number | string
  /** How many rows the server has, where that is known and more than are loaded. */
  readonly total?: number
  /** Called when the reader comes near the last loaded row. */
  readonly onEnd?: () => void
  /** Sorting done by the server: the state and what a header asks for. */
  readonly sort?: SortState | null
  readonly onSort?: (sort: SortState | null) => void
  readonly csvName?: string
  /** The one table of the page that `j` and `k` walk. */
  readonly primary?: boolean
  readonly rowTone?: (row: Row) => string | undefined
  /** Rows that can be chosen: a box in the first column, `x` on the row in focus. */
  readonly selection?: TableSelection<Row>
  /** What keys do with the row in focus; null where none has it. */
  readonly actionKeys?: Readonly<Record<string, (row: Row | null) => void>>
}
export interface TableSelection<Row> {
  readonly has: (row: Row) => boolean
  readonly onToggle: (row: Row) => void
  readonly nameOf: (row: Row) => string
}

const rowHeight = 32
/** So many rows before the last, the next are asked for: they are there when the reader comes. */
const nearEnd = 100

/** A dense table: sticky header and first column, sorted by its headers, only what is in view is drawn. */
export function Table<Row>(props: TableProps<Row>) {
  const { columns, label, rowKey } = props
  const [ownSort, setOwnSort] = useState<SortState | null>(null)
  const sort = props.onSort ? (props.sort ?? null) : ownSort
  const rows = useMemo(
    () => (props.onSort ? props.rows : sortRows(props.rows, columns, sort)),
    [props.rows, props.onSort, columns, sort],
  )
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    initialRect: { width: 1000, height: 640 },
  })
  useRowKeys(props.primary ?? false, rows.length, scroller, (index) => virtual.scrollToIndex(index))
  const { selection } = props
  useChooseKey(selection !== undefined, scroller, (index) => {
    const row = rows[index]
    if (row !== undefined) selection?.onToggle(row)
  })
  const { actionKeys } = props
  useActionKeys(
    actionKeys &&
      Object.fromEntries(
        Object.entries(actionKeys).map(([key, act]) => [
          key,
          (index: number | null) => act(index === null ? null : (rows[index] ?? null)),
        ]),
      ),
    scroller,
  )
  const drawn = useColumnsInView(columns, scroller)
  const room = useWidthOf(scroller, rows.length > 0)
  const widths = useMemo(() => columnWidths(columns, room), [columns, room])
  const choose = useRef(selection?.onToggle)
  choose.current = selection?.onToggle
  const onChoose = useCallback((row: Row) => choose.current?.(row), [])
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? -1
  const { onEnd } = props
  useEffect(() => {
    if (onEnd && last >= rows.length - nearEnd) onEnd()
  }, [onEnd, last, rows.length])
  if (rows.length === 0 && props.empty) return props.empty
  const before = items[0]?.start ?? 0
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0)
  const width = columns.reduce((sum, column) => sum + widthOf(column), 0)
  return (
    <section
      className="table-scroll"
      ref={scroller}
      style={{ maxHeight: props.height ?? 'min(640px, 72vh)' }}
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
    >
      <table
        className="table"
        style={{ minWidth: width }}
        aria-rowcount={(props.total ?? rows.length) + 1}
        aria-label={label}
      >
        <colgroup>
          {columns.map((column, at) => (
            <col key={column.id} style={{ width: widths?.[at] ?? column.width }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            {drawn.stuck.map((column) => (
              <HeaderCell
                key={column.id}
                column={column}
                pinned={drawn.pins.get(column.id)}
                sort={sort}
                onSort={props.onSort ?? setOwnSort}
              />
            ))}
            {drawn.before > 0 && <td colSpan={drawn.before} />}
            {drawn.inView.map((column) => (
              <HeaderCell
                key={column.id}
                column={column}
                pinned={undefined}
                sort={sort}
                onSort={props.onSort ?? setOwnSort}
              />
            ))}
            {drawn.after > 0 && <td colSpan={drawn.after} />}
          </tr>
        </thead>
        <tbody>
          {before > 0 && <tr style={{ height: before }} />}
          {items.map((item) => {
            const row = rows[item.index] as Row
            return (
              <TableRow
                key={rowKey(row)}
                row={row}
                index={item.index}
                drawn={drawn}
                tone={props.rowTone?.(row)}
                choice={selection?.nameOf(row)}
                chosen={selection?.has(row) ?? false}
                onChoose={onChoose}
              />
            )
          })}
          {after > 0 && <tr style={{ height: after }} />}
        </tbody>
      </table>
      {props.csvName && (
        <button
          type="button"
          className="table-csv"
          onClick={() => download(`${props.csvName}.csv`, 'text/csv', toCsv(rows, columns))}
        >
          CSV
        </button>
      )}
    </section>
  )
}

function HeaderCell<Row>(props: {
  readonly column: TableColumn<Row>
  readonly pinned: number | undefined
  readonly sort: SortState | null
  readonly onSort: (sort: SortState | null) => void
}) {
  const { column, sort } = props
  const active = sort?.column === column.id
  const align = classOf(column)
  if (!column.sort) {
    return (
      <th scope="col" className={align} {...pinProps(props.pinned)}>
        {column.color !== undefined && (
          <span className={`run-key series-${(column.color % 8) + 1}`} aria-hidden="true" />
        )}
        {column.href ? <Link href={column.href}>{column.header}</Link> : column.header}
      </th>
    )
  }
  return (
    <th
      scope="col"
      className={align}
      {...pinProps(props.pinned)}
      aria-sort={active ? (sort.descending ? 'descending' : 'ascending') : undefined}
    >
      <button type="button" onClick={() => props.onSort(nextSort(sort, column.id))}>
        {column.header}
        <span className="sort-mark" aria-hidden="true">
          {active ? (sort.descending ? '↓' : '↑') : ''}
        </span>
      </button>
    </th>
  )
}
