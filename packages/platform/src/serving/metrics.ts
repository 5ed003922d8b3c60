import { Counter, Gauge, type Registry } from 'prom-client'
import type { ServingService } from './service.ts'

/** Registers what Prometheus may ask of serving. Values are read when asked for, so requests pay nothing for them. */
export function registerServingMetrics(registry: Registry, serving: ServingService): void {
  const labelNames = ['endpoint', 'arm', 'mode', 'version'] as const
  const each = (
    visit: (
      labels: Record<(typeof labelNames)[number], string>,
      arm: ReturnType<typeof armsOf>[number]['arm'],
    ) => void,
  ): void => {
    for (const { endpoint, arm } of armsOf(serving)) {
      const { name, mode, version } = arm
      visit({ endpoint, arm: name, mode, version: String(version) }, arm)
    }
  }
  new Counter({
    name: 'kaizen_inference_requests_total',
    help: 'Requests that an arm computed, since its route was set',
    labelNames,
    registers: [registry],
    collect() {
      this.reset()
      each((labels, arm) => this.inc(labels, arm.requests))
    },
  })
  new Counter({
    name: 'kaizen_inference_errors_total',
    help: 'Requests on which an arm failed, since its route was set',
    labelNames,
    registers: [registry],
    collect() {
      this.reset()
      each((labels, arm) => this.inc(labels, arm.errors))
    },
  })
  new Gauge({
    name: 'kaizen_inference_latency_seconds',
    help: 'Percentiles of the time that an arm took, since its route was set',
    labelNames: [...labelNames, 'quantile'],
    registers: [registry],
    collect() {
      this.reset()
      each((labels, arm) => {
        for (const quantile of [0.5, 0.95, 0.99]) {
          const ms = arm.latency.percentile(quantile)
          if (ms !== null) this.set({ ...labels, quantile: String(quantile) }, ms / 1000)
        }
      })
    },
  })
  new Counter({
    name: 'kaizen_inference_shadow_shed_total',
    help: 'Requests that shadow arms did not get because too many waited',
    labelNames: ['endpoint'],
    registers: [registry],
    collect() {
      this.reset()
      for (const { name, shed } of serving.endpoints) this.inc({ endpoint: name }, shed)
    },
  })
}

const armsOf = (serving: ServingService) =>
  [...serving.endpoints].flatMap(({ name, arms }) => arms.map((arm) => ({ endpoint: name, arm })))
