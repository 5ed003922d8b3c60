import { once } from 'node:events'
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from './test-server.ts'

/** What of the provider is used here; its package brings no types. */
interface OpenIdProvider {
  readonly Grant: new (of: {
    readonly clientId: string
    readonly accountId: string
  }) => { addOIDCScope(scope: string): void; save(): Promise<string> }
  callback(): RequestListener
  interactionFinished(
    request: IncomingMessage,
    response: ServerResponse,
    result: { readonly login: { readonly accountId: string } },
  ): Promise<void>
}
const untyped: string = 'oidc-provider'
const { Provider } = (await import(untyped)) as {
  readonly Provider: new (issuer: string, configuration: unknown) => OpenIdProvider
}

const clientId = 'kaizen'
const clientSecret = 'a-secret-of-the-client-that-nobody-guesses'

/** Who logs in next at the provider: its own page is answered for whoever that is. */
interface Person {
  readonly sub: string
  readonly groups: readonly string[]
  readonly email?: string
}

/** A real OpenID provider whose login page lets in `person` unasked. */
async function startProvider(redirectUri: string) {
  const people = new Map<string, Person>()
  let person: Person = { sub: 'nobody', groups: [] }
  const http = createServer()
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const issuer = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  const provider: OpenIdProvider = new Provider(issuer, {
    clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [redirectUri] }],
    claims: {
      openid: ['sub'],
      profile: ['groups', 'preferred_username'],
      email: ['email', 'email_verified'],
    },
    findAccount: (_context: unknown, sub: string) => ({
      accountId: sub,
      claims: async () => {
        const known = people.get(sub)
        return {
          sub,
          preferred_username: sub,
          groups: [...(known?.groups ?? [])],
        }
      },
    }),
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    loadExistingGrant: async (context: {
      oidc: {
        client: { clientId: string }
        session: { accountId: string }
      }
    }) => {
      const grant = new provider.Grant({
        clientId: context.oidc.client.clientId,
        accountId: context.oidc.session.accountId,
      })
      grant.addOIDCScope('openid profile email')
      await grant.save()
      return grant
    },
  })
  const callback = provider.callback()
  http.on('request', (request, response) => {
    if (!request.url?.startsWith('/interaction/')) return void callback(request, response)
    people.set(person.sub, person)
    void provider.interactionFinished(request, response, { login: { accountId: person.sub } })
  })
  return {
    issuer,
    next: (other: Person) => {
      person = other
    },
    async [Symbol.asyncDispose]() {
      http.closeAllConnections()
      http.close()
    },
  }
}

/** A browser that follows redirects and keeps cookies of each origin. */
class Browser {
  readonly #jars = new Map<string, Map<string, string>>()

  async open(
    address: string,
  ): Promise<{ readonly url: URL; readonly status: number; readonly body: string }> {
    let url = new URL(address)
    for (let hop = 0; hop < 15; hop++) {
      const response = await fetch(url, {
        redirect: 'manual',
        headers: { cookie: this.cookies(url) },
      })
      const jar = this.#jar(url)
      for (const line of response.headers.getSetCookie()) {
        const [pair = ''] = line.split(';')
        jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
      }
      const location = response.headers.get('location')
      if (response.status < 300 || response.status > 399 || !location) {
        return { url, status: response.status, body: await response.text() }
      }
      url = new URL(location, url)
    }
    throw new Error('too many redirects')
  }

  cookies(url: URL): string {
    return [...this.#jar(url)].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  #jar(url: URL): Map<string, string> {
    const known = this.#jars.get(url.origin) ?? new Map<string, string>()
    this.#jars.set(url.origin, known)
    return known
  }
}

/** A port that is free now, so that both sides can be told the other's address. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function start() {
  await using opened = new AsyncDisposableStack()
  const port = await freePort()
  const publicUrl = `http://127.0.0.1:${port}`
  const provider = opened.use(await startProvider(`${publicUrl}/api/v1/session/oidc/callback`))
  const server = opened.use(
    await startTestServer('sqlite', {
      port,
      publicUrl,
      oidc: {
        issuer: provider.issuer,
        clientId,
        clientSecret,
        roles: ['admin=platform', 'editor=science'],
      },
    }),
  )
  const kept = opened.move()
  return { provider, server, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

const loginUrl = (server: TestServer, to = '/api/v1/me'): string =>
  `${server.url}/api/v1/session/oidc?to=${encodeURIComponent(to)}`

describe('login by OpenID Connect, with a real provider', () => {
  it('lets in by group, follows the groups at each login, and ends at logout', async () => {
    await using world = await start()
    const { provider, server } = world
    provider.next({ sub: 'ann', groups: ['science', 'other'] })
    const browser = new Browser()
    const arrived = await browser.open(loginUrl(server))
    expect(arrived).toMatchObject({ status: 200 })
    expect(JSON.parse(arrived.body)).toEqual({
      name: 'user:ann',
      role: 'editor',
      roles: [],
      username: 'ann',
    })

    const headers = { cookie: browser.cookies(new URL(server.url)) }
    expect((await server.send('DELETE /api/v1/session', { as: '', headers })).status).toBe(200)
    expect((await server.send('GET /api/v1/me', { as: '', headers })).status).toBe(401)

    provider.next({ sub: 'ann', groups: ['platform', 'science'] })
    expect(JSON.parse((await new Browser().open(loginUrl(server))).body)).toMatchObject({
      role: 'admin',
    })
    const events = await server.send('GET /api/v1/audit/events?subject=user:ann')
    expect(events.body.items.map(({ type }: { type: string }) => type)).toEqual([
      'identity.session.opened',
      'identity.user.role.changed',
      'identity.session.closed',
      'identity.session.opened',
      'identity.user.created',
    ])
  })

  it('keeps out who is in no group, who takes the name of another, and who comes back with a foreign answer', async () => {
    await using world = await start()
    const { provider, server } = world
    provider.next({ sub: 'eve', groups: ['science-fiction'] })
    expect(await new Browser().open(loginUrl(server))).toMatchObject({ status: 403 })
    await server.send('POST /api/v1/users', {
      body: { username: 'bob', password: 'correct horse battery' },
    })
    provider.next({ sub: 'bob', groups: ['platform'] })
    expect(await new Browser().open(loginUrl(server))).toMatchObject({ status: 403 })
    const callback = `${server.url}/api/v1/session/oidc/callback`
    expect(await new Browser().open(`${callback}?code=stolen&state=x`)).toMatchObject({
      status: 401,
    })
    const begun = new Browser()
    provider.next({ sub: 'ann', groups: ['science'] })
    const other = await fetch(loginUrl(server), { redirect: 'manual' })
    expect(other.headers.get('location')).toContain('code_challenge_method=S256')
    await begun.open(loginUrl(server))
    expect((await begun.open(`${callback}?code=stolen&state=x`)).status).toBe(401)
  })

  it('leads to pages of its own alone', async () => {
    await using world = await start()
    const { provider, server } = world
    provider.next({ sub: 'ann', groups: ['science'] })
    for (const to of [
      'https://evil.example/',
      '//evil.example/',
      '/\\evil.example',
      'javascript:alert(1)',
    ]) {
      const arrived = await new Browser().open(loginUrl(server, to))
      expect({ to, at: arrived.url.href }).toEqual({ to, at: `${server.url}/` })
    }
  })
})
