import type { LogView } from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { formatBytes, formatCount } from '../../shared/format/number.ts'
import { Facts, Section } from '../../shared/ui/page.tsx'
import { Loaded, State } from '../../shared/ui/state.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { logQuery } from './api.ts'
import { retentionText } from './retention-text.ts'
import { Sinks } from './sinks.tsx'

/** What the prediction log takes of the disk, by day, what retention keeps and what it has removed. */
export function Log({ name }: { readonly name: string }) {
  const query = useQuery(logQuery(name))
  return (
    <Loaded query={query}>
      {(view) => (
        <>
          <Sinks endpoint={name} />
          <Section title="Prediction log">
            <Facts facts={factsOf(view)} />
            <Table
              label="Parquet by day"
              columns={dayColumns}
              rows={view.days}
              rowKey={(row) => row.day}
              csvName={`${name}-log`}
              empty={
                <State
                  icon="endpoints"
                  title="Nothing is Parquet yet"
                  command={`kaizen endpoints log ${name} --compact`}
                >
                  <p>Full segments become Parquet by themselves, all others within a day.</p>
                </State>
              }
            />
          </Section>
          {view.removed.length > 0 && (
            <Section title="Removed by retention" aside="the newest 20 files">
              <Table
                label="Removed by retention"
                columns={removedColumns}
                rows={view.removed}
                rowKey={(row) => `${row.day} ${row.removedAt} ${row.sizeBytes}`}
              />
            </Section>
          )}
        </>
      )}
    </Loaded>
  )
}

const factsOf = (view: LogView) => [
  { label: 'Predictions', value: formatCount(view.rows) },
  { label: 'On disk', value: formatBytes(view.sizeBytes) },
  {
    label: 'Not Parquet yet',
    value: `${formatCount(view.segments.rows)} · ${formatBytes(view.segments.sizeBytes)}`,
  },
  { label: 'Oldest', value: view.span ? <When at={view.span.from} full /> : '–' },
  { label: 'Kept', value: retentionText(view.retention) },
]

type Day = LogView['days'][number]
const dayColumns: readonly TableColumn<Day>[] = [
  { id: 'day', header: 'Day (UTC)', minWidth: 120, cell: (row) => row.day, text: (row) => row.day },
  {
    id: 'rows',
    header: 'Predictions',
    width: 120,
    align: 'end',
    cell: (row) => formatCount(row.rows),
    sort: (row) => row.rows,
  },
  {
    id: 'files',
    header: 'Files',
    width: 80,
    align: 'end',
    cell: (row) => formatCount(row.files),
    sort: (row) => row.files,
  },
  {
    id: 'size',
    header: 'On disk',
    width: 100,
    align: 'end',
    cell: (row) => formatBytes(row.sizeBytes),
    sort: (row) => row.sizeBytes,
  },
]

type Removed = LogView['removed'][number]
const removedColumns: readonly TableColumn<Removed>[] = [
  { id: 'at', header: 'Removed', width: 110, cell: (row) => <When at={row.removedAt} /> },
  { id: 'day', header: 'Day (UTC)', minWidth: 110, cell: (row) => row.day, text: (row) => row.day },
  {
    id: 'rows',
    header: 'Predictions',
    width: 110,
    align: 'end',
    cell: (row) => formatCount(row.rows),
    sort: (row) => row.rows,
  },
  {
    id: 'size',
    header: 'On disk',
    width: 90,
    align: 'end',
    cell: (row) => formatBytes(row.sizeBytes),
    sort: (row) => row.sizeBytes,
  },
  { id: 'reason', header: 'Because of', width: 100, cell: (row) => row.reason },
]
