import { systemApi } from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { endpointQuery } from '../../shared/api/queries.ts'
import { Page, Tabs } from '../../shared/ui/page.tsx'
import { Account } from './account.tsx'
import { Roles } from './roles.tsx'
import { Server } from './server.tsx'
import { Tokens } from './tokens.tsx'
import { Users } from './users.tsx'
import { Webhooks } from './webhooks.tsx'
import { Workspaces } from './workspaces.tsx'
import './settings.css'

const route = getRouteApi('/settings')
const tabs = [
  { id: 'server', label: 'Server' },
  { id: 'account', label: 'Your account' },
  { id: 'users', label: 'Users' },
  { id: 'roles', label: 'Roles' },
  { id: 'workspaces', label: 'Workspaces' },
  { id: 'tokens', label: 'Tokens' },
  { id: 'webhooks', label: 'Webhooks' },
] as const

/** What this server is, who may use it, and whom it tells. */
export function SettingsPage() {
  const { tab = 'server', of } = route.useSearch()
  const navigate = route.useNavigate()
  const info = useQuery(endpointQuery(systemApi.info))
  const open = (chosen: string | undefined) =>
    void navigate({ search: chosen === undefined ? { tab } : { tab, of: chosen }, replace: true })
  const part = {
    account: <Account />,
    users: <Users chosen={of} onChoose={open} />,
    roles: <Roles chosen={of} onChoose={open} />,
    workspaces: <Workspaces chosen={of} onChoose={open} />,
    tokens: <Tokens />,
    webhooks: <Webhooks chosen={of} onChoose={open} />,
  }[tab]
  return (
    <Page title="Settings">
      <Tabs items={tabs} active={tab} onSelect={(id) => void navigate({ search: { tab: id } })} />
      {info.data?.authentication === false && (tab === 'users' || tab === 'roles') && (
        <p className="soft">
          This server asks nobody who they are. Users and roles count once it is started with{' '}
          <code>--auth</code>.
        </p>
      )}
      {part ?? <Server query={info} />}
    </Page>
  )
}
