import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openSqlite } from '../../storage/index.ts'
import { servingMigrations } from '../migrations.ts'
import { EndpointQuotas, periodOf, QuotaLedger } from './quotas.ts'

const caller = { actor: { name: 'token:shop', role: 'viewer' as const }, address: '10.0.0.1' }
const morning = Date.UTC(2026, 1, 27, 8)

it('days and months are of UTC', () => {
  expect(periodOf('day', morning)).toEqual({
    start: Date.UTC(2026, 1, 27),
    end: Date.UTC(2026, 1, 28),
  })
  expect(periodOf('month', Date.UTC(2026, 11, 31, 23))).toEqual({
    start: Date.UTC(2026, 11, 1),
    end: Date.UTC(2027, 0, 1),
  })
})

it('counts go on over a restart, add up over servers, and begin anew with the period', async () => {
  await using cleanup = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-quota-'))
  cleanup.defer(() => rm(folder, { recursive: true, force: true }))
  const database = await openSqlite(join(folder, 'k.db'), servingMigrations)
  cleanup.defer(() => database.close())
  const quotas = [
    { per: 'day', client: 'principal', requests: 5 },
    { per: 'month', client: 'address', rows: 100 },
  ] as const
  const ledgers = [new QuotaLedger(database), new QuotaLedger(database)]
  const [one, two] = ledgers.map((ledger) => new EndpointQuotas('e', quotas, ledger))
  const count = await one!.take(caller, morning)
  count(60)
  await one!.take(caller, morning)
  await two!.take(caller, morning)
  for (const ledger of ledgers) await ledger.sync(morning)
  // What the second server wrote holds the first's, and a server that starts now knows of all three.
  const third = new EndpointQuotas('e', quotas, new QuotaLedger(database))
  await third.take(caller, morning)
  const taken = await Promise.allSettled(
    Array.from({ length: 4 }, () => two!.take(caller, morning)),
  )
  expect(taken.filter(({ status }) => status === 'fulfilled').length).toBe(2)
  const refused = taken.find(({ status }) => status === 'rejected') as PromiseRejectedResult
  expect(refused.reason).toMatchObject({
    code: 'RATE_LIMITED',
    details: { retryAfterSeconds: 16 * 3600, limit: 'quota' },
  })
  const nextDay = morning + 86_400_000
  const another = await two!.take(caller, nextDay)
  another(40)
  await expect(two!.take(caller, nextDay)).rejects.toMatchObject({
    message: expect.stringContaining('address:10.0.0.1 has used its quota of 100 rows a month'),
  })
})
