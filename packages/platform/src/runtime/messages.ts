import type { ErrorCode, ModelSignature } from '@kaizen/contracts'
import type { RuntimeName } from './model.ts'
import type { PackedTensors } from './pack.ts'

/** What the main thread asks; each request with an id is answered under it. */
export type ThreadRequest =
  /** Fails on purpose, to try out what happens then. */
  | { readonly kind: 'crash' }
  | {
      readonly kind: 'load'
      readonly id: number
      readonly model: number
      readonly source: string | Uint8Array
      /** Whether the kernel may compute it, where it can. */
      readonly kernel: boolean
    }
  | { readonly kind: 'unload'; readonly id: number; readonly model: number }
  /** Inputs in the order of the signature; outputs by name, all unless told. */
  | {
      readonly kind: 'run'
      readonly id: number
      readonly model: number
      readonly inputs: PackedTensors
      readonly outputs: readonly string[] | undefined
      /** Whether onnxruntime is to compute it, whatever else could. */
      readonly native: boolean
    }

export interface ThreadFailure {
  readonly code: ErrorCode
  readonly message: string
  readonly hint: string | undefined
}

export type ThreadAnswer = { readonly id: number } & (
  | { readonly failure: ThreadFailure }
  | { readonly signature: ModelSignature; readonly runtime: RuntimeName }
  /** In the order asked for, and how long they took. */
  | { readonly outputs: PackedTensors; readonly computeMs: number }
  | { readonly done: true }
)
