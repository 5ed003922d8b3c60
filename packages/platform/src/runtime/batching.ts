import type { ModelSignature } from '@kaizen/contracts'
import { allocate, elementCount } from './datatypes.ts'
import type { BatchRule, Tensor } from './model.ts'

export const usualBatchRule: BatchRule = { maxRows: 128, maxDelayMs: 0 }

/** The inputs of one request in the order of the signature. */
export type Inputs = readonly Tensor[]

/**
 * What the inputs of requests must have in common to be rows of one run: the sizes that the signature leaves free beyond
 * the first. Undefined where a request cannot share a run: it has no free first dimension, no rows, or does not fit.
 */
export function batchKey({ inputs, outputs }: ModelSignature, given: Inputs): string | undefined {
  const rows = given[0]?.shape[0] ?? 0
  if (rows === 0 || !outputs.every(({ shape }) => shape[0] === -1)) return undefined
  let key = ''
  for (let i = 0; i < inputs.length; i++) {
    const { shape: spec, datatype } = inputs[i]!
    const { shape, datatype: found, data } = given[i]!
    if (spec[0] !== -1 || shape[0] !== rows || found !== datatype) return undefined
    if (spec.length !== shape.length || elementCount(shape) !== data.length) return undefined
    for (let axis = 1; axis < spec.length; axis++) {
      if (spec[axis] === -1) key += `${shape[axis]} `
      else if (spec[axis] !== shape[axis]) return undefined
    }
  }
  return key
}

/** The rows of several requests, one after the other. All have one batch key. */
export function mergeInputs(requests: readonly Inputs[]): Tensor[] {
  return requests[0]!.map(({ datatype, shape }, input) => {
    const parts = requests.map((request) => request[input]!)
    let rows = 0
    let length = 0
    for (const part of parts) {
      rows += part.shape[0]!
      length += part.data.length
    }
    const merged = [rows, ...shape.slice(1)]
    if (datatype === 'BYTES') {
      return { datatype, shape: merged, data: parts.flatMap(({ data }) => data as string[]) }
    }
    const data = allocate(datatype, length) as Uint8Array
    let at = 0
    for (const part of parts) {
      data.set(part.data as Uint8Array, at)
      at += part.data.length
    }
    return { datatype, shape: merged, data }
  })
}

/**
 * Cuts the answers of a run into those of its requests, by their rows. Undefined where an output does not have one answer
 * a row.
 */
export function splitOutputs(
  outputs: readonly Tensor[],
  rows: readonly number[],
): Tensor[][] | undefined {
  const total = rows.reduce((sum, each) => sum + each, 0)
  if (outputs.some(({ shape, data }) => shape[0] !== total || data.length % total !== 0)) {
    return undefined
  }
  let from = 0
  return rows.map((count) => {
    const start = from
    from += count
    return outputs.map(({ datatype, shape, data }) => {
      const width = data.length / total
      const part = data.slice(start * width, (start + count) * width)
      return { datatype, shape: [count, ...shape.slice(1)], data: part as Tensor['data'] }
    })
  })
}

/** Kernels may add in another order for another number of rows; a model that mixes rows is off by far more. */
const tolerance = { relative: 1e-3, absolute: 1e-5 }

/** Whether answers are the same but for the last digits of floating-point numbers. */
export function sameAnswers(some: readonly Tensor[], others: readonly Tensor[]): boolean {
  return some.every((tensor, i) => {
    const other = others[i]
    if (!other || tensor.datatype !== other.datatype) return false
    if (String(tensor.shape) !== String(other.shape)) return false
    const isFloat = tensor.datatype === 'FP32' || tensor.datatype === 'FP64'
    const [a, b] = [tensor.data as ArrayLike<unknown>, other.data as ArrayLike<unknown>]
    for (let j = 0; j < a.length; j++) {
      if (Object.is(a[j], b[j])) continue
      if (!isFloat || !isNear(a[j] as number, b[j] as number)) return false
    }
    return true
  })
}

const isNear = (a: number, b: number): boolean =>
  Math.abs(a - b) <= tolerance.absolute + tolerance.relative * Math.abs(a)

/** True where two requests hold other values: answers to equal rows tell nothing about how a model treats neighbours. */
export const differ = (some: Inputs, others: Inputs): boolean =>
  some.some((tensor, i) => {
    const [a, b] = [tensor.data as ArrayLike<unknown>, others[i]!.data as ArrayLike<unknown>]
    if (a.length !== b.length) return true
    for (let j = 0; j < a.length; j++) if (!Object.is(a[j], b[j])) return true
    return false
  })
