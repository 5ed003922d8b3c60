import type { JsonValue } from '@kaizen/contracts'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { formatNumber } from '../../shared/format/number.ts'
import { Section } from '../../shared/ui/page.tsx'
import { Loaded } from '../../shared/ui/state.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { rowsQuery } from './api.ts'

interface Row {
  readonly number: number
  readonly cells: readonly JsonValue[]
}

/** Rows of a version in stored order, fetched as the reader scrolls. */
export function Rows(props: {
  readonly name: string
  readonly version: number
  readonly quarantined: boolean
}) {
  const query = useInfiniteQuery(rowsQuery(props.name, props.version, props.quarantined))
  const { data } = query
  const schema = data?.pages[0]?.columns
  const columns = useMemo(
    (): readonly TableColumn<Row>[] => [
      {
        id: '#',
        header: '#',
        width: 72,
        cell: (row) => <span className="faint">{row.number + 1}</span>,
      },
      ...(schema ?? []).map((column, index): TableColumn<Row> => {
        const numeric = column.type === 'number' || column.type === 'integer'
        return {
          id: column.name,
          header: column.name,
          minWidth: 92,
          align: numeric ? 'end' : 'start',
          cell: (row) => cellText(row.cells[index], column.type === 'number'),
          text: (row) => {
            const value = row.cells[index]
            return typeof value === 'number' || typeof value === 'string' ? value : null
          },
        }
      }),
    ],
    [schema],
  )
  const rows = useMemo(
    () =>
      (data?.pages ?? []).flatMap((page) => page.rows).map((cells, number) => ({ number, cells })),
    [data],
  )
  return (
    <Section title={props.quarantined ? 'Rows kept out' : 'Rows'} aside={`${rows.length} loaded`}>
      <Loaded query={query}>
        {() => (
          <Table
            label="Rows"
            columns={columns}
            rows={rows}
            rowKey={(row) => String(row.number)}
            onEnd={() => query.hasNextPage && !query.isFetching && void query.fetchNextPage()}
            csvName={`${props.name}-${props.version}`}
          />
        )}
      </Loaded>
    </Section>
  )
}

const cellText = (value: JsonValue | undefined, decimal: boolean): string | null => {
  if (value === null || value === undefined) return null
  if (typeof value === 'number') return decimal ? formatNumber(value) : String(value)
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
