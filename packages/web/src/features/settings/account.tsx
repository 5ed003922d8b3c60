import { type CallerView, password as passwordSchema, sessionApi } from '@kaizen/contracts'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../shared/api/client.ts'
import { endpointQuery } from '../../shared/api/queries.ts'
import { keepToken } from '../../shared/api/token.ts'
import { useAct } from '../../shared/api/use-act.ts'
import { Form, FormFailure, problemOf, TextField } from '../../shared/ui/form.tsx'
import { Facts, Section } from '../../shared/ui/page.tsx'
import { Loaded, State } from '../../shared/ui/state.tsx'
import { NewToken } from './new-token.tsx'
import { TokenTable } from './token-table.tsx'

/** Who is logged in, with which roles; their password, their tokens, and the way out. */
export function Account() {
  const me = useQuery(endpointQuery(sessionApi.me))
  return (
    <Loaded query={me}>
      {(caller) => (
        <>
          <Section title="You">
            <Who caller={caller} />
          </Section>
          {caller.username === null ? (
            <Section title="Password and tokens">
              <State
                icon="governance"
                title="You are not logged in as a user"
                command="kaizen users create ann --role editor"
              >
                <p>Passwords and tokens of their own have users of a server started with --auth.</p>
              </State>
            </Section>
          ) : (
            <>
              <Section title="Password" aside="changing it ends your other sessions">
                <Password username={caller.username} />
              </Section>
              <Section title="Your tokens" aside="each acts as you, with your permissions">
                <OwnTokens />
              </Section>
            </>
          )}
        </>
      )}
    </Loaded>
  )
}

function Who({ caller }: { readonly caller: CallerView }) {
  const logout = useMutation({
    mutationFn: () => call(sessionApi.logout),
    onSuccess: ({ redirect }) => {
      keepToken(null)
      location.assign(redirect ?? '/')
    },
  })
  return (
    <>
      <Facts
        facts={[
          { label: 'You are', value: caller.username ?? caller.name },
          { label: 'Role', value: caller.role },
          { label: 'Named roles', value: caller.roles.join(', ') || '–' },
        ]}
      />
      {caller.username !== null && (
        <p className="section-body">
          <button
            type="button"
            className="button"
            disabled={logout.isPending}
            onClick={() => logout.mutate()}
          >
            Log out
          </button>
        </p>
      )}
      <FormFailure error={logout.error} />
    </>
  )
}

function Password({ username }: { readonly username: string }) {
  const [current, setCurrent] = useState('')
  const [password, setPassword] = useState('')
  const [again, setAgain] = useState('')
  const change = useAct(async () => {
    await call(sessionApi.changePassword, { body: { current, password } })
    setCurrent('')
    setPassword('')
    setAgain('')
  }, [])
  const problem = problemOf(passwordSchema, password)
  const ready = password !== '' && problem === null && again === password
  return (
    <Form label="Change your password" onSubmit={() => change.mutate()}>
      {/* Password managers file what is typed here under this name. */}
      <input hidden readOnly autoComplete="username" value={username} />
      <TextField
        label="Password of now"
        type="password"
        autoComplete="current-password"
        value={current}
        onChange={setCurrent}
      />
      <TextField
        label="New password"
        type="password"
        autoComplete="new-password"
        value={password}
        problem={problem}
        onChange={setPassword}
      />
      <TextField
        label="New password again"
        type="password"
        autoComplete="new-password"
        value={again}
        problem={again !== '' && again !== password ? 'it is not the same' : null}
        onChange={setAgain}
      />
      <button type="submit" className="button primary" disabled={!ready || change.isPending}>
        Change password
      </button>
      {change.isSuccess && <p role="status">Changed; other sessions have ended.</p>}
      <FormFailure error={change.error} />
    </Form>
  )
}

function OwnTokens() {
  const query = useQuery(endpointQuery(sessionApi.tokens))
  const revoke = useAct(
    (id: string) => call(sessionApi.revokeToken, { params: { id } }),
    [sessionApi.tokens],
  )
  return (
    <>
      <NewToken
        create={({ name, expiresAt }) =>
          call(sessionApi.createToken, { body: { name, expiresAt } })
        }
        stale={[sessionApi.tokens]}
      />
      <FormFailure error={revoke.error} />
      <Loaded query={query}>
        {({ items }) => (
          <TokenTable
            label="Your tokens"
            rows={items}
            onRevoke={revoke.mutate}
            empty={<p className="section-body faint">You have no token yet.</p>}
          />
        )}
      </Loaded>
    </>
  )
}
