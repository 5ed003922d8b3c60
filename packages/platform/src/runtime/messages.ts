import type { ErrorCode, ModelSignature } from '@kaizen/contracts'
import type { OrtType } from './datatypes.ts'
import type { TensorData } from './model.ts'

/** A tensor on its way to or from an inference thread. */
export interface WireTensor {
  readonly name: string
  readonly type: OrtType
  readonly dims: readonly number[]
  readonly data: TensorData
}

/** What the main thread asks; each request with an id is answered under it. */
export type ThreadRequest =
  /** Fails on purpose, to try out what happens then. */
  | { readonly kind: 'crash' }
  | {
      readonly kind: 'load'
      readonly id: number
      readonly model: number
      readonly source: string | Uint8Array
    }
  | { readonly kind: 'unload'; readonly id: number; readonly model: number }
  | {
      readonly kind: 'run'
      readonly id: number
      readonly model: number
      readonly feeds: readonly WireTensor[]
      readonly outputs: readonly string[] | undefined
    }

export interface ThreadFailure {
  readonly code: ErrorCode
  readonly message: string
  readonly hint: string | undefined
}

export type ThreadAnswer = { readonly id: number } & (
  | { readonly failure: ThreadFailure }
  | { readonly signature: ModelSignature }
  | { readonly tensors: readonly WireTensor[] }
  | { readonly done: true }
)
