import type { MonitorHealth } from '@kaizen/contracts'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDialects } from '../../storage/test-databases.ts'
import { alertRules } from '../export/alert-rules.ts'
import { grafanaDashboard } from '../export/grafana.ts'
import { registerMonitoringMetrics } from '../export/prometheus.ts'
import { htmlReport, jsonReport } from '../export/report.ts'
import { hourMs, start, TestMonitoring, TestStore, tableOf } from '../test-monitoring.ts'

const count = (length: number): number[] => Array.from({ length }, (_, index) => index)
const heat = (index: number): number => (index * 37) % 101
const wind = (index: number): number => (index * 53) % 89
const trained = tableOf({ temp: count(2000).map(heat), wind: count(2000).map(wind) })

describe.each(testDialects)('why a monitor speaks up, on $dialect', ({ dialect, available }) => {
  if (!available) return it.skip('PostgreSQL is not installed', () => undefined)
  let store: TestStore
  beforeAll(async () => {
    store = await TestStore.open(dialect)
  })
  afterAll(() => store[Symbol.asyncDispose]())

  /** Answers follow temp; from hour 14 on temp is higher, and where wind is strong the truth strays. */
  const decaying = async (name: string): Promise<TestMonitoring> => {
    const world = new TestMonitoring(store, name)
    await world.declare({
      window: '1h',
      drift: ['psi', 'ks'],
      performance: { metrics: ['mae'], window: '1h', minSamples: 30 },
      alerts: [
        { name: 'error', metric: 'performance:mae', above: 5, severity: 'critical' },
        { name: 'any-drift', metric: 'drift:any:psi' },
      ],
    })
    await world.trainedOn(trained, { mae: 1 })
    for (const hour of count(20)) {
      const broken = hour >= 14
      for (const part of count(120)) {
        const index = hour * 120 + part
        const inputs = { temp: heat(index) + (broken ? 60 : 0), wind: wind(index) }
        const at = start + hour * hourMs + part * 30_000
        const answer = inputs.temp * 2
        world.log.add({ at, inputs, answer })
        world.log.label(at, answer + 1 + (broken && inputs.wind > 66 ? 40 : 0))
      }
    }
    await world.advance(start + 20 * hourMs)
    return world
  }

  it('names the column, the rows, the time and what changed then', async () => {
    await using world = await decaying('decaying')
    await world.store.opened.database.write((tx) =>
      world.audit.append(tx, {
        actor: 'feed',
        type: 'data.version.created',
        subject: 'dataset:weather',
        data: { version: 7 },
      }),
    )
    const found = await world.service.causes.find(world.name, {})
    expect(found.focus).toBe('performance:mae')
    expect(found.since?.at).toBe(start + 15 * hourMs)
    expect(found.since?.before).toBeCloseTo(1, 9)
    expect(found.columns[0]).toMatchObject({ column: 'temp', drifted: true })
    expect(found.columns[0]?.influence).toBeGreaterThan(0.9)
    expect(found.columns.find(({ column }) => column === 'wind')?.drifted).toBe(false)
    expect(found.slices[0]?.name).toMatch(/^wind > /)
    expect(found.slices[0]?.loss).toBeGreaterThan(10)
    expect(found.findings[0]).toContain('performance:mae went from 1 to')
    // What the test did lies at the clock's end, far from the change: only what is near is told.
    expect(found.upstream).toEqual([])
    const late = await world.service.causes.find(world.name, {
      at: start + 20 * hourMs,
      metric: 'latency:p50',
    })
    expect(late.since).toBeNull()
    expect(late.upstream.map(({ text }) => text)).toContain(
      'dataset:weather: version created (version 7)',
    )
    await expect(world.service.causes.find(world.name, { at: 1 })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
  })

  it('shows health at a glance, also before anything is known', async () => {
    await using world = await decaying('glance')
    await using fresh = new TestMonitoring(store, 'fresh')
    await fresh.declare()
    const { items } = await world.service.reader.overview(10)
    const of = (name: string) => items.find((one) => one.name === name)
    expect(of('glance')).toMatchObject({
      state: 'alerting',
      alerts: { critical: 1, warning: 1, info: 0 },
      rows: 120,
    })
    expect(of('glance')?.worst?.metric).toBe('drift:temp:psi')
    const trend = of('glance')!.trend.map(({ share }) => share ?? -1)
    expect(trend).toHaveLength(20)
    expect(Math.max(...trend.slice(0, 14))).toBeLessThan(Math.min(...trend.slice(14)))
    expect(of('fresh')).toMatchObject({ state: 'waiting', worst: null, trend: [] })
    const { reader } = world.service
    const names: string[] = []
    for (let token: string | undefined = ''; token !== undefined; ) {
      const page = await reader.overview(1, token)
      names.push(...page.items.map(({ name }) => name))
      token = page.nextPageToken
    }
    expect(names).toEqual(items.map(({ name }) => name))
    expect(names.indexOf('glance')).toBeLessThan(names.indexOf('fresh'))
    const states = await reader.states()
    expect(states).toEqual({
      ok: 0,
      unknown: 0,
      drifting: 0,
      alerting: 0,
      waiting: 0,
      ...countsOf(items),
    })
    await expect(reader.overview(1, 'glance')).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
  })

  it('speaks to Prometheus and Grafana, and writes reports', async () => {
    await using world = await decaying('exported')
    const { reader } = world.service
    const registry = new Registry()
    registerMonitoringMetrics(registry, reader)
    const text = await registry.metrics()
    expect(text).toMatch(/kaizen_monitor_value\{monitor="exported",metric="performance:mae"\} 1\d/)
    expect(text).toContain('kaizen_monitor_drifted{monitor="exported",metric="drift:temp:psi"} 1')
    expect(text).toContain('kaizen_alerts_open{monitor="exported",severity="critical"} 1')
    // A metric without a value is not there at all.
    expect(text).not.toContain('kaizen_monitor_value{monitor="exported",metric="latency:p50"}')

    expect(text).toContain('kaizen_monitor_values_cut 0')
    expect(text).toMatch(/kaizen_monitors\{state="alerting"\} [1-9]/)
    const few = new Registry()
    registerMonitoringMetrics(few, reader, { mostValues: 2 })
    const cut = await few.metrics()
    expect(cut.match(/^kaizen_monitor_window_end_seconds\{/gm)).toHaveLength(2)
    expect(cut).toContain('kaizen_monitor_values_cut 1')

    const record = await reader.record(world.name)
    const rules = JSON.parse(JSON.stringify(alertRules([record])))
    expect(rules.groups[0].rules.map((rule: { expr: string }) => rule.expr)).toEqual([
      'kaizen_monitor_value{monitor="exported",metric="performance:mae"} > 5',
      'kaizen_monitor_drifted{monitor="exported",metric="drift:any:psi"} == 1',
    ])
    const dashboard = JSON.parse(
      JSON.stringify(grafanaDashboard(record, await reader.metrics(world.name))),
    )
    const ids = dashboard.panels.map((panel: { id: number }) => panel.id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(JSON.stringify(dashboard)).toContain('drift:.*:psi')

    const monitor = await reader.view(world.name)
    const [window] = await reader.windows(world.name, { kind: 'drift', before: null, limit: 1 })
    const { report, distributions } = await reader.window(window!.id)
    const input = { monitor, window: report, distributions }
    const json = JSON.parse(JSON.stringify(jsonReport(input)))
    const test = json.tests.find((one: { name: string }) => one.name === 'drift:temp:psi')
    expect(test).toMatchObject({ status: 'FAIL', threshold: 0.2 })
    const hostile = {
      ...report,
      statistics: [{ ...report.statistics[0]!, note: '<script>x</script>' }],
    }
    const html = htmlReport({ ...input, window: hostile })
    expect(html).toContain('&#60;script&#62;')
    expect(html).not.toContain('<script')
    expect(html.match(/<svg/g)).toHaveLength(distributions.length)
  })
})

const countsOf = (items: readonly MonitorHealth[]) =>
  Object.fromEntries(
    [...Map.groupBy(items, ({ state }) => state)].map(([state, of]) => [state, of.length]),
  )
