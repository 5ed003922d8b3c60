import type { WindowSummary } from '@kaizen/contracts'
import { usePages } from '../../shared/api/use-pages.ts'
import { formatCount, formatShare } from '../../shared/format/number.ts'
import { formatSpan } from '../../shared/format/time.ts'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { Section } from '../../shared/ui/page.tsx'
import { Loaded, State } from '../../shared/ui/state.tsx'
import { Status, Tag } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { windowsQuery } from './api.ts'

/** Closed windows, newest first; a restated one says so. */
export function Windows({ name }: { readonly name: string }) {
  const { query, rows, onEnd } = usePages(windowsQuery(name))
  return (
    <Section title="Closed windows">
      <Loaded query={query}>
        {() => (
          <Table
            label="Windows"
            primary
            columns={columns}
            rows={rows}
            rowKey={(row) => row.id}
            onEnd={onEnd}
            csvName={`${name}-windows`}
            empty={
              <State
                icon="monitors"
                title="No window has closed yet"
                command="kaizen monitors list"
              />
            }
          />
        )}
      </Loaded>
    </Section>
  )
}

const columns: readonly TableColumn<WindowSummary>[] = [
  {
    id: 'span',
    header: 'Window',
    minWidth: 250,
    cell: (row) => <Link href={paths.window(row.id)}>{formatSpan(row.from, row.to)}</Link>,
    sort: (row) => row.to,
  },
  { id: 'kind', header: 'Kind', width: 110, cell: (row) => row.kind, sort: (row) => row.kind },
  {
    id: 'revision',
    header: 'Revision',
    width: 110,
    cell: (row) =>
      row.revision === 1 ? (
        <span className="faint">first</span>
      ) : (
        <Tag>restated {row.revision - 1}×</Tag>
      ),
    sort: (row) => row.revision,
  },
  {
    id: 'rows',
    header: 'Rows',
    width: 80,
    align: 'end',
    cell: (row) => formatCount(row.rows),
    sort: (row) => row.rows,
  },
  {
    id: 'labelled',
    header: 'Labelled',
    width: 120,
    align: 'end',
    // Late labels restate performance windows alone.
    cell: (row) =>
      row.kind === 'performance'
        ? `${formatCount(row.labelled)} (${formatShare(row.completeness, 0)})`
        : null,
    sort: (row) => (row.kind === 'performance' ? row.completeness : null),
  },
  {
    id: 'verdict',
    header: 'Over the bound',
    width: 150,
    cell: (row) =>
      row.metrics.drifted > 0 ? (
        <Status
          state="attention"
          label={`${row.metrics.drifted} of ${row.metrics.judged} judged`}
        />
      ) : (
        <span className="soft">none of {row.metrics.judged} judged</span>
      ),
    sort: (row) => row.metrics.drifted,
  },
  { id: 'versions', header: 'Versions', width: 100, cell: (row) => row.modelVersions.join(', ') },
  {
    id: 'closed',
    header: 'Closed',
    width: 110,
    cell: (row) => <When at={row.closedAt} />,
    sort: (row) => row.closedAt,
  },
]
