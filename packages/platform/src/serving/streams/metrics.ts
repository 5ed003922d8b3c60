import { Counter, Gauge, type Registry } from 'prom-client'
import type { StreamService } from './streams.service.ts'

/** Registers what Prometheus may ask of streams. */
export function registerStreamMetrics(registry: Registry, streams: StreamService): void {
  new Gauge({
    name: 'kaizen_stream_lag_records',
    help: 'Records that wait for an answer',
    labelNames: ['stream'],
    registers: [registry],
    async collect() {
      this.reset()
      for (const { name, lag } of await streams.numbers())
        if (lag !== null) this.set({ stream: name }, lag)
    },
  })
  new Gauge({
    name: 'kaizen_stream_stalled',
    help: 'Whether a running stream cannot go on',
    labelNames: ['stream'],
    registers: [registry],
    async collect() {
      this.reset()
      for (const { name, problem } of await streams.numbers()) {
        this.set({ stream: name }, problem === null ? 0 : 1)
      }
    },
  })
  new Counter({
    name: 'kaizen_stream_records_total',
    help: 'Records that were answered, and that were set aside',
    labelNames: ['stream', 'outcome'],
    registers: [registry],
    async collect() {
      this.reset()
      for (const { name, answered, setAside } of await streams.numbers()) {
        this.inc({ stream: name, outcome: 'answered' }, answered)
        this.inc({ stream: name, outcome: 'set_aside' }, setAside)
      }
    },
  })
}
