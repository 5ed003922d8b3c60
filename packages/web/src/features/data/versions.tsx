import type { DatasetVersion } from '@kaizen/contracts'
import { formatBytes, formatCount } from '../../shared/format/number.ts'
import { formatSpan } from '../../shared/format/time.ts'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { Section } from '../../shared/ui/page.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { originWords } from './prepare.ts'

const columns: readonly TableColumn<DatasetVersion>[] = [
  {
    id: 'version',
    header: 'Version',
    width: 96,
    cell: (row) => <Link href={paths.dataset(row.dataset, row.version)}>{row.version}</Link>,
    sort: (row) => row.version,
  },
  {
    id: 'rows',
    header: 'Rows',
    width: 100,
    align: 'end',
    cell: (row) => formatCount(row.rowCount),
    sort: (row) => row.rowCount,
  },
  {
    id: 'size',
    header: 'Size',
    width: 90,
    align: 'end',
    cell: (row) => formatBytes(row.sizeBytes),
    sort: (row) => row.sizeBytes,
  },
  {
    id: 'quarantined',
    header: 'Quarantined',
    width: 110,
    align: 'end',
    cell: (row) => formatCount(row.quarantined),
    sort: (row) => row.quarantined,
  },
  {
    id: 'shared',
    header: 'Shared pieces',
    width: 120,
    align: 'end',
    cell: (row) => `${row.sharedPieces} of ${row.pieces.length}`,
  },
  {
    id: 'span',
    header: 'Event time',
    minWidth: 260,
    cell: (row) => formatSpan(row.minEventTime, row.maxEventTime),
  },
  {
    id: 'origin',
    header: 'Origin',
    minWidth: 220,
    cell: (row) => <span className="soft">{originWords(row.origin)}</span>,
  },
  {
    id: 'created',
    header: 'Created',
    width: 110,
    cell: (row) => <When at={row.createdAt} />,
    sort: (row) => row.createdAt,
  },
]

export const Versions = (props: {
  readonly versions: readonly DatasetVersion[]
  readonly onEnd: () => void
}) => (
  <Section title="Versions">
    <Table
      label="Versions"
      primary
      columns={columns}
      rows={props.versions}
      rowKey={(row) => String(row.version)}
      onEnd={props.onEnd}
      csvName="versions"
    />
  </Section>
)
