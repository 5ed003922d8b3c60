import { useQueries } from '@tanstack/react-query'
import { Beside } from '../../shared/ui/beside.tsx'
import { differences, type FieldDifference } from '../../shared/ui/fields-model.ts'
import { Section } from '../../shared/ui/page.tsx'
import { Skeleton } from '../../shared/ui/state.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { versionQuery } from './api.ts'
import { comparable } from './prepare.ts'

/** Two versions side by side, only what differs. */
export function Comparison(props: {
  readonly name: string
  readonly left: number
  readonly right: number
}) {
  const [left, right] = useQueries({
    queries: [versionQuery(props.name, props.left), versionQuery(props.name, props.right)],
  })
  const rows =
    left.data && right.data ? differences(comparable(left.data), comparable(right.data)) : null
  return (
    <Section
      title={`Version ${props.left} beside version ${props.right}`}
      aside="only what differs"
    >
      {rows ? (
        <Beside
          label="Differences"
          rows={rows.map(({ path, before, after }) => ({
            key: path,
            values: [
              { of: `Version ${props.left}`, value: before ?? '–' },
              { of: `Version ${props.right}`, value: after ?? '–' },
            ],
          }))}
        >
          <Table
            label="Differences"
            columns={columnsOf(props.left, props.right)}
            rows={rows}
            rowKey={(row) => row.path}
            height={320}
            empty={<p className="section-body soft">They do not differ.</p>}
          />
        </Beside>
      ) : (
        <Skeleton lines={5} />
      )}
    </Section>
  )
}

const columnsOf = (left: number, right: number): readonly TableColumn<FieldDifference>[] => [
  { id: 'path', header: 'Field', width: 240, cell: (row) => row.path },
  {
    id: 'left',
    header: `Version ${left}`,
    minWidth: 240,
    cell: (row) => <span title={row.before ?? ''}>{row.before ?? '–'}</span>,
  },
  {
    id: 'right',
    header: `Version ${right}`,
    minWidth: 240,
    cell: (row) => <span title={row.after ?? ''}>{row.after ?? '–'}</span>,
  },
]
