import { Counter, Gauge, type Registry } from 'prom-client'
import type { ServingArm } from '../endpoints/serving-arm.ts'
import type { ServingService } from '../service.ts'

const labelNames = ['endpoint', 'arm', 'mode', 'version'] as const
type Visit = (labels: Record<(typeof labelNames)[number], string>, arm: ServingArm) => void

/** Registers what Prometheus may ask of serving. Values are read when asked for, so requests pay nothing for them. */
export function registerServingMetrics(registry: Registry, serving: ServingService): void {
  const each = (visit: Visit): void => {
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
  registerRefusals(registry, serving)
  registerSleepMetrics(registry, each)
  registerBatchMetrics(registry, each)
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

/** What was turned away, and why. */
function registerRefusals(registry: Registry, serving: ServingService): void {
  new Counter({
    name: 'kaizen_inference_refused_total',
    help: 'Requests turned away by access, rate, quota, overload or timeout, since the server started',
    labelNames: ['endpoint', 'reason'],
    registers: [registry],
    collect() {
      this.reset()
      for (const { name, entrance } of serving.endpoints) {
        for (const [reason, count] of entrance.refusals) this.inc({ endpoint: name, reason }, count)
      }
    },
  })
}

/** Which models are in memory, and what it cost to load them again. */
function registerSleepMetrics(registry: Registry, each: (visit: Visit) => void): void {
  new Gauge({
    name: 'kaizen_inference_model_loaded',
    help: 'Whether the model of an arm is in memory: 0 while it sleeps or loads',
    labelNames,
    registers: [registry],
    collect() {
      this.reset()
      each((labels, { memory }) => this.set(labels, memory === 'loaded' ? 1 : 0))
    },
  })
  new Counter({
    name: 'kaizen_inference_model_wakes_total',
    help: 'How often the model of an arm was loaded again for a request, since its route was set',
    labelNames,
    registers: [registry],
    collect() {
      this.reset()
      each((labels, { waking }) => this.inc(labels, waking.count))
    },
  })
  new Gauge({
    name: 'kaizen_inference_model_wake_seconds',
    help: 'How long the model of an arm took to load the last time that a request woke it',
    labelNames,
    registers: [registry],
    collect() {
      this.reset()
      each((labels, { waking }) => waking.lastMs !== null && this.set(labels, waking.lastMs / 1000))
    },
  })
}

/** How requests share runs of the models; arms of one model show the same numbers. */
function registerBatchMetrics(registry: Registry, each: (visit: Visit) => void): void {
  const numbers = [
    ['kaizen_inference_runs_total', 'Runs of the model of an arm', 'runs'],
    ['kaizen_inference_run_requests_total', 'Requests that runs of the model computed', 'requests'],
    ['kaizen_inference_run_rows_total', 'Rows that runs of the model computed', 'rows'],
  ] as const
  for (const [name, help, number] of numbers) {
    new Counter({
      name,
      help: `${help}, since it was loaded`,
      labelNames,
      registers: [registry],
      collect() {
        this.reset()
        each((labels, { work }) => work && this.inc(labels, work[number]))
      },
    })
  }
  new Gauge({
    name: 'kaizen_inference_queued',
    help: 'Requests that wait for a thread to compute the model of an arm',
    labelNames,
    registers: [registry],
    collect() {
      this.reset()
      each((labels, { work }) => work && this.set(labels, work.queued))
    },
  })
}

const armsOf = (serving: ServingService) =>
  [...serving.endpoints].flatMap(({ name, arms }) => arms.map((arm) => ({ endpoint: name, arm })))
