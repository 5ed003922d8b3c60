import { describe, expect, it } from 'vitest'
import { AuditLog, auditMigrations } from '../audit/index.ts'
import { type Actor, type Clock, randomIds } from '../kernel/index.ts'
import { testDatabase, testDialects } from '../storage/test-databases.ts'
import { IdentityService, identityMigrations } from './index.ts'

/** Of "correct horse battery", as werkzeug hashes it. */
const hash =
  'pbkdf2:sha256:1000$saltsaltsalt$19a715f28133525dca3343307b2f72acc7133caa642f88d7ac5a5b281f283a72'
const password = 'correct horse battery'
const admin: Actor = { name: 'user:root', role: 'admin' }

async function open(dialect: 'sqlite' | 'postgres') {
  const opened = await testDatabase(dialect, [...auditMigrations, ...identityMigrations])
  const clock: Clock = { kind: 'system', now: () => Date.UTC(2026, 0, 1) }
  const { database } = opened
  const audit = new AuditLog(database, clock)
  const ids = randomIds(clock.now)
  const settings = { required: true, bootstrapToken: undefined }
  const identity = new IdentityService({ database, audit, clock, ids, ...settings })
  return { identity, audit, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() }
}

describe.each(testDialects)('users taken over on $dialect', ({ dialect, available }) => {
  const test = it.skipIf(!available)

  test('log in with the password they had, once by its old hash and then by a new one', async () => {
    await using server = await open(dialect)
    const { identity, audit } = server
    const ann = { username: 'ann', role: 'editor', passwordHash: hash } as const
    expect(await identity.users.takeOver(admin, ann)).toMatchObject({ created: true })
    const again = { ...ann, role: 'admin', passwordHash: undefined } as const
    expect(await identity.users.takeOver(admin, again)).toMatchObject({
      created: false,
      user: { role: 'editor', passwordHash: hash },
    })
    expect(await identity.users.takenPasswordHashes(admin)).toEqual([
      { username: 'ann', passwordHash: hash },
    ])
    await expect(identity.login('ann', 'another password', 'a')).rejects.toThrow('is wrong')
    expect((await identity.users.get('ann')).passwordHash).toBe(hash)
    await Promise.all([identity.login('ann', password, 'a'), identity.login('ann', password, 'a')])
    expect((await identity.users.get('ann')).passwordHash).toMatch(/^\$argon2id\$/)
    await identity.login('ann', password, 'a')
    expect(await identity.users.takenPasswordHashes(admin)).toEqual([])
    const { items } = await audit.list({ limit: 20 })
    const types = items.map(({ type }) => type)
    expect(types.filter((type) => type === 'identity.user.password.rehashed')).toHaveLength(1)
    expect(types.filter((type) => type === 'identity.passwords.read')).toHaveLength(2)
    expect(JSON.stringify(items)).not.toContain(hash.slice(-20))
  })

  test('without a hash that can be checked cannot log in until one is set', async () => {
    await using server = await open(dialect)
    const { users } = server.identity
    await expect(
      users.takeOver(admin, { username: 'bob', role: 'editor', passwordHash: 'sha1$a$b' }),
    ).rejects.toThrow('body.passwordHash')
    const { user } = await users.takeOver(admin, { username: 'bob', role: 'editor' })
    for (const tried of ['', password])
      await expect(server.identity.login('bob', tried, 'b')).rejects.toThrow('is wrong')
    await users.setPassword(admin, user, password)
    expect(await server.identity.login('bob', password, 'c')).toMatchObject({ username: 'bob' })
  })
})
