import type { ModelSignature } from '@kaizen/contracts'
import type {
  Datatype,
  LoadedModel,
  ModelWork,
  RunOptions,
  RuntimeName,
  Tensors,
} from '../../runtime/index.ts'
import type { ExplainedModel } from '../explain/explainer.ts'
import type { ArmMode, RecordSchema } from '../log/record.ts'
import { LatencyHistogram } from '../traffic/latency-histogram.ts'
import type { ArmModel, ModelMemory } from './arm-model.ts'
import type { ResolvedArm } from './endpoints.store.ts'
import type { WarmUpRequests } from './model-lease.ts'

/** What an arm answers with. */
export interface ArmContent {
  readonly model: ArmModel
  /** Where its content lies. */
  readonly path: () => Promise<string>
  /** Recorded requests that it has answered before it took traffic. */
  readonly warmedUp?: WarmUpRequests | undefined
}

/** One arm of a route while it takes traffic: its model, its numbers, and how many requests are inside. */
export class ServingArm {
  readonly name: string
  readonly mode: ArmMode
  readonly weight: number
  readonly resolved: ResolvedArm
  readonly schema: RecordSchema
  /** For requests that the model cannot take at all: nothing of them fits its columns. */
  readonly refusedSchema: RecordSchema
  readonly latency = new LatencyHistogram()
  errors = 0
  /** Requests that did not fit its signature. */
  refused = 0
  readonly #content: ArmContent
  #inside = 0
  #emptied: (() => void) | undefined

  constructor(resolved: ResolvedArm, content: ArmContent) {
    this.name = resolved.name
    this.mode = resolved.mode
    this.weight = resolved.weight
    this.resolved = resolved
    this.#content = content
    const { inputs, outputs } = content.model.signature
    const common = {
      arm: resolved.name,
      mode: resolved.mode,
      model: resolved.modelName,
      version: resolved.version,
    }
    const heads = (specs: ModelSignature['inputs']) =>
      specs.map(({ name, datatype }) => ({ name, datatype: datatype as Datatype }))
    this.schema = { ...common, inputs: heads(inputs), outputs: heads(outputs) }
    this.refusedSchema = { ...common, inputs: [], outputs: [] }
  }

  get signature(): ModelSignature {
    return this.#content.model.signature
  }

  get platform(): string {
    return this.#content.model.platform ?? 'onnx_onnxv1'
  }

  /** What computes it, unless the endpoint says otherwise. */
  get runtime(): RuntimeName {
    return this.#content.model.runtime ?? 'onnxruntime'
  }

  /** Its model, for explanations; only ONNX models have a graph that can be read. */
  get explained(): ExplainedModel {
    const { model, path } = this.#content
    const { digest } = this.resolved
    return { model, digest, source: async () => (model.platform ? undefined : path()) }
  }

  get version(): number {
    return this.resolved.version
  }

  get requests(): number {
    return this.latency.count
  }

  /** Whether its model is loaded; one that is not is loaded by the next request. */
  get memory(): ModelMemory {
    return this.#content.model.memory
  }

  /** How often its model was loaded again for a request, and how long the last time took. */
  get waking(): { readonly count: number; readonly lastMs: number | null } {
    const { wakes, lastWakeMs } = this.#content.model
    return { count: wakes, lastMs: lastWakeMs }
  }

  get warmedUp(): WarmUpRequests | null {
    return this.#content.warmedUp ?? null
  }

  /** True while requests are inside. */
  get isBusy(): boolean {
    return this.#inside > 0
  }

  /** Lets go of the model until the next request; no request may be inside. */
  async rest(): Promise<void> {
    await this.#content.model.rest()
  }

  /** Keeps the model until `leave`. */
  enter(): void {
    this.#inside++
  }

  leave(): void {
    this.#inside--
    if (this.#inside === 0) this.#emptied?.()
  }

  run(inputs: Tensors, options?: RunOptions): Promise<Tensors> {
    return this.#content.model.run(inputs, undefined, options)
  }

  /** Answers in parts, where the model can. */
  get stream(): LoadedModel['stream'] {
    return this.#content.model.stream
  }

  /** What its model has computed, for this arm and for others that share it. */
  get work(): ModelWork | null {
    return this.#content.model.done
  }

  /** Counts a request and its latency. */
  record(latencyMs: number, failed: boolean): void {
    this.latency.record(latencyMs)
    if (failed) this.errors++
  }

  /** Lets the requests inside end, then lets go of the model. */
  async drain(): Promise<void> {
    if (this.#inside > 0) {
      await new Promise<void>((resolve) => {
        this.#emptied = resolve
      })
    }
    await this.#content.model.close()
  }
}
