import type { Datatype, Tensor, Tensors } from '../../runtime/index.ts'

export type ArmMode = 'live' | 'shadow'

/** Which arm answered, with which model version, in which tensors; written once a segment and referred to by number. */
export interface RecordSchema {
  readonly arm: string
  readonly mode: ArmMode
  readonly model: string
  readonly version: number
  readonly inputs: readonly TensorHead[]
  readonly outputs: readonly TensorHead[]
}
export interface TensorHead {
  readonly name: string
  readonly datatype: Datatype
}

export interface EntryRouting {
  /** Probability with which the router chose the arm; NaN where the caller chose. */
  readonly propensity: number
  /** Unit of traffic that the request named; empty where it named none. */
  readonly unit: string
  /** Trace id of the request, 32 hexadecimal digits; empty where it has none. */
  readonly traceId: string
}

/** What one arm answered to one request: `ids.length` rows, or one row that is the whole request. */
export interface PredictionEntry {
  readonly schema: RecordSchema
  /** One a row. */
  readonly ids: readonly string[]
  /** The ids were drawn for this request, so that no entry before it has them. */
  readonly fresh?: boolean | undefined
  /** Event times in milliseconds: one for all rows, or one a row. */
  readonly at: number | Float64Array
  readonly latencyMs: number
  /** How the request came to its arm; absent for entries of earlier servers and where nothing is known. */
  readonly routing?: EntryRouting | undefined
  readonly inputs: Tensors
  /** What was answered, or why nothing was. */
  readonly answer: { readonly outputs: Tensors } | { readonly error: string }
}

/** The tensors of an entry in the order of its schema. */
export function orderedTensors(entry: PredictionEntry): Tensor[] {
  const inputs = entry.schema.inputs.map(({ name }) => entry.inputs[name]!)
  const { answer } = entry
  if (!('outputs' in answer)) return inputs
  return [...inputs, ...entry.schema.outputs.map(({ name }) => answer.outputs[name]!)]
}
