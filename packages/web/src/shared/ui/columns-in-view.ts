import { useVirtualizer } from '@tanstack/react-virtual'
import { type RefObject, useMemo } from 'react'
import { pinnedAt, type TableColumn, widthOf } from './table-model.ts'

/** Up to this many columns are all drawn: what is out of view costs less than knowing it. */
const drawnAnyway = 24
/** So many columns come and go at once: rows change once for all of them. */
const together = 4

/** The columns of a table that are drawn: those that stick at its left, then those in view, with what lies out of view between. */
export interface ColumnsInView<Row> {
  readonly stuck: readonly TableColumn<Row>[]
  readonly inView: readonly TableColumn<Row>[]
  /** Where each pinned column sticks. */
  readonly pins: ReadonlyMap<string, number>
  /** How many columns are left out before and after those in view. */
  readonly before: number
  readonly after: number
}

/** Which columns are in view; the value is the same one for as long as they are. */
export function useColumnsInView<Row>(
  columns: readonly TableColumn<Row>[],
  scroller: RefObject<HTMLElement | null>,
): ColumnsInView<Row> {
  const many = columns.length > drawnAnyway
  const pins = useMemo(() => pinnedAt(columns), [columns])
  const stuck = pins.size + 1
  const virtual = useVirtualizer({
    horizontal: true,
    enabled: many,
    count: Math.max(0, columns.length - stuck),
    getScrollElement: () => scroller.current,
    estimateSize: (index) => widthOf(columns[index + stuck]),
    overscan: 1,
    initialRect: { width: 1400, height: 640 },
  })
  const items = many ? virtual.getVirtualItems() : []
  const [first, last] = [items[0]?.index ?? 0, items.at(-1)?.index ?? -1]
  const from = stuck + Math.floor(first / together) * together
  const to = many
    ? Math.min(columns.length, stuck + Math.ceil((last + 1) / together) * together)
    : columns.length
  return useMemo(
    () => ({
      stuck: columns.slice(0, stuck),
      inView: columns.slice(from, to),
      pins,
      before: from - stuck,
      after: columns.length - Math.max(from, to),
    }),
    [columns, pins, stuck, from, to],
  )
}
