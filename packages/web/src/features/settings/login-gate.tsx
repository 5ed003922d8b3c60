import { isKaizenError, sessionApi } from '@kaizen/contracts'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { call } from '../../shared/api/client.ts'
import { endpointQuery } from '../../shared/api/queries.ts'
import { keepToken } from '../../shared/api/token.ts'
import { Form, FormFailure, TextField } from '../../shared/ui/form.tsx'
import { Page, Section } from '../../shared/ui/page.tsx'

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
    <Form label="Log in with a password" onSubmit={() => login.mutate()}>
      <TextField label="Name" autoComplete="username" value={username} onChange={setUsername} />
      <TextField
        label="Password"
        type="password"
        autoComplete="current-password"
        value={password}
        onChange={setPassword}
      />
      <button
        type="submit"
        className="button primary"
        disabled={username === '' || password === '' || login.isPending}
      >
        Log in
      </button>
      <FormFailure error={login.error} />
    </Form>
  )
}

function TokenForm() {
  const [token, setToken] = useState('')
  return (
    <Form
      label="Use a token"
      onSubmit={() => {
        keepToken(token)
        enter()
      }}
    >
      <TextField label="Bearer token" type="password" value={token} onChange={setToken} />
      <button type="submit" className="button" disabled={token === ''}>
        Use in this tab
      </button>
    </Form>
  )
}
