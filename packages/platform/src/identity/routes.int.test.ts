import { systemApi } from '@kaizen/contracts'
import { type Client, createClient } from '@kaizen/sdk'
import fastify from 'fastify'
import { describe, expect, it } from 'vitest'
import { AuditLog, auditMigrations } from '../audit/index.ts'
import { mountSurface, ownSurface } from '../http/index.ts'
import { type Clock, randomIds } from '../kernel/index.ts'
import { testDatabase, testDialects } from '../storage/test-databases.ts'
import { IdentityService, identityMigrations, identityRoutes } from './index.ts'

const bootstrapToken = 'first-token-of-the-operator'

/** A server of the token routes alone, and a client for each secret. */
async function openServer(dialect: 'sqlite' | 'postgres') {
  await using opened = new AsyncDisposableStack()
  const { database } = opened.use(
    await testDatabase(dialect, [...auditMigrations, ...identityMigrations]),
  )
  const time = { now: Date.UTC(2026, 0, 1) }
  const clock: Clock = { kind: 'system', now: () => time.now }
  const audit = new AuditLog(database, clock)
  const ids = randomIds(clock.now)
  const identity = new IdentityService({
    database,
    audit,
    clock,
    ids,
    required: true,
    bootstrapToken,
  })
  const app = fastify()
  opened.defer(() => app.close())
  await mountSurface(app, ownSurface('identity', identityRoutes(identity)), {
    authenticate: ({ headers, ip }) =>
      identity.authenticate({ authorization: headers.authorization, address: ip }),
    onDefect: (error) => {
      throw error
    },
  })
  const baseUrl = await app.listen({ host: '127.0.0.1', port: 0 })
  const kept = opened.move()
  return {
    audit,
    time,
    as: (token: string): Client => createClient({ baseUrl, token }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

describe.each(testDialects)('tokens over HTTP on $dialect', ({ dialect, available }) => {
  it.skipIf(!available)(
    'a token opens the server until it is revoked, and the log says by whom',
    async () => {
      await using server = await openServer(dialect)
      const operator = server.as(bootstrapToken)
      const token = await operator.call(systemApi.createToken, {
        body: { name: 'dashboard', role: 'admin' },
      })
      const dashboard = server.as(token.secret)
      expect((await dashboard.call(systemApi.tokens)).items).toMatchObject([{ name: 'dashboard' }])

      server.time.now += 1000
      const revoked = await operator.call(systemApi.revokeToken, { params: { id: token.id } })
      expect(revoked).toMatchObject({ id: token.id, revokedAt: server.time.now })
      await expect(dashboard.call(systemApi.tokens)).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
      })
      expect(await server.audit.readAfter(0, 10)).toMatchObject([
        { type: 'identity.token.created', actor: 'token:bootstrap', subject: `token:${token.id}` },
        { type: 'identity.token.revoked', actor: 'token:bootstrap', subject: `token:${token.id}` },
      ])
    },
  )

  it.skipIf(!available)(
    'revoking twice is revoking once; an unknown token is not found',
    async () => {
      await using server = await openServer(dialect)
      const operator = server.as(bootstrapToken)
      const { id } = await operator.call(systemApi.createToken, {
        body: { name: 'once', role: 'viewer' },
      })
      const first = await operator.call(systemApi.revokeToken, { params: { id } })
      server.time.now += 1000
      expect(await operator.call(systemApi.revokeToken, { params: { id } })).toEqual(first)
      expect(await server.audit.readAfter(0, 10)).toHaveLength(2)
      await expect(
        operator.call(systemApi.revokeToken, { params: { id: 'tok_absent' } }),
      ).rejects.toMatchObject({ code: 'NOT_FOUND' })
    },
  )

  it.skipIf(!available)('a role below the permission of the route is refused', async () => {
    await using server = await openServer(dialect)
    const { id, secret } = await server.as(bootstrapToken).call(systemApi.createToken, {
      body: { name: 'reader', role: 'editor' },
    })
    await expect(
      server.as(secret).call(systemApi.revokeToken, { params: { id } }),
    ).rejects.toMatchObject({ code: 'FORBIDDEN' })
  })
})
