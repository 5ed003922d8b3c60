import type { ErrorCode, ModelSignature } from '@kaizen/contracts'
import type { PackedTensors } from '../../runtime/index.ts'
import type { ExplainRequest } from '../explain/model.ts'
import type { InputRules } from '../limits/input-rules.ts'
import type { ScoringForm } from '../wire/invocations.ts'
import type { OutputRequest } from '../wire/open-inference.ts'
import type { PredictionContext } from '../wire/prediction-context.ts'

/** Tensors by name on their way between threads. */
export interface NamedTensors {
  readonly names: readonly string[]
  readonly packed: PackedTensors
}

/** What an answer of the Open Inference Protocol is rendered from. */
export interface AnswerHead {
  readonly outputs: readonly OutputRequest[] | undefined
  readonly binaryOutputs: boolean
  readonly model: string
  readonly version: number
  readonly id: string
  readonly signature: ModelSignature
}

export type CodecQuestion =
  | { readonly kind: 'decode'; readonly body: Uint8Array; readonly jsonLength: string | undefined }
  | {
      readonly kind: 'score'
      readonly body: Uint8Array
      readonly form: ScoringForm
      readonly signature: ModelSignature
      readonly rules: InputRules | undefined
    }
  | { readonly kind: 'encode'; readonly head: AnswerHead; readonly tensors: NamedTensors }
  | {
      readonly kind: 'predictions'
      readonly signature: ModelSignature
      readonly rows: number
      readonly tensors: NamedTensors
    }

export interface CodecAnswers {
  readonly decode: {
    readonly id: string | undefined
    readonly context: PredictionContext
    readonly tensors: NamedTensors
    readonly outputs: readonly OutputRequest[] | undefined
    readonly binaryOutputs: boolean
    readonly explain: ExplainRequest | undefined
  }
  readonly score: {
    readonly context: PredictionContext
    readonly explain: ExplainRequest | undefined
    readonly tensors: NamedTensors
    readonly rows: number
  }
  readonly encode: { readonly body: Uint8Array; readonly jsonLength: number | undefined }
  readonly predictions: { readonly body: Uint8Array }
}

export interface CodecFailure {
  readonly code: ErrorCode
  readonly message: string
  readonly hint: string | undefined
}

export interface CodecRequest {
  readonly id: number
  readonly question: CodecQuestion
}
export type CodecReply = { readonly id: number } & (
  | { readonly answer: CodecAnswers[keyof CodecAnswers] }
  | { readonly failure: CodecFailure }
)
