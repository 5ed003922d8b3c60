import { isKaizenError, sessionApi } from '@kaizen/contracts'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { call } from '../../shared/api/client.ts'
import { endpointQuery } from '../../shared/api/queries.ts'
import { keepToken } from '../../shared/api/token.ts'
import { Page, Section } from '../../shared/ui/page.tsx'
import { FailureState } from '../../shared/ui/state.tsx'
import './settings.css'

/** Shows the pages to whom the server knows, and the login to everybody else. */
export function LoginGate({ children }: { readonly children: ReactNode }) {
  const options = useQuery(endpointQuery(sessionApi.options))
  const me = useQuery({
    ...endpointQuery(sessionApi.me),
    enabled: options.data?.authentication === true,
  })
  const unknown = isKaizenError(me.error) && me.error.code === 'UNAUTHENTICATED'
  return unknown ? <LoginPage singleSignOn={options.data?.singleSignOn ?? null} /> : children
}

/** Everything is asked for again by whoever has logged in. */
const enter = (): void => location.reload()

function LoginPage({ singleSignOn }: { readonly singleSignOn: string | null }) {
  const here = `${location.pathname}${location.search}`
  return (
    <Page title="Log in">
      {singleSignOn !== null && (
        <Section title="Single sign-on">
          <p className="section-body">
            <a
              className="button primary"
              href={`${sessionApi.singleSignOn.path}?to=${encodeURIComponent(here)}`}
            >
              Log in with {singleSignOn}
            </a>
          </p>
        </Section>
      )}
      <Section title="Name and password">
        <PasswordForm />
      </Section>
      <Section title="Token" aside="for this tab alone">
        <TokenForm />
      </Section>
    </Page>
  )
}

function PasswordForm() {
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  const login = useMutation({
    mutationFn: () => call(sessionApi.login, { body: { username, password } }),
    onSuccess: () => {
      keepToken(null)
      enter()
    },
  })
  return (
    <form
      className="token-form"
      onSubmit={(event) => {
        event.preventDefault()
        login.mutate()
      }}
    >
      <label>
        Name
        <input
          className="field"
          autoComplete="username"
          required
          maxLength={128}
          value={username}
          onChange={(event) => setUsername(event.target.value)}
        />
      </label>
      <label>
        Password
        <input
          className="field"
          type="password"
          autoComplete="current-password"
          required
          maxLength={1024}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
      </label>
      <button type="submit" className="button primary" disabled={login.isPending}>
        Log in
      </button>
      {login.error && <FailureState error={login.error} />}
    </form>
  )
}

function TokenForm() {
  const [token, setToken] = useState('')
  return (
    <form
      className="token-form"
      onSubmit={(event) => {
        event.preventDefault()
        keepToken(token)
        enter()
      }}
    >
      <label>
        Bearer token
        <input
          className="field"
          type="password"
          autoComplete="off"
          required
          value={token}
          onChange={(event) => setToken(event.target.value)}
        />
      </label>
      <button type="submit" className="button">
        Use in this tab
      </button>
    </form>
  )
}
