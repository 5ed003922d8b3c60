import type { EndpointSettings, EndpointView, RouterSpec } from '@kaizen/contracts'
import type { RuntimeName } from '../../runtime/index.ts'
import type { EndpointRecord } from '../model.ts'
import type { LiveEndpoint } from './live-endpoint.ts'

/** An endpoint as the API shows it; the numbers of its arms count from when the route was set or the server started. */
export function endpointView(
  record: EndpointRecord,
  live: LiveEndpoint,
  {
    predictions,
    labelled,
    router,
  }: {
    readonly predictions: number
    readonly labelled: number
    readonly router: RouterSpec
  },
): EndpointView {
  const arms = live.arms.map((arm) => ({
    name: arm.name,
    model: arm.resolved.model,
    mode: arm.mode,
    weight: arm.weight,
    version: arm.version,
    modelName: arm.resolved.modelName,
    runtime: runtimeOf(arm.runtime, record.settings),
    ready: true,
    requests: arm.requests,
    errors: arm.errors,
    latencyMs: {
      p50: arm.latency.percentile(0.5),
      p95: arm.latency.percentile(0.95),
      p99: arm.latency.percentile(0.99),
    },
    batching: arm.work,
    memory: arm.memory,
    waking: arm.waking,
    warmedUp: arm.warmedUp,
  }))
  return {
    name: record.name,
    project: record.project,
    description: record.description,
    model: record.model,
    target: record.target,
    state: stateOf(live),
    arms,
    router,
    routerDue: record.routerDue,
    settings: record.settings,
    revision: record.revision,
    predictions,
    labelled,
    updatedAt: record.updatedAt,
  }
}

/** Of models that the kernel computes an endpoint may say that onnxruntime does. */
export const runtimeOf = (
  runtime: RuntimeName,
  { runtime: asked }: EndpointSettings,
): RuntimeName => (runtime === 'kaizen' && asked === 'onnxruntime' ? asked : runtime)

function stateOf({ failure, arms }: LiveEndpoint): EndpointView['state'] {
  if (failure) return 'failed'
  if (arms.length === 0) return 'empty'
  return arms.every(({ memory }) => memory === 'unloaded') ? 'asleep' : 'ready'
}
