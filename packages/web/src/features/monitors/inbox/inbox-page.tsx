import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { paths } from '../../../shared/paths.ts'
import { Page, Tabs } from '../../../shared/ui/page.tsx'
import { alertCountsQuery } from '../api.ts'
import { Channels } from '../channels.tsx'
import { Silences } from '../silences.tsx'
import { Inbox } from './inbox.tsx'
import { countOf } from './prepare-inbox.ts'
import './inbox.css'

const route = getRouteApi('/alerts')

/** Alerts of all monitors, who is told of them, and what is silent for now. */
export function InboxPage() {
  const { tab = 'open', ...rest } = route.useSearch()
  const navigate = route.useNavigate()
  const counts = useQuery(alertCountsQuery).data
  return (
    <Page title="Alerts" crumbs={[{ label: 'Monitors', href: paths.monitors }]}>
      <Tabs
        items={[
          { id: 'open', label: 'Open', count: countOf(counts, 'open') },
          { id: 'acknowledged', label: 'Acknowledged', count: countOf(counts, 'acknowledged') },
          { id: 'resolved', label: 'Resolved', count: countOf(counts, 'resolved') },
          { id: 'all', label: 'All' },
          { id: 'channels', label: 'Channels' },
          { id: 'silences', label: 'Silences' },
        ]}
        active={tab}
        onSelect={(next) => {
          const { alert: _, ...filter } = rest
          void navigate({ search: { ...filter, tab: next }, replace: true })
        }}
      />
      {tab === 'channels' ? (
        <Channels />
      ) : tab === 'silences' ? (
        <Silences />
      ) : (
        // Another part is another list: what was chosen in one is not chosen in the other.
        <Inbox key={tab} />
      )}
    </Page>
  )
}
