import type { PlacedBatch } from '@kaizen/contracts'
import { usePages } from '../../shared/api/use-pages.ts'
import { formatCount } from '../../shared/format/number.ts'
import { formatSpan } from '../../shared/format/time.ts'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { Section } from '../../shared/ui/page.tsx'
import { Loaded, State } from '../../shared/ui/state.tsx'
import { Status, Tag } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { uploadsQuery } from './api.ts'

/** Batches of rows and profiles that jobs and devices have uploaded, each with the window that holds it. */
export function Uploads({ name }: { readonly name: string }) {
  const { query, rows, onEnd } = usePages(uploadsQuery(name))
  return (
    <Section title="Uploaded batches and profiles">
      <Loaded query={query}>
        {() => (
          <Table
            label="Uploads"
            primary
            columns={columns}
            rows={rows}
            rowKey={(row) => row.id}
            onEnd={onEnd}
            csvName={`${name}-uploads`}
            empty={
              <State
                icon="monitors"
                title="Nothing was uploaded yet"
                command={`kaizen monitors upload ${name} rows.jsonl --id job-1`}
              >
                <p>Jobs and devices send rows, or profiles of rows that stay where they are.</p>
              </State>
            }
          />
        )}
      </Loaded>
    </Section>
  )
}

const columns: readonly TableColumn<PlacedBatch>[] = [
  { id: 'id', header: 'Upload', minWidth: 200, cell: (row) => row.id, sort: (row) => row.id },
  {
    id: 'form',
    header: 'Form',
    width: 100,
    cell: (row) => <Tag>{row.form}</Tag>,
    text: (row) => row.form,
    sort: (row) => row.form,
  },
  {
    id: 'span',
    header: 'Event times',
    minWidth: 240,
    cell: (row) => formatSpan(row.from, row.to),
    sort: (row) => row.from,
  },
  {
    id: 'rows',
    header: 'Rows',
    width: 100,
    align: 'end',
    cell: (row) => formatCount(row.rows),
    sort: (row) => row.rows,
  },
  {
    id: 'state',
    header: 'State',
    width: 120,
    cell: ({ window }) => (
      <Status
        state={window ? 'succeeded' : 'waiting'}
        label={window === null ? 'waiting' : window.revision > 1 ? 'restated' : 'counted'}
      />
    ),
    text: ({ window }) => (window ? 'counted' : 'waiting'),
  },
  {
    id: 'window',
    header: 'Window',
    minWidth: 240,
    cell: ({ window }) =>
      window && <Link href={paths.window(window.id)}>{formatSpan(window.from, window.to)}</Link>,
  },
  {
    id: 'added',
    header: 'Uploaded',
    width: 120,
    cell: (row) => <When at={row.addedAt} />,
    sort: (row) => row.addedAt,
  },
  { id: 'by', header: 'Source', minWidth: 140, cell: (row) => row.addedBy },
]
