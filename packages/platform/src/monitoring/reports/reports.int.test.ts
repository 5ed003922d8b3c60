import { type ChannelTarget, channelBody, reportBody } from '@kaizen/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AuditLog } from '../../audit/index.ts'
import { JobQueue } from '../../jobs/index.ts'
import { randomIds, systemActor } from '../../kernel/index.ts'
import { testDialects } from '../../storage/test-databases.ts'
import type { ReportTelling } from '../alerting/messages.ts'
import { Sender } from '../alerting/send.ts'
import { AlertingService } from '../alerting/service.ts'
import { dayMs, hourMs, start, TestMonitoring, TestStore, tableOf } from '../test-monitoring.ts'
import { reportHtml } from './html.ts'
import { ReportBuilder, type ReportDeps } from './service.ts'

const noData = {
  versions: () => Promise.resolve({ items: [] }),
  reports: {},
} as unknown as ReportDeps['sources']['data']

describe.each(testDialects)('reports, on $dialect', ({ dialect, available }) => {
  if (!available) return it.skip('PostgreSQL is not installed', () => undefined)
  let store: TestStore
  let test: TestMonitoring
  let builder: ReportBuilder
  let other: ReportBuilder
  let jobs: JobQueue
  const told: { target: ChannelTarget; telling: ReportTelling }[] = []
  let failures = 0
  const failed: unknown[] = []

  beforeAll(async () => {
    store = await TestStore.open(dialect)
    test = new TestMonitoring(store, 'bike-watch')
    const { database } = store.opened
    const { clock } = test
    const ids = randomIds()
    const audit = new AuditLog(database, clock)
    const queue = (soleOwner: boolean) =>
      new JobQueue({
        database,
        clock,
        ids,
        concurrency: 1,
        soleOwner,
        onFailure: (_job, failure) => failed.push(failure),
      })
    const sender = {
      send: (target: ChannelTarget, telling: unknown) => {
        if (failures > 0) {
          failures--
          return Promise.reject(new Error('the server is away'))
        }
        told.push({ target, telling: telling as ReportTelling })
        return Promise.resolve()
      },
    }
    const { reader, alerts } = test.service
    const sources = { reader, alerts, data: noData }
    const build = (of: JobQueue) =>
      new ReportBuilder({ database, audit, clock, ids, sender, sources, jobs: of })
    jobs = queue(true)
    builder = build(jobs)
    // Another server with the same database, whose jobs are done by the first.
    other = build(queue(false))
    const alerting = new AlertingService({
      database,
      audit,
      clock,
      ids,
      sender: new Sender({ allowInner: true }),
    })
    const target = { kind: 'webhook', url: 'http://127.0.0.1:1/reports' }
    await alerting.putChannel(systemActor, 'team', channelBody.parse({ target }))
    await jobs.start()
    await test.declare({ window: '1h', drift: ['psi'] })
    await test.trainedOn(tableOf({ temp: Array.from({ length: 400 }, (_, i) => i % 40) }))
    for (let hour = 0; hour < 30; hour++) {
      for (let row = 0; row < 40; row++)
        test.log.add({
          at: start + hour * hourMs + row,
          inputs: { temp: hour < 24 ? row : row + 30 },
          answer: row,
        })
    }
    await test.advance(start + 31 * hourMs)
  })
  afterAll(async () => {
    await jobs[Symbol.asyncDispose]()
    await test[Symbol.asyncDispose]()
    await store[Symbol.asyncDispose]()
  })

  const weekly = reportBody.parse({
    title: 'Bikes <b>',
    monitors: ['bike-watch', 'gone'],
    datasets: [{ dataset: 'empty' }],
    period: { last: '30h' },
    compare: 'previous',
  })

  it('tells what is known of each part, and says what is not there', async () => {
    const document = await builder.preview(weekly)
    const [watched, gone] = document.monitors
    const drift = watched?.sections.find(({ section }) => section === 'drift')
    const psi = drift?.metrics.find(({ metric }) => metric === 'drift:temp:psi')
    const series = await test.series('drift:temp:psi')
    const within = series.filter(({ at }) => at > document.from && at <= document.to)
    const values = within.flatMap(({ value }) => value ?? [])
    expect(values.length).toBeGreaterThan(20)
    expect(psi?.windows).toBe(within.length)
    expect(psi?.mean).toBeCloseTo(values.reduce((a, b) => a + b) / values.length, 12)
    expect(psi?.high).toBe(Math.max(...values))
    expect(psi?.outside).toBe(within.filter(({ drifted }) => drifted).length)
    expect(psi?.outside).toBeGreaterThan(0)
    expect(gone?.problem).toContain('there is no monitor named "gone"')
    expect(document.datasets[0]?.problem).toBe('it has no version yet')
    expect(document.findings.join('\n')).toContain('drift:temp:psi in')
    const html = reportHtml(document)
    expect(html).toContain('Bikes &#60;b&#62;')
    expect(html).not.toContain('<b>Bikes')
    expect(html).not.toMatch(/<script|src=|href=/)
  })

  it('counts long periods in days, to the same figures', async () => {
    test.clock.moveTo(start + 5 * dayMs)
    const period = { from: start, to: start + 5 * dayMs }
    const body = reportBody.parse({ monitors: ['bike-watch'], sections: ['drift'], period })
    const document = await builder.preview(body)
    expect(document.counted).toBe('days')
    const metrics = document.monitors[0]?.sections[0]?.metrics ?? []
    const psi = metrics.find(({ metric }) => metric === 'drift:temp:psi')
    const series = await test.series('drift:temp:psi')
    const values = series.flatMap(({ value }) => value ?? [])
    expect(psi?.known).toBe(values.length)
    expect(psi?.mean).toBeCloseTo(values.reduce((a, b) => a + b) / values.length, 12)
    expect(psi?.judged).toBe(2)
  })

  it('is sent by schedule, each time once by however many servers, again after a failure', async () => {
    const now = start + 5 * dayMs
    test.clock.moveTo(now)
    const schedule = { cron: '0 7 * * *', timeZone: 'UTC' }
    const body = reportBody.parse({ ...weekly, schedule, channels: ['team', 'away'] })
    const made = await builder.put(systemActor, 'weekly', body)
    expect(made.nextAt).toBe(now + 7 * hourMs)
    expect(await builder.tick(now + 6 * hourMs)).toBe(false)
    failures = 1
    // Three days without a server: the time is told once, not three times.
    const later = now + 3 * dayMs + 8 * hourMs
    test.clock.moveTo(later)
    const worked = await Promise.all([builder.tick(later), other.tick(later), builder.tick(later)])
    expect(worked.filter(Boolean)).toHaveLength(1)
    for (let round = 0; round < 4; round++) {
      await jobs.settled()
      test.clock.moveTo(test.clock.now() + 60_000)
    }
    expect(told).toHaveLength(1)
    expect(told[0]?.telling.report).toMatchObject({ name: 'weekly', to: now + 7 * hourMs })
    expect(told[0]?.telling.html).toContain('Monitor bike-watch')
    const { items } = await builder.deliveries('weekly', 10)
    expect(items.map(({ channel, state }) => [channel, state]).sort()).toEqual([
      ['away', 'failed'],
      ['team', 'sent'],
    ])
    expect(items.find(({ channel }) => channel === 'team')?.attempts).toBe(2)
    expect(items.find(({ channel }) => channel === 'away')?.error).toContain('no alert channel')
    expect((await builder.get('weekly')).nextAt).toBe(now + 3 * dayMs + 31 * hourMs)
    const events = await test.audit.list({ subject: 'monitor-report:weekly', limit: 10 })
    expect(events.items.map(({ type }) => type)).toEqual([
      'monitoring.report.queued',
      'monitoring.report.created',
    ])
    await builder.delete(systemActor, 'weekly')
    await expect(builder.get('weekly')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(builder.delete(systemActor, 'weekly')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('refuses to send what goes nowhere', async () => {
    await builder.put(systemActor, 'quiet', reportBody.parse({ monitors: ['bike-watch'] }))
    await expect(builder.send(systemActor, 'quiet')).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    })
    expect((await builder.list(10)).items.map(({ name }) => name)).toEqual(['quiet'])
  })
})
