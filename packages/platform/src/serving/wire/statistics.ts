import type { ModelSignature } from '@kaizen/contracts'
import type { Served, VersionStatistics } from '../endpoints/served.ts'
import type { Timed } from '../traffic/inference-tally.ts'

const none = { count: 0, ns: 0 }
const nanoseconds = ({ count, ms }: Timed) => ({ count, ns: Math.round(ms * 1e6) })

/**
 * Statistics in the words of the statistics extension. Waiting for a thread is part of `compute_infer`; rendering the
 * answer is not timed; there is no response cache.
 * https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_statistics.md
 */
export const renderStatistics = (models: readonly VersionStatistics[]) =>
  models.map((model) => ({
    name: model.name,
    version: model.version,
    last_inference: model.lastInference,
    inference_count: model.inferences,
    execution_count: Math.round(model.executions),
    inference_stats: {
      success: nanoseconds(model.success),
      fail: nanoseconds(model.fail),
      queue: none,
      compute_input: nanoseconds(model.computeInput),
      compute_infer: nanoseconds(model.computeInfer),
      compute_output: none,
      cache_hit: none,
      cache_miss: none,
    },
    batch_stats: [...model.batches]
      .sort(([a], [b]) => a - b)
      .map(([rows, time]) => ({
        batch_size: rows,
        compute_input: none,
        compute_infer: nanoseconds(time),
        compute_output: none,
      })),
  }))

/** A signature in the words of the model configuration extension, whose dimensions are those of whole requests. */
export function renderConfig(
  { name, platform, backend }: Pick<Served, 'name' | 'platform' | 'backend'>,
  signature: ModelSignature,
) {
  const tensors = (specs: ModelSignature['inputs']) =>
    specs.map((spec) => ({
      name: spec.name,
      data_type: `TYPE_${spec.datatype === 'BYTES' ? 'STRING' : spec.datatype}`,
      dims: [...spec.shape],
    }))
  return {
    name,
    platform,
    backend,
    max_batch_size: 0,
    input: tensors(signature.inputs),
    output: tensors(signature.outputs),
  }
}
