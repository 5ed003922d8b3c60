import type { ReportView } from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { usePages } from '../../../shared/api/use-pages.ts'
import { paths } from '../../../shared/paths.ts'
import { Link } from '../../../shared/ui/link.tsx'
import { Page, Section } from '../../../shared/ui/page.tsx'
import { Loaded, Skeleton, State } from '../../../shared/ui/state.tsx'
import { Table } from '../../../shared/ui/table.tsx'
import type { TableColumn } from '../../../shared/ui/table-model.ts'
import { When } from '../../../shared/ui/when.tsx'
import { reportQuery, reportsQuery } from '../api.ts'
import { Builder } from './builder.tsx'
import { Deliveries } from './deliveries.tsx'
import './reports.css'

const route = getRouteApi('/monitor-reports')

/** Reports that are kept by name, and the form that builds, previews and sends them. */
export function ReportsPage() {
  const { of } = route.useSearch()
  const { query, rows, onEnd } = usePages(reportsQuery)
  return (
    <Page
      title="Reports"
      crumbs={[{ label: 'Monitors', href: paths.monitors }]}
      actions={
        of !== undefined && (
          <Link className="button" href={paths.reports}>
            New report
          </Link>
        )
      }
    >
      <Loaded query={query} skeleton={<Skeleton lines={4} />}>
        {() =>
          rows.length === 0 ? (
            <State
              icon="monitors"
              title="No report is kept yet"
              command="kaizen reports set weekly report.json"
            >
              <p>Build one below: what it tells of, which parts, and who gets it when.</p>
            </State>
          ) : (
            <Section title="Kept reports">
              <Table
                label="Reports"
                primary
                columns={columns}
                rows={rows}
                rowKey={(row) => row.name}
                onEnd={onEnd}
                csvName="reports"
                rowTone={(row) => (row.name === of ? 'chosen' : undefined)}
              />
            </Section>
          )
        }
      </Loaded>
      {of === undefined ? <Builder key="new" /> : <Kept name={of} />}
    </Page>
  )
}

function Kept({ name }: { readonly name: string }) {
  const query = useQuery(reportQuery(name))
  return (
    <Loaded query={query}>
      {(report) => (
        <>
          <Builder key={name} report={report} />
          <Deliveries report={report} />
        </>
      )}
    </Loaded>
  )
}

const columns: readonly TableColumn<ReportView>[] = [
  {
    id: 'name',
    header: 'Report',
    width: 160,
    cell: (row) => <Link href={paths.report(row.name)}>{row.name}</Link>,
    sort: (row) => row.name,
  },
  {
    id: 'title',
    header: 'Title',
    minWidth: 180,
    cell: (row) => row.title,
    sort: (row) => row.title,
  },
  {
    id: 'about',
    header: 'Tells of',
    minWidth: 200,
    cell: (row) => aboutOf(row),
    sort: aboutOf,
  },
  {
    id: 'schedule',
    header: 'Schedule',
    width: 150,
    cell: (row) => row.schedule && <span className="mono">{row.schedule.cron}</span>,
    sort: (row) => row.schedule?.cron ?? null,
  },
  {
    id: 'next',
    header: 'Next',
    width: 110,
    cell: (row) => <When at={row.nextAt} />,
    sort: (row) => row.nextAt,
  },
  {
    id: 'channels',
    header: 'Goes to',
    width: 160,
    cell: (row) => row.channels.join(', ') || null,
    sort: (row) => row.channels.join(', '),
  },
]

function aboutOf({ monitors, datasets }: ReportView): string {
  return [...monitors, ...datasets.map(({ dataset }) => dataset)].join(', ')
}
