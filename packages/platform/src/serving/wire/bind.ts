import { KaizenError, type ModelSignature, type TensorSpec } from '@kaizen/contracts'
import type { Tensor, Tensors } from '../../runtime/index.ts'
import { invalidTensor } from './tensor-json.ts'

/** Tensors that fit a signature, and how many rows they hold. */
export interface BoundInputs {
  readonly tensors: Tensors
  /** Length of the free first dimension that all inputs share; 1 where they have none: the request is the row. */
  readonly rows: number
}

/** Checks names, datatypes and shapes against a signature. @throws INVALID_TENSOR */
export function bindInputs(
  signature: ModelSignature,
  given: ReadonlyMap<string, Tensor>,
): BoundInputs {
  const tensors: Record<string, Tensor> = {}
  for (const spec of signature.inputs) {
    const tensor = given.get(spec.name)
    if (!tensor) throw missingInput(spec)
    if (tensor.datatype !== spec.datatype) {
      throw invalidTensor(
        `input "${spec.name}"`,
        `the datatype is ${spec.datatype}, not ${tensor.datatype}`,
      )
    }
    if (!fits(spec.shape, tensor.shape)) {
      throw invalidTensor(
        `input "${spec.name}"`,
        `the shape is [${spec.shape.join(', ')}] with -1 free, not [${tensor.shape.join(', ')}]`,
      )
    }
    tensors[spec.name] = tensor
  }
  if (given.size > signature.inputs.length) throw unknownInput(signature, given.keys())
  return { tensors, rows: rowsOf(signature, tensors) }
}

const fits = (spec: readonly number[], shape: readonly number[]): boolean =>
  spec.length === shape.length && spec.every((size, i) => size === -1 || size === shape[i])

/** True where each input has a free first dimension, so that requests hold rows. */
export const isBatched = (signature: ModelSignature): boolean =>
  signature.inputs.length > 0 && signature.inputs.every(({ shape }) => shape[0] === -1)

function rowsOf(signature: ModelSignature, tensors: Tensors): number {
  if (!isBatched(signature)) return 1
  const [first, ...others] = signature.inputs
  const rows = tensors[first!.name]!.shape[0]!
  for (const { name } of others) {
    const found = tensors[name]!.shape[0]!
    if (found !== rows) {
      throw invalidTensor(
        `input "${name}"`,
        `it has ${found} rows, but "${first!.name}" has ${rows}; all inputs must have as many`,
      )
    }
  }
  return rows
}

const missingInput = ({ name, datatype, shape }: TensorSpec): KaizenError =>
  new KaizenError('INVALID_TENSOR', `the input "${name}" is missing`, {
    hint: `Send it as ${datatype} of shape [${shape.join(', ')}].`,
  })

/** Names what the model does not know, and what it does. */
export function unknownInput(signature: ModelSignature, names: Iterable<string>): KaizenError {
  const known = signature.inputs.map(({ name }) => name)
  const unknown = [...names].filter((name) => !known.includes(name))
  const shown = unknown.slice(0, 5).map((name) => JSON.stringify(name.slice(0, 100)))
  return new KaizenError('INVALID_TENSOR', `the model has no input ${shown.join(', ')}`, {
    hint: `Its inputs are ${known.slice(0, 50).join(', ')}.`,
  })
}
