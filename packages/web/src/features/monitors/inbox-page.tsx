import type { AlertView } from '@kaizen/contracts'
import { getRouteApi } from '@tanstack/react-router'
import { usePages } from '../../shared/api/use-pages.ts'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { Page, Tabs } from '../../shared/ui/page.tsx'
import { Loaded, Skeleton, State } from '../../shared/ui/state.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { alertColumns } from './alerts.tsx'
import { inboxQuery } from './api.ts'
import { Channels } from './channels.tsx'
import { Silences } from './silences.tsx'

const route = getRouteApi('/alerts')
const states = ['open', 'acknowledged', 'resolved'] as const

/** Alerts of all monitors, who is told of them, and what is silent for now. */
export function InboxPage() {
  const { tab = 'open' } = route.useSearch()
  const navigate = route.useNavigate()
  const state = states.find((one) => one === tab)
  return (
    <Page title="Alerts" crumbs={[{ label: 'Monitors', href: paths.monitors }]}>
      <Tabs
        items={[
          { id: 'open', label: 'Open' },
          { id: 'acknowledged', label: 'Acknowledged' },
          { id: 'resolved', label: 'Resolved' },
          { id: 'all', label: 'All' },
          { id: 'channels', label: 'Channels' },
          { id: 'silences', label: 'Silences' },
        ]}
        active={tab}
        onSelect={(next) => void navigate({ search: { tab: next }, replace: true })}
      />
      {tab === 'channels' ? (
        <Channels />
      ) : tab === 'silences' ? (
        <Silences />
      ) : (
        <Inbox state={state} />
      )}
    </Page>
  )
}

function Inbox({ state }: { readonly state: AlertView['state'] | undefined }) {
  const { query, rows, onEnd } = usePages(inboxQuery(state))
  return (
    <Loaded query={query} skeleton={<Skeleton lines={8} />}>
      {() =>
        rows.length === 0 ? (
          <State
            icon="ok"
            title={state === undefined ? 'No alert was ever opened' : `No alert is ${state}`}
            command="kaizen alerts list"
          />
        ) : (
          <div className="section">
            <Table
              label="Alerts"
              primary
              columns={columns}
              rows={rows}
              rowKey={(row) => row.id}
              height="calc(100dvh - 210px)"
              onEnd={onEnd}
              csvName="alerts"
            />
          </div>
        )
      }
    </Loaded>
  )
}

/** The rest stands with the monitor; an inbox is for what is to be done. */
const inboxColumns = ['rule', 'severity', 'opened', 'message', 'act']

const columns: readonly TableColumn<AlertView>[] = [
  {
    id: 'monitor',
    header: 'Monitor',
    width: 150,
    cell: (row) => <Link href={paths.monitor(row.monitor)}>{row.monitor}</Link>,
    sort: (row) => row.monitor,
  },
  ...alertColumns.filter(({ id }) => inboxColumns.includes(id)),
  {
    id: 'why',
    header: 'Causes',
    width: 90,
    cell: (row) => (
      <Link className="link" href={paths.causes(row.monitor, row.windowTo)}>
        Causes
      </Link>
    ),
  },
]
