import type { ModelSignature } from '@kaizen/contracts'
import type { Datatype, TensorData } from './datatypes.ts'

export interface Tensor {
  readonly datatype: Datatype
  readonly shape: readonly number[]
  readonly data: TensorData
}
export type Tensors = Readonly<Record<string, Tensor>>

/** How requests to one model are computed together when they have to wait anyway. */
export interface BatchRule {
  /** Most rows of one run; 1 computes every request alone. */
  readonly maxRows: number
  /** How long requests that found every thread busy may wait for others to fill a run, in milliseconds. */
  readonly maxDelayMs: number
}

/** The run that computed a request. */
export interface RanIn {
  /** Requests in it, at least this one. */
  readonly requests: number
  /** Rows of all of them. */
  readonly rows: number
}

/** What computes models: Kaizen's own kernel, onnxruntime, Python processes, other servers, or several of them. */
export const runtimeNames = ['kaizen', 'onnxruntime', 'python', 'remote', 'ensemble'] as const
export type RuntimeName = (typeof runtimeNames)[number]

export interface RunOptions {
  /** How it may share a run with others; as usual unless told. */
  readonly batching?: BatchRule | undefined
  /** `onnxruntime` for models in ONNX that the kernel would compute otherwise. */
  readonly runtime?: 'auto' | 'onnxruntime' | undefined
  /** Told of the run before the answer. */
  readonly onRan?: (ran: RanIn) => void
}

/** What a model has computed since it was loaded, and what waits for it now. */
export interface ModelWork {
  readonly queued: number
  readonly runs: number
  readonly requests: number
  readonly rows: number
  /** Runs by how many requests shared one: 1, 2, up to 4, up to 8, ... the last for all more. */
  readonly runsBySize: number[]
}

/** A model that is ready to answer. */
export interface LoadedModel {
  readonly signature: ModelSignature
  /** `<project>_<format>`, as the Open Inference Protocol names platforms; ONNX unless told. */
  readonly platform?: string
  /** What computes it unless a run says otherwise. */
  readonly runtime?: RuntimeName
  /**
   * Computes the outputs named, all unless told. Inputs are not changed.
   * @throws INVALID_TENSOR for inputs the model cannot compute on, OVERLOADED when too much waits already, TIMEOUT,
   * UNAVAILABLE when the thread that computed it was lost.
   */
  run(inputs: Tensors, outputs?: readonly string[], options?: RunOptions): Promise<Tensors>
  /**
   * Computes an answer in parts, each when it is asked for; where it ends early, the model is told. Only models that can.
   * @throws as `run` does
   */
  readonly stream?: ((inputs: Tensors) => AsyncIterable<Tensors>) | undefined
  /** Where requests may share runs. */
  work?(): ModelWork
  /** Frees the model; runs that have begun still end. */
  close(): Promise<void>
}

/** The runtime port: turns a model file into something that answers tensors with tensors. */
export interface ModelRuntime extends AsyncDisposable {
  /** Loads from a file or from bytes. @throws INVALID_MODEL */
  load(source: string | Uint8Array): Promise<LoadedModel>
}
