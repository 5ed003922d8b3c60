import { Gauge, type Registry } from 'prom-client'
import type { MetricPoint } from '../model.ts'
import type { MonitorReader } from '../monitor-reader.ts'

const monitorLimit = 1000

/** Registers what Prometheus may ask of monitors: the newest values, read when they are asked for. */
export function registerMonitoringMetrics(registry: Registry, reader: MonitorReader): void {
  const labelNames = ['monitor', 'metric'] as const
  const gauge = (name: string, help: string, of: (point: MetricPoint) => number | null): void => {
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      async collect() {
        this.reset()
        for (const monitor of await reader.names(monitorLimit)) {
          for (const point of await reader.metrics(monitor)) {
            const value = of(point)
            // No value is no sample: a zero would look like an all-clear.
            if (value !== null) this.set({ monitor, metric: point.metric }, value)
          }
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
