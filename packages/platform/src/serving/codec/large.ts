import { isKaizenError, type ModelSignature } from '@kaizen/contracts'
import type { Tensors } from '../../runtime/index.ts'
import type { PredictionAnswer } from '../endpoints/live-endpoint.ts'
import type { InputRules } from '../limits/input-rules.ts'
import {
  decodeScoring,
  encodePredictions,
  type ScoringForm,
  type ScoringRequest,
} from '../wire/invocations.ts'
import {
  decodeOpenInference,
  encodeOpenInference,
  type OpenInferenceAnswer,
  type OpenInferenceRequest,
} from '../wire/open-inference.ts'
import { CodecPool } from './codec.ts'
import type { AnswerHead } from './messages.ts'
import { packNamed, unpackNamed } from './named-tensors.ts'

/** Bytes of JSON or text that are read within a fraction of a millisecond. */
const quickBytes = 16_384
/** Bytes of plain binary tensors, which are only copied. */
const quickBinaryBytes = 4 * 1024 * 1024
/** Elements of an answer that are rendered as quickly. */
const quickElements = 1024

/** What a long scoring request is held against while it is read. */
export interface Expected {
  readonly signature: ModelSignature
  readonly rules: InputRules | undefined
  /** True where the request may bring more than the signature says: it is read here, whole. */
  readonly takesMore?: boolean | undefined
}

/** Reads requests and renders answers of any size: small ones here, long ones in threads, which end with this. */
export class AnySizeCodec implements AsyncDisposable {
  readonly #pool = new CodecPool()

  /** Reads a request here while it is small, in a thread of its own where it would hold up the event loop. */
  async decode(body: Buffer, jsonLength: string | undefined): Promise<OpenInferenceRequest> {
    if (isQuick(body, jsonLength)) return decodeOpenInference(body, jsonLength)
    const { tensors, ...request } = await this.#pool.ask({ kind: 'decode', body, jsonLength })
    return { ...request, inputs: unpackNamed(tensors) }
  }

  /** Renders an answer, in a thread of its own where it is long. */
  async encode(
    head: AnswerHead,
    { outputs, explanation }: Pick<PredictionAnswer, 'outputs' | 'explanation'>,
  ): Promise<OpenInferenceAnswer> {
    // What is explained has few rows.
    if (explanation) return encodeOpenInference(head, { ...head, outputs, explanation })
    const binary = head.binaryOutputs && !head.outputs?.some((output) => output.binary === false)
    if (binary || elementsIn(outputs) <= quickElements) {
      return encodeOpenInference(head, { ...head, outputs })
    }
    const tensors = packNamed(Object.entries(outputs))
    const { body, jsonLength } = await this.#pool.ask({ kind: 'encode', head, tensors })
    return { body: Buffer.from(body.buffer, body.byteOffset, body.byteLength), jsonLength }
  }

  /**
   * Reads a scoring request here while it is small, in a thread of its own where it is long: there it is held against what
   * is expected to answer, which `bind` checks.
   */
  async score(body: Buffer, form: ScoringForm, expected: () => Expected): Promise<ScoringRequest> {
    if (body.length <= quickBytes) return decodeScoring(body, form)
    const { signature, rules, takesMore } = expected()
    if (takesMore) return decodeScoring(body, form)
    // The body itself changes hands; a copy is kept for an arm that asks for something else.
    const kept = Buffer.from(body)
    const question = { kind: 'score', body, form, signature, rules } as const
    const bindElse: ScoringRequest['bind'] = (...other) => decodeScoring(kept, form).bind(...other)
    try {
      const { context, explain, tensors, rows } = await this.#pool.ask(question)
      const bound = { tensors: Object.fromEntries(unpackNamed(tensors)), rows }
      const isExpected = (asked: ModelSignature, askedRules: InputRules | undefined): boolean =>
        askedRules === rules &&
        (asked === signature || JSON.stringify(asked.inputs) === JSON.stringify(signature.inputs))
      return {
        context,
        explain,
        bind: (asked, askedRules) =>
          isExpected(asked, askedRules) ? bound : bindElse(asked, askedRules),
      }
    } catch (failure) {
      // What does not fit the signature of an arm is counted by the arm.
      if (!isKaizenError(failure) || failure.code !== 'INVALID_TENSOR') throw failure
      const nothing = { id: undefined, inferenceIds: undefined, at: undefined }
      return {
        context: nothing,
        bind: () => {
          throw failure
        },
      }
    }
  }

  /** Renders predictions with what else is told, in a thread of its own where they are many. */
  async predictions(
    answer: Pick<PredictionAnswer, 'signature' | 'outputs' | 'rows'>,
    more: string,
  ): Promise<string | Buffer> {
    const { signature, outputs, rows } = answer
    if (more !== '' || elementsIn(outputs) <= quickElements) return encodePredictions(answer, more)
    const tensors = packNamed(Object.entries(outputs))
    const { body } = await this.#pool.ask({ kind: 'predictions', signature, rows, tensors })
    return Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]()
  }
}

function isQuick(body: Buffer, jsonLength: string | undefined): boolean {
  if (body.length <= quickBytes || jsonLength === '0') return true
  const json = jsonLength === undefined ? body.length : Number(jsonLength)
  if (!(json <= quickBytes) || body.length > quickBinaryBytes) return false
  // Text is decoded element by element.
  return !body.subarray(0, json).includes('BYTES')
}

const elementsIn = (outputs: Tensors): number =>
  Object.values(outputs).reduce((sum, { data }) => sum + data.length, 0)
