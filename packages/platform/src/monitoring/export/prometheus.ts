import { Gauge, type Registry } from 'prom-client'
import type { MetricPoint } from '../model.ts'
import type { MonitorReader } from '../monitor-reader.ts'

/** A scrape of more values than these would cost the server more than it tells. */
const mostValues = 50_000

interface Options {
  readonly mostValues?: number
}

/** Registers what Prometheus may ask of monitors: the newest values, read once for all gauges of a scrape. */
export function registerMonitoringMetrics(
  registry: Registry,
  reader: MonitorReader,
  options: Options = {},
): void {
  const most = options.mostValues ?? mostValues
  const labelNames = ['monitor', 'metric'] as const
  let reading: ReturnType<MonitorReader['newest']> | undefined
  // Gauges are collected together, so the first of a scrape reads for the others.
  const newest = () => {
    reading ??= reader.newest(most + 1).finally(() => {
      reading = undefined
    })
    return reading
  }
  const gauge = (name: string, help: string, of: (point: MetricPoint) => number | null): void => {
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      async collect() {
        this.reset()
        for (const point of (await newest()).slice(0, most)) {
          const value = of(point)
          // No value is no sample: a zero would look like an all-clear.
          if (value !== null) this.set({ monitor: point.monitor, metric: point.metric }, value)
        }
      },
    })
  }
  gauge('kaizen_monitor_value', 'Newest value of a metric of a monitor', ({ value }) => value)
  gauge(
    'kaizen_monitor_drifted',
    '1 where the newest value is outside its bounds',
    ({ drifted }) => (drifted === null ? null : Number(drifted)),
  )
  gauge(
    'kaizen_monitor_window_end_seconds',
    'End of the window of the newest value, in event time',
    ({ at }) => at / 1000,
  )
  new Gauge({
    name: 'kaizen_monitor_values_cut',
    help: '1 where monitors have more values than are told, in order of their names',
    registers: [registry],
    async collect() {
      this.set(Number((await newest()).length > most))
    },
  })
  new Gauge({
    name: 'kaizen_monitors',
    help: 'Monitors by state of health',
    labelNames: ['state'],
    registers: [registry],
    async collect() {
      for (const [state, count] of Object.entries(await reader.states())) this.set({ state }, count)
    },
  })
  new Gauge({
    name: 'kaizen_alerts_open',
    help: 'Alerts of a monitor that are not resolved',
    labelNames: ['monitor', 'severity'],
    registers: [registry],
    async collect() {
      this.reset()
      for (const { monitor, severity, count } of await reader.openAlerts()) {
        this.set({ monitor, severity }, count)
      }
    },
  })
}
