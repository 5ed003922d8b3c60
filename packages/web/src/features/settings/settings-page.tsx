import { type ServerInfo, systemApi } from '@kaizen/contracts'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { endpointQuery } from '../../shared/api/queries.ts'
import { bearerToken, keepToken } from '../../shared/api/token.ts'
import { Facts, Page, Section } from '../../shared/ui/page.tsx'
import { Loaded } from '../../shared/ui/state.tsx'
import { When } from '../../shared/ui/when.tsx'
import { OwnAccount } from './own-account.tsx'
import { Tokens } from './tokens.tsx'
import { Users } from './users.tsx'
import './settings.css'

/** What this server is, who may use it, and with which token this tab does. */
export function SettingsPage() {
  const info = useQuery(endpointQuery(systemApi.info))
  return (
    <Page title="Settings">
      <Section title="Server">
        <Loaded query={info}>{(server) => <Facts facts={factsOf(server)} />}</Loaded>
      </Section>
      <Section title="You">
        <OwnAccount />
      </Section>
      <Section title="Users" aside="people with a name and a role">
        <Users />
      </Section>
      <Section title="Tokens" aside="one for each program or person">
        <Tokens />
      </Section>
      <Section title="This tab">
        <OwnToken />
      </Section>
    </Page>
  )
}

const factsOf = (server: ServerInfo) => [
  { label: 'Version', value: server.version },
  { label: 'Node', value: server.node },
  { label: 'Database', value: server.database },
  {
    label: 'Clock',
    value: server.clock === 'replay' ? 'replay: moved by its API only' : 'of the machine',
  },
  { label: 'Now', value: <When at={server.now} full /> },
  { label: 'Started', value: <When at={server.startedAt} full /> },
  {
    label: 'Authentication',
    value: server.authentication ? 'users and tokens' : 'none, loopback only',
  },
  { label: 'You are', value: `${server.actor.name} (${server.actor.role})` },
]

function OwnToken() {
  const queries = useQueryClient()
  const [text, setText] = useState('')
  const [kept, setKept] = useState(bearerToken() !== null)
  const keep = (token: string | null) => {
    keepToken(token)
    setKept(token !== null)
    setText('')
    void queries.invalidateQueries()
  }
  return (
    <form
      className="token-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (text !== '') keep(text)
      }}
    >
      <label>
        Bearer token
        <input
          className="field"
          type="password"
          autoComplete="off"
          placeholder={kept ? 'kept for this tab' : 'paste a token'}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      <button type="submit" className="button" disabled={text === ''}>
        Use in this tab
      </button>
      {kept && (
        <button type="button" className="button quiet" onClick={() => keep(null)}>
          Forget it
        </button>
      )}
      <p className="faint small">Kept until the tab closes, and sent to this server only.</p>
    </form>
  )
}
