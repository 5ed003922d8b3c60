import { alertChange } from '@kaizen/contracts'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { AuditLog } from '../../audit/index.ts'
import { type Actor, ReplayClock, randomIds, systemActor } from '../../kernel/index.ts'
import { testDialects } from '../../storage/test-databases.ts'
import { hourMs, start, TestStore } from '../test-monitoring.ts'
import { AlertService } from './alerts.service.ts'
import { countAlerts, insertAlert, listAlerts } from './alerts.store.ts'
import { AlertInbox } from './inbox.service.ts'
import type { AlertView } from './model.ts'
import { Sender } from './send.ts'
import { AlertingService } from './service.ts'

const anna: Actor = { ...systemActor, name: 'anna' }

describe.each(testDialects)('the inbox of alerts, on $dialect', ({ dialect, available }) => {
  if (!available) return it.skip('PostgreSQL is not installed', () => undefined)
  let store: TestStore
  let inbox: AlertInbox
  let alerts: AlertService
  let alerting: AlertingService
  let audit: AuditLog
  const clock = new ReplayClock(start)
  const ids = randomIds()
  beforeAll(async () => {
    store = await TestStore.open(dialect)
    const { database } = store.opened
    audit = new AuditLog(database, clock)
    alerts = new AlertService({ database, audit, clock, ids })
    const sender = new Sender({ allowInner: true })
    alerting = new AlertingService({ database, audit, clock, ids, sender })
    inbox = new AlertInbox({ database, audit, clock, ids, alerts, alerting })
  })
  afterAll(() => store[Symbol.asyncDispose]())
  beforeEach(() =>
    store.opened.database.write(async (tx) => {
      for (const table of ['alert', 'alert_comment', 'alert_silence'])
        await sql`delete from ${sql.table(table)}`.execute(tx as never)
    }),
  )

  const open = async (changes: Partial<AlertView> = {}): Promise<AlertView> => {
    const id = ids.next('alert')
    const alert: AlertView = {
      id,
      monitor: 'bike-watch',
      rule: id,
      metric: 'drift:temp:psi',
      severity: 'warning',
      state: 'open',
      message: 'drift:temp:psi is 3, above 0.2',
      value: 3,
      threshold: 0.2,
      note: '',
      acknowledgedBy: null,
      assignee: null,
      comments: 0,
      resolvedAt: null,
      openedAt: start,
      windowFrom: start - hourMs,
      windowTo: start,
      ...changes,
    }
    await store.opened.database.write((tx) => insertAlert(tx, alert))
    return alert
  }
  const found = async (filter: Parameters<AlertService['list']>[0] | object) =>
    (await alerts.list({ limit: 100, before: null, ...filter })).map(({ id }) => id)
  const events = async (type: string) =>
    (await audit.list({ type, limit: 100 })).items.map(({ actor, data }) => ({ actor, ...data }))

  it('finds by state, severity, monitor, who looks after it, text and time', async () => {
    const first = await open({ severity: 'critical', assignee: 'anna' })
    const second = await open({
      monitor: 'taxi',
      message: '100% of rows_lost',
      openedAt: start + 5,
    })
    const third = await open({ state: 'resolved', note: 'Sensor replaced', openedAt: start + 9 })
    expect(await found({})).toEqual([third.id, second.id, first.id])
    expect(await found({ state: 'open' })).toEqual([second.id, first.id])
    expect(await found({ severity: 'critical' })).toEqual([first.id])
    expect(await found({ monitor: 'taxi' })).toEqual([second.id])
    expect(await found({ assignee: 'anna' })).toEqual([first.id])
    expect(await found({ assignee: '' })).toEqual([third.id, second.id])
    expect(await found({ text: 'sensor REPLACED' })).toEqual([third.id])
    expect(await found({ from: start + 5, to: start + 9 })).toEqual([second.id])
    // What means any text in SQL means itself here.
    expect(await found({ text: '100%' })).toEqual([second.id])
    expect(await found({ text: 'rows_lost' })).toEqual([second.id])
    expect(await found({ text: 'rows%lost' })).toEqual([])
    expect(await found({ text: String.raw`\ ' "` })).toEqual([])
    expect(await found({ state: 'open', text: 'above', severity: 'critical' })).toEqual([first.id])
  })

  it('changes many at once, says which it could not, and writes an event for each', async () => {
    const standing = [await open(), await open()]
    const ended = await open({ state: 'resolved' })
    const wanted = [...standing.map(({ id }) => id), ended.id, 'alert_none']
    const before = (await events('monitoring.alert.acknowledged')).length
    const change = alertChange.parse({ kind: 'acknowledge', note: 'on it' })
    const done = await inbox.change(anna, [...wanted, wanted[0]!], change)
    expect(
      done.changed.map(({ id, state, acknowledgedBy }) => [id, state, acknowledgedBy]),
    ).toEqual(standing.map(({ id }) => [id, 'acknowledged', 'anna']))
    expect(done.unchanged).toEqual([
      { id: ended.id, reason: `the alert "${ended.id}" is resolved already` },
      { id: 'alert_none', reason: 'there is no alert "alert_none"' },
    ])
    const told = await events('monitoring.alert.acknowledged')
    expect(told).toHaveLength(before + 2)
    expect(told[0]).toMatchObject({ actor: 'anna', note: 'on it' })
    await inbox.change(anna, wanted.slice(0, 2), { kind: 'resolve', note: 'done' })
    expect(await found({ state: 'resolved', text: 'done' })).toHaveLength(2)
  })

  it('says who looks after an alert, and what was said, page by page', async () => {
    const alert = await open()
    const assigned = await inbox.change(anna, [alert.id], { kind: 'assign', assignee: 'ben' })
    expect(assigned.changed[0]?.assignee).toBe('ben')
    const count = (await events('monitoring.alert.assigned')).length
    // The same again is no change, and no event.
    await inbox.change(anna, [alert.id], { kind: 'assign', assignee: 'ben' })
    expect(await events('monitoring.alert.assigned')).toHaveLength(count)
    await inbox.change(anna, [alert.id], { kind: 'assign', assignee: null })
    expect((await events('monitoring.alert.assigned'))[0]).toMatchObject({
      alert: alert.id,
      before: 'ben',
      after: null,
    })
    for (const text of ['one', 'two', 'three']) await inbox.comment(anna, alert.id, text)
    expect((await alerts.get(alert.id)).comments).toBe(3)
    const first = await inbox.comments(alert.id, 2)
    expect(first.items.map(({ text, author }) => [author, text])).toEqual([
      ['anna', 'one'],
      ['anna', 'two'],
    ])
    const rest = await inbox.comments(alert.id, 2, first.nextPageToken)
    expect(rest.items.map(({ text }) => text)).toEqual(['three'])
    await expect(inbox.comment(anna, 'alert_none', 'x')).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
    await expect(inbox.comments('alert_none', 2)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('silences the rules of alerts, each once, and nothing when the time is over', async () => {
    const rule = { rule: 'decay', state: 'resolved' } as const
    const chosen = [await open(rule), await open(rule), await open({ rule: 'drift' })]
    const wanted = chosen.map(({ id }) => id)
    const silence = { kind: 'silence', reason: 'maintenance' } as const
    await expect(
      inbox.change(anna, wanted, { ...silence, to: clock.now() - 1 }),
    ).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
    expect((await alerting.silences(10, undefined)).items).toEqual([])
    await inbox.change(anna, wanted, { ...silence, to: clock.now() + hourMs })
    const made = (await alerting.silences(10, undefined)).items
    expect(made.map(({ monitors, rules, active }) => [monitors, rules, active]).sort()).toEqual([
      ['bike-watch', 'decay', true],
      ['bike-watch', 'drift', true],
    ])
  })

  it('opens at 100,000 alerts: pages and counts read an index, not the table', async () => {
    const { database } = store.opened
    await database.write((tx) =>
      sql`insert into alert (id, monitor, rule, metric, severity, state, message, opened_at,
          window_from, window_to, active_key, note, comments, assignee)
        with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000)
        select 'alert_' || (1000000 + i), 'monitor-' || (i % 50), 'rule', 'metric',
          case when i % 10 = 0 then 'critical' else 'info' end,
          case when i % 100 = 0 then 'open' else 'resolved' end,
          'message ' || i, cast(${start} as bigint) + i, 0, 0, null, '', 0,
          case when i % 1000 = 0 then 'anna' end
        from n`.execute(tx as never),
    )
    const { reader } = database
    const page = { before: null, limit: 200 }
    const began = process.cpuUsage()
    const filters = [{}, { state: 'open' }, { severity: 'critical' }, { assignee: 'anna' }] as const
    for (const filter of filters) {
      const rows = await listAlerts(reader, { ...filter, ...page })
      expect(rows[0]?.id).toBe('alert_1100000')
    }
    expect(await found({ monitor: 'monitor-7', state: 'resolved' })).toHaveLength(100)
    expect(await found({ text: 'message 4' })).toHaveLength(100)
    const counts = await countAlerts(reader)
    expect(counts.reduce((sum, { count }) => sum + count, 0)).toBe(100_000)
    const { user, system } = process.cpuUsage(began)
    expect((user + system) / 1e6).toBeLessThan(2)
    // Older pages cost no more than the first.
    const old = await listAlerts(reader, { state: 'open', before: 'alert_1000500', limit: 200 })
    expect(old.map(({ id }) => id)).toEqual(
      [400, 300, 200, 100].map((i) => `alert_${1_000_000 + i}`),
    )
  })
})
