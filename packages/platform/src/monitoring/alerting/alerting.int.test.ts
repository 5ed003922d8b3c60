import { createHmac } from 'node:crypto'
import { type ChannelBody, channelBody, monitorDeclaration, silenceBody } from '@kaizen/contracts'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { AuditLog } from '../../audit/index.ts'
import { JobQueue } from '../../jobs/index.ts'
import { type Actor, ReplayClock, randomIds, systemActor } from '../../kernel/index.ts'
import { testDialects } from '../../storage/test-databases.ts'
import type { MonitorRecord, NewWindow } from '../model.ts'
import { hourMs, start, TestStore } from '../test-monitoring.ts'
import { WindowWriter } from '../windows/window-writer.ts'
import { findWindow } from '../windows/windows.store.ts'
import { AlertService } from './alerts.service.ts'
import { insertAlert } from './alerts.store.ts'
import { deleteChannel, mostChannels, upsertChannel } from './channels.store.ts'
import { deliveriesOf } from './deliveries.store.ts'
import type { AlertView } from './model.ts'
import { Notifier } from './notifier.ts'
import { Sender } from './send.ts'
import { AlertingService } from './service.ts'
import { Hook, openMailServer } from './test-receivers.ts'

const secret = 'a secret of some length'

describe.each(testDialects)('telling alerts, on $dialect', ({ dialect, available }) => {
  if (!available) return it.skip('PostgreSQL is not installed', () => undefined)
  let store: TestStore
  let hook: Hook
  beforeAll(async () => {
    store = await TestStore.open(dialect)
    hook = await Hook.open()
  })
  afterAll(async () => {
    await store[Symbol.asyncDispose]()
    await hook[Symbol.asyncDispose]()
  })

  let clock: ReplayClock
  let jobs: JobQueue
  let alerting: AlertingService
  let alerts: AlertService
  let writer: WindowWriter
  let round = 0
  const failed: unknown[] = []
  const actor: Actor = systemActor

  beforeEach(async () => {
    round++
    clock = new ReplayClock(start)
    const { database } = store.opened
    const ids = randomIds()
    const audit = new AuditLog(database, clock)
    const sender = new Sender({ allowInner: true })
    jobs = new JobQueue({
      database,
      clock,
      ids,
      concurrency: 1,
      soleOwner: true,
      onFailure: (_job, failure) => failed.push(failure),
    })
    const notifier = new Notifier({ database, clock, ids, jobs, sender })
    alerting = new AlertingService({ database, audit, clock, ids, sender })
    alerts = new AlertService({ database, audit, clock, ids, notifier })
    writer = new WindowWriter({ database, audit, clock, ids, notifier })
    await jobs.start()
    hook.taken.length = 0
    hook.failures = 0
  })
  afterEach(async () => {
    await jobs[Symbol.asyncDispose]()
    for (const { name } of (await alerting.channels(100)).items)
      await alerting.deleteChannel(actor, name)
    for (const { id } of (await alerting.silences(100, undefined)).items)
      await alerting.endSilence(actor, id)
  })

  const channel = (target: object, changes: object = {}): ChannelBody =>
    channelBody.parse({ target, events: ['opened', 'acknowledged', 'resolved'], ...changes })
  const alert = async (changes: Partial<AlertView> = {}): Promise<AlertView> => {
    const made: AlertView = {
      id: `alert-${round}-${Math.random()}`,
      monitor: 'bike-watch',
      rule: `rule-${round}`,
      metric: 'drift:temp:psi',
      severity: 'critical',
      state: 'open',
      message: 'drift:temp:psi is 3, above 0.2 <!channel>',
      value: 3,
      threshold: 0.2,
      note: '',
      acknowledgedBy: null,
      assignee: null,
      comments: 0,
      openedAt: start,
      resolvedAt: null,
      windowFrom: start - hourMs,
      windowTo: start,
      ...changes,
    }
    await store.opened.database.write((tx) => insertAlert(tx, made))
    return made
  }
  const settle = async (): Promise<void> => {
    for (let second = 0; second < 12; second++) {
      await jobs.settled()
      clock.moveTo(clock.now() + 300_000)
    }
    await jobs.settled()
  }

  it('tells webhooks of windows that close and are restated, signed, again after a failure, and no history', async () => {
    const name = `windows-${round}`
    const declaration = monitorDeclaration.parse({ name, window: '1h' })
    const monitor: MonitorRecord = {
      name,
      project: null,
      declaration,
      version: 1,
      closedTo: start,
      started: true,
      labelCursor: 0,
      bundle: null,
    }
    const windowAt = (to: number, value: number): NewWindow => ({
      kind: 'drift',
      from: to - hourMs,
      to,
      rows: 60,
      labelled: 0,
      modelVersions: [1],
      statistics: [
        {
          metric: 'drift:temp:psi',
          column: 'temp',
          method: 'psi',
          value,
          pValue: null,
          threshold: 0.2,
          lower: null,
          band: null,
          drifted: value > 0.2,
          status: 'ok',
          referenceRows: 9,
          currentRows: 60,
          note: null,
        },
      ],
      distributions: [],
    })
    await alerting.putChannel(
      actor,
      'lake',
      channelBody.parse({
        target: { kind: 'webhook', url: hook.url('/windows'), secret },
        monitors: 'windows-*',
        events: ['window.closed', 'window.restated'],
      }),
    )
    hook.failures = 1
    const { database } = store.opened
    await database.write(async (tx) => {
      await writer.insert(tx, monitor, windowAt(start - 30 * 24 * hourMs, 0.1))
      await writer.insert(tx, monitor, windowAt(start, 0.3))
    })
    const before = { kind: 'drift', to: start } as const
    await settle()
    expect(hook.taken).toHaveLength(1)
    await database.write((tx) =>
      writer.insert(tx, { ...monitor, name: 'other' }, windowAt(start, 1)),
    )
    await database.write((tx) => writer.insert(tx, monitor, windowAt(before.to, 0.1)))
    await settle()
    expect(hook.taken).toHaveLength(2)
    const [closed, restated] = hook.taken.map(({ body }) => JSON.parse(body))
    expect(closed).toMatchObject({
      specversion: '1.0',
      type: 'kaizen.monitoring.window.closed',
      source: `/api/v1/monitors/${name}`,
      data: {
        kind: 'drift',
        rows: 60,
        revision: 1,
        metrics: { judged: 1, drifted: 1 },
        drifted: [{ metric: 'drift:temp:psi', value: 0.3, threshold: 0.2 }],
        href: `/api/v1/monitor-windows/${closed.subject}`,
      },
    })
    expect(restated).toMatchObject({ type: 'kaizen.monitoring.window.restated' })
    expect(restated.data).toMatchObject({ revision: 2, drifted: [] })
    const first = hook.taken[0]!
    const expected = createHmac('sha256', secret).update(first.body).digest('hex')
    expect(first.headers['x-kaizen-signature']).toBe(`sha256=${expected}`)
    const told = await deliveriesOf(database.reader, closed.subject)
    expect(told).toMatchObject([{ channel: 'lake', event: 'window.closed', attempts: 2 }])
    expect(await findWindow(database.reader, closed.subject)).toBeDefined()
    const chat = { kind: 'slack', url: hook.url('/x') }
    expect(
      channelBody.safeParse({ target: chat, events: ['window.closed'] }).error?.issues[0],
    ).toMatchObject({
      path: ['events'],
      message: 'windows are told to channels of kind webhook only',
    })
  })

  it('speaks the shape of each channel, and never shows a secret again', async () => {
    await alerting.putChannel(
      actor,
      'hook',
      channel({ kind: 'webhook', url: hook.url('/w/tok3n'), secret }),
    )
    await alerting.putChannel(actor, 'chat', channel({ kind: 'slack', url: hook.url('/s/tok3n') }))
    await alerting.putChannel(
      actor,
      'page',
      channel({ kind: 'pagerduty', url: hook.url('/p'), secret: 'routing-key-1' }),
    )
    const mail = await openMailServer()
    await alerting.putChannel(
      actor,
      'mail',
      channel({
        kind: 'email',
        host: '127.0.0.1',
        port: mail.port,
        from: 'kaizen@example.org',
        to: ['ops@example.org'],
      }),
    )
    const made = await alert()
    await alerts.acknowledge(actor, made.id, 'known')
    await settle()
    mail.close()
    const of = (path: string) => hook.taken.find((one) => one.path.startsWith(path))!
    const event = JSON.parse(of('/w').body)
    expect(event).toMatchObject({
      specversion: '1.0',
      type: 'kaizen.monitoring.alert.acknowledged',
      source: '/api/v1/monitors/bike-watch',
      subject: made.id,
      data: { id: made.id, state: 'acknowledged', note: 'known' },
    })
    const signature = createHmac('sha256', secret).update(of('/w').body).digest('hex')
    expect(of('/w').headers['x-kaizen-signature']).toBe(`sha256=${signature}`)
    expect(of('/w').headers['content-type']).toBe('application/cloudevents+json')
    const slack = JSON.parse(of('/s').body)
    expect(slack.text).toContain('bike-watch')
    expect(slack.attachments[0].text).toContain('&lt;!channel&gt;')
    expect(JSON.parse(of('/p').body)).toMatchObject({
      routing_key: 'routing-key-1',
      event_action: 'acknowledge',
      dedup_key: made.id,
      payload: { severity: 'critical', source: 'bike-watch' },
    })
    expect(mail.letters).toHaveLength(1)
    expect(mail.letters[0]).toContain('To: ops@example.org')
    expect(mail.letters[0]).toContain('[Kaizen] critical: bike-watch')
    const told = await alerting.deliveries(made.id)
    expect(told.map(({ state }) => state)).toEqual(['sent', 'sent', 'sent', 'sent'])
    const everything = JSON.stringify([await alerting.channels(100), told])
    for (const hidden of [secret, 'tok3n', 'routing-key-1'])
      expect(everything).not.toContain(hidden)
    const { rows } = await import('kysely').then(({ sql }) =>
      sql<{ data: string }>`select data from audit_event`.execute(store.opened.database.reader),
    )
    expect(JSON.stringify(rows)).not.toContain('tok3n')
  })

  it('tells each channel what it wants to hear, once', async () => {
    const url = hook.url('/all')
    await alerting.putChannel(actor, 'all', channel({ kind: 'webhook', url }))
    await alerting.putChannel(
      actor,
      'severe',
      channel({ kind: 'webhook', url: hook.url('/severe') }, { minSeverity: 'critical' }),
    )
    await alerting.putChannel(
      actor,
      'other',
      channel({ kind: 'webhook', url: hook.url('/other') }, { monitors: 'tax*', rules: '*' }),
    )
    const made = await alert({ severity: 'warning' })
    await alerts.acknowledge(actor, made.id, '')
    await alerts.acknowledge(actor, made.id, 'again')
    await alerts.resolve(actor, made.id, 'done')
    await settle()
    expect(hook.taken.map(({ path }) => path)).toEqual(['/all', '/all'])
    await expect(alerts.resolve(actor, made.id, '')).rejects.toMatchObject({ code: 'CONFLICT' })
    await expect(alerts.get('nothing')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('tries again after a failure, and keeps what went wrong in the end', async () => {
    await alerting.putChannel(actor, 'weak', channel({ kind: 'webhook', url: hook.url('/weak') }))
    hook.failures = 3
    const made = await alert()
    await alerts.acknowledge(actor, made.id, '')
    await settle()
    expect(hook.taken).toHaveLength(1)
    expect((await alerting.deliveries(made.id))[0]).toMatchObject({ state: 'sent', attempts: 4 })
    hook.failures = 1000
    await alerts.resolve(actor, made.id, '')
    await settle()
    const last = (await alerting.deliveries(made.id)).find(({ event }) => event === 'resolved')
    expect(last).toMatchObject({ state: 'failed', attempts: 10 })
    expect(last?.error).toBe('127.0.0.1: answered with status 500')
  })

  it('keeps silent while it should, also in a maintenance that comes again', async () => {
    await alerting.putChannel(actor, 'all', channel({ kind: 'webhook', url: hook.url('/all') }))
    const silence = await alerting.silence(
      actor,
      silenceBody.parse({
        monitors: 'bike-*',
        to: start + hourMs,
        repeat: '7d',
        reason: 'maintenance',
      }),
    )
    expect(silence.active).toBe(true)
    const during = await alert({ id: `during-${round}`, rule: 'a' })
    await alerts.acknowledge(actor, during.id, '')
    clock.moveTo(start + 2 * hourMs)
    const after = await alert({ id: `after-${round}`, rule: 'b' })
    await alerts.acknowledge(actor, after.id, '')
    clock.moveTo(start + 7 * 24 * hourMs + 1000)
    const again = await alert({ id: `again-${round}`, rule: 'c' })
    await alerts.acknowledge(actor, again.id, '')
    await settle()
    const states = []
    for (const { id } of [during, after, again])
      states.push((await alerting.deliveries(id))[0]?.state)
    expect(states).toEqual(['silenced', 'sent', 'silenced'])
    expect(hook.taken).toHaveLength(1)
    await alerting.endSilence(actor, silence.id)
    await expect(alerting.endSilence(actor, silence.id)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
    const past = silenceBody.parse({ to: start, reason: 'too late' })
    await expect(alerting.silence(actor, past)).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
  })

  it('says how a test went, and follows no redirection', async () => {
    await alerting.putChannel(actor, 'good', channel({ kind: 'slack', url: hook.url('/good') }))
    await alerting.putChannel(actor, 'away', channel({ kind: 'slack', url: hook.url('/away') }))
    expect(await alerting.testChannel('good')).toEqual({ ok: true, error: null })
    expect(await alerting.testChannel('away')).toEqual({
      ok: false,
      error: '127.0.0.1: answered with status 302',
    })
    await expect(alerting.testChannel('none')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
  it('refuses a channel beyond those that every alert is held against, and takes changes of the others', async () => {
    const slack = channel({ kind: 'slack', url: hook.url('/many') })
    const record = { ...slack, updatedAt: start }
    const { database } = store.opened
    const many = Array.from({ length: mostChannels }, (_, number) => `many-${number}`)
    await database.write(async (tx) => {
      for (const name of many) await upsertChannel(tx, { ...record, name })
    })
    await expect(alerting.putChannel(actor, 'one-more', slack)).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      message: 'there are 1000 alert channels, which is the most',
    })
    await alerting.putChannel(actor, 'many-7', slack)
    await expect(alerting.testChannel('one-more')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await database.write(async (tx) => {
      for (const name of many) await deleteChannel(tx, name)
    })
  })
})
