import { Counter, Gauge, type Registry } from 'prom-client'
import type { SinkService } from './sinks.service.ts'

/** Registers what Prometheus may ask of sinks. */
export function registerSinkMetrics(registry: Registry, sinks: SinkService): void {
  new Gauge({
    name: 'kaizen_sink_lag_events',
    help: 'Logged predictions that wait to be sent',
    labelNames: ['sink'],
    registers: [registry],
    async collect() {
      this.reset()
      for (const { name, lag } of await sinks.numbers())
        if (lag !== null) this.set({ sink: name }, lag)
    },
  })
  new Gauge({
    name: 'kaizen_sink_stalled',
    help: 'Whether a running sink cannot go on',
    labelNames: ['sink'],
    registers: [registry],
    async collect() {
      this.reset()
      for (const { name, problem } of await sinks.numbers()) {
        this.set({ sink: name }, problem === null ? 0 : 1)
      }
    },
  })
  new Counter({
    name: 'kaizen_sink_events_total',
    help: 'Events that were taken, and that the receiver refused',
    labelNames: ['sink', 'outcome'],
    registers: [registry],
    async collect() {
      this.reset()
      for (const { name, sent, refused } of await sinks.numbers()) {
        this.inc({ sink: name, outcome: 'sent' }, sent)
        this.inc({ sink: name, outcome: 'refused' }, refused)
      }
    },
  })
}
