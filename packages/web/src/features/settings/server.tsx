import type { ServerInfo } from '@kaizen/contracts'
import { type UseQueryResult, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { bearerToken, keepToken } from '../../shared/api/token.ts'
import { Form, TextField } from '../../shared/ui/form.tsx'
import { Facts, Section } from '../../shared/ui/page.tsx'
import { Loaded } from '../../shared/ui/state.tsx'
import { When } from '../../shared/ui/when.tsx'

/** What this server is, and the token that this tab shows it. */
export function Server({ query }: { readonly query: UseQueryResult<ServerInfo> }) {
  return (
    <>
      <Section title="Server">
        <Loaded query={query}>{(server) => <Facts facts={factsOf(server)} />}</Loaded>
      </Section>
      <Section title="This tab" aside="kept until the tab closes, sent to this server only">
        <OwnToken />
      </Section>
    </>
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
    <Form
      label="Token of this tab"
      onSubmit={() => {
        if (text !== '') keep(text)
      }}
    >
      <TextField
        label="Bearer token"
        type="password"
        placeholder={kept ? 'kept for this tab' : 'paste a token'}
        value={text}
        onChange={setText}
      />
      <button type="submit" className="button" disabled={text === ''}>
        Use in this tab
      </button>
      {kept && (
        <button type="button" className="button quiet" onClick={() => keep(null)}>
          Forget it
        </button>
      )}
    </Form>
  )
}
