import { sessionApi as api, KaizenError } from '@kaizen/contracts'
import type { FastifyReply } from 'fastify'
import { type Route, route } from '../http/index.ts'
import type { OidcLogin, PendingLogin } from './oidc.ts'
import { cookieOf } from './rules.ts'
import type { IdentityService } from './service.ts'
import { sessionMs } from './users.service.ts'

export const sessionCookie = 'kaizen_session'
const loginCookie = 'kaizen_login'
const loginMs = 10 * 60_000

export interface SessionRouteDeps {
  readonly identity: IdentityService
  /** Whether browsers reach this server by https alone. */
  readonly secure: boolean
  readonly oidc: OidcLogin | undefined
}

/** Logging in and out, and what concerns the caller alone. */
export function sessionRoutes(deps: SessionRouteDeps): readonly Route[] {
  return [
    ...passwordRoutes(deps),
    ...(deps.oidc ? oidcRoutes(deps, deps.oidc) : []),
    ...ownRoutes(deps),
  ]
}

function passwordRoutes({ identity, secure, oidc }: SessionRouteDeps): readonly Route[] {
  return [
    route(api.options, async () => ({
      authentication: identity.required,
      singleSignOn: oidc?.name ?? null,
    })),
    route(api.login, async ({ body, request, reply }) => {
      requireAuthentication(identity)
      const user = await identity.login(body.username, body.password, request.ip)
      const secret = await identity.users.openSession(user, 'password')
      setCookie(reply, sessionCookie, secret, { maxAgeMs: sessionMs, secure })
      return identity.callerView(await identity.actorOf(user))
    }),
    route(api.logout, async ({ request, reply }) => {
      const secret = cookieOf(request.headers.cookie, sessionCookie)
      const user = secret ? await identity.users.ofSession(secret) : undefined
      if (secret) await identity.users.closeSession(secret)
      setCookie(reply, sessionCookie, '', { maxAgeMs: 0, secure })
      const elsewhere = user?.externalId ? oidc : undefined
      return { redirect: (await elsewhere?.logoutUrl().catch(() => null)) ?? null }
    }),
  ]
}

function oidcRoutes({ identity, secure }: SessionRouteDeps, oidc: OidcLogin): readonly Route[] {
  return [
    route(api.singleSignOn, async ({ query, reply }) => {
      requireAuthentication(identity)
      const { url, pending } = await oidc.begin(query.to)
      const value = Buffer.from(JSON.stringify(pending)).toString('base64url')
      setCookie(reply, loginCookie, value, { maxAgeMs: loginMs, secure })
      await reply.redirect(url)
    }),
    route(api.callback, async ({ request, reply }) => {
      const pending = pendingOf(cookieOf(request.headers.cookie, loginCookie))
      const external = await oidc.finish(request.url, pending)
      const user = await identity.users.ofProvider(external)
      const secret = await identity.users.openSession(user, 'single-sign-on')
      setCookie(reply, loginCookie, '', { maxAgeMs: 0, secure })
      setCookie(reply, sessionCookie, secret, { maxAgeMs: sessionMs, secure })
      await reply.redirect(pending.to)
    }),
  ]
}

function ownRoutes({ identity }: SessionRouteDeps): readonly Route[] {
  return [
    route(api.me, ({ actor }) => identity.callerView(actor)),
    route(api.changePassword, async ({ body, actor, request }) => {
      const user = await identity.userOf(actor)
      if (user.passwordHash !== null) {
        await identity.login(user.username, body.current, request.ip)
      }
      await identity.users.setPassword(actor, user, body.password)
      return {}
    }),
    route(api.tokens, async ({ actor }) => ({
      items: await identity.tokens.ofUser(await identity.userOf(actor)),
    })),
    route(api.createToken, async ({ body, actor }) => {
      const user = await identity.userOf(actor)
      return identity.tokens.create(actor, { ...body, role: user.role, user })
    }),
    route(api.revokeToken, async ({ params, actor }) =>
      identity.tokens.revoke(actor, params.id, await identity.userOf(actor)),
    ),
  ]
}

function requireAuthentication(identity: IdentityService): void {
  if (identity.required) return
  throw new KaizenError('UNSUPPORTED', 'this server asks nobody who they are', {
    hint: 'Start it with --auth to have users.',
  })
}

function pendingOf(cookie: string | undefined): PendingLogin {
  try {
    return JSON.parse(Buffer.from(cookie ?? '', 'base64url').toString()) as PendingLogin
  } catch {
    throw new KaizenError('UNAUTHENTICATED', 'no login was begun in this browser', {
      hint: 'Begin at the login page.',
    })
  }
}

/** Scripts never see it, and other sites' requests do not carry it. */
function setCookie(
  reply: FastifyReply,
  name: string,
  value: string,
  options: { readonly maxAgeMs: number; readonly secure: boolean },
): void {
  const parts = [
    `${name}=${value}`,
    'Path=/',
    'HttpOnly',
    'SameSite=Lax',
    `Max-Age=${Math.floor(options.maxAgeMs / 1000)}`,
    ...(options.secure ? ['Secure'] : []),
  ]
  const before = reply.getHeader('set-cookie')
  const cookies = before === undefined ? [] : [before].flat().map(String)
  void reply.header('set-cookie', [...cookies, parts.join('; ')])
}
