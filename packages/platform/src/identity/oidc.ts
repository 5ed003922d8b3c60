import { KaizenError, type Role } from '@kaizen/contracts'
import type * as OpenId from 'openid-client'
import { isLoopback } from './rules.ts'
import type { ExternalUser } from './users.service.ts'

export interface OidcOptions {
  /** For example `https://login.example.org/realms/ml`. */
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string | undefined
  /** Where browsers reach this server, for the way back. */
  readonly publicUrl: string
  /** The claim with the groups of a user. */
  readonly groupsClaim: string
  /** Groups that make an administrator, an editor, a viewer. */
  readonly roleGroups: Readonly<Partial<Record<Role, readonly string[]>>>
  /** The role of who is in none of these groups; without it they are refused. */
  readonly defaultRole: Role | undefined
}

/** What has to come back with the browser; kept in a cookie of its own, so that any server can finish a login. */
export interface PendingLogin {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  readonly to: string
}

const callbackPath = '/api/v1/session/oidc/callback'
const scope = 'openid profile email'
const byPower: readonly Role[] = ['admin', 'editor', 'viewer']

/** Login by OpenID Connect: authorization code with PKCE, state and nonce. */
export class OidcLogin {
  readonly #options: OidcOptions
  #provider: Promise<{ client: typeof OpenId; config: OpenId.Configuration }> | undefined

  constructor(options: OidcOptions) {
    this.#options = options
  }

  get name(): string {
    return new URL(this.#options.issuer).host
  }

  /** Where to send the browser, and what to remember until it is back. */
  async begin(to: string | undefined): Promise<{ url: string; pending: PendingLogin }> {
    const { client, config } = await this.#discover()
    const pending: PendingLogin = {
      state: client.randomState(),
      nonce: client.randomNonce(),
      verifier: client.randomPKCECodeVerifier(),
      to: localPath(to),
    }
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: new URL(callbackPath, this.#options.publicUrl).href,
      scope,
      code_challenge: await client.calculatePKCECodeChallenge(pending.verifier),
      code_challenge_method: 'S256',
      state: pending.state,
      nonce: pending.nonce,
    })
    return { url: url.href, pending }
  }

  /** Who came back. @throws UNAUTHENTICATED when the provider's answer does not hold, FORBIDDEN without a role */
  async finish(requestUrl: string, pending: PendingLogin): Promise<ExternalUser> {
    const { client, config } = await this.#discover()
    const current = new URL(callbackPath, this.#options.publicUrl)
    current.search = new URL(requestUrl, this.#options.publicUrl).search
    try {
      const tokens = await client.authorizationCodeGrant(config, current, {
        pkceCodeVerifier: pending.verifier,
        expectedState: pending.state,
        expectedNonce: pending.nonce,
        idTokenExpected: true,
      })
      const idClaims = tokens.claims()
      if (!idClaims) throw new Error('the answer holds no id token')
      const info = config.serverMetadata().userinfo_endpoint
        ? await client.fetchUserInfo(config, tokens.access_token, idClaims.sub)
        : {}
      return this.#userOf({ ...idClaims, ...info })
    } catch (failure) {
      if (failure instanceof KaizenError) throw failure
      const why = failure instanceof Error ? failure.message : String(failure)
      throw new KaizenError('UNAUTHENTICATED', `the login did not succeed: ${why}`, {
        hint: 'Begin again.',
        cause: failure,
      })
    }
  }

  /** Where the provider ends its own session, if it says so. */
  async logoutUrl(): Promise<string | null> {
    const { client, config } = await this.#discover()
    if (!config.serverMetadata().end_session_endpoint) return null
    return client.buildEndSessionUrl(config, {
      post_logout_redirect_uri: new URL('/', this.#options.publicUrl).href,
    }).href
  }

  #userOf(claims: Readonly<Record<string, unknown>>): ExternalUser {
    const subject = String(claims['sub'])
    const role = roleOf(claims[this.#options.groupsClaim], this.#options)
    if (!role) {
      throw new KaizenError('FORBIDDEN', 'none of your groups has a role here', {
        hint: 'Ask the operator to map one of your groups with --oidc-role.',
      })
    }
    const externalId = JSON.stringify([this.#options.issuer, subject])
    return { externalId, username: usernameOf(claims, subject), role }
  }

  /** Asked for once it is needed: a provider that is down does not keep the server from starting. */
  #discover(): Promise<{ client: typeof OpenId; config: OpenId.Configuration }> {
    this.#provider ??= this.#load().catch((cause: unknown) => {
      this.#provider = undefined
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new KaizenError('UNAVAILABLE', `the OpenID provider cannot be reached: ${why}`, {
        cause,
      })
    })
    return this.#provider
  }

  async #load() {
    const { issuer, clientId, clientSecret } = this.#options
    const client = await import('openid-client')
    const url = new URL(issuer)
    const insecure = url.protocol === 'http:' && isLoopback(url.hostname)
    const config = await client.discovery(
      url,
      clientId,
      clientSecret,
      clientSecret === undefined ? client.None() : undefined,
      insecure ? { execute: [client.allowInsecureRequests] } : {},
    )
    return { client, config }
  }
}

/** The most powerful role that a group of the user is mapped to. */
export function roleOf(
  groups: unknown,
  options: Pick<OidcOptions, 'roleGroups' | 'defaultRole'>,
): Role | undefined {
  const list: readonly unknown[] = Array.isArray(groups) ? groups : [groups]
  return (
    byPower.find((role) => options.roleGroups[role]?.some((group) => list.includes(group))) ??
    options.defaultRole
  )
}

/** Only an address that the provider has verified names a user. */
function usernameOf(claims: Readonly<Record<string, unknown>>, subject: string): string {
  const email = claims['email_verified'] === true ? claims['email'] : undefined
  const wanted = [claims['preferred_username'], email, subject].find(
    (value): value is string => typeof value === 'string' && value !== '',
  )
  const text = (wanted ?? subject).replace(/[^A-Za-z0-9._@+-]/g, '-').replace(/^[^A-Za-z0-9]+/, '')
  return text.slice(0, 128) || 'user'
}

/** A path of this server's own pages: a login must not lead elsewhere. */
export function localPath(to: string | undefined): string {
  const base = 'http://kaizen.invalid'
  const url = to === undefined ? null : URL.parse(to, base)
  return url && to?.startsWith('/') && url.origin === base ? `${url.pathname}${url.search}` : '/'
}
