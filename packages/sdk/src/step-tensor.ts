import type { TensorType } from '@kaizen/contracts'

/** Numbers of each datatype as JavaScript holds them; text and truth values are arrays. */
export interface TensorArrays {
  BOOL: readonly boolean[]
  UINT8: Uint8Array
  UINT16: Uint16Array
  UINT32: Uint32Array
  UINT64: BigUint64Array
  INT8: Int8Array
  INT16: Int16Array
  INT32: Int32Array
  INT64: BigInt64Array
  FP32: Float32Array
  FP64: Float64Array
  BYTES: readonly string[]
}
export type StepDatatype = keyof TensorArrays

const arrays = {
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  FP32: Float32Array,
  FP64: Float64Array,
} as const
type NumberType = keyof typeof arrays

/** A tensor as steps are given it: elements in row-major order. */
export interface StepTensor<D extends StepDatatype = StepDatatype> {
  readonly datatype: D
  readonly shape: readonly number[]
  readonly data: TensorArrays[D]
}

type Scalar = number | bigint | boolean | string
type Nested = Scalar | readonly Nested[]
/** What steps may answer: elements in row-major order, nested arrays, or elements with their shape. */
export type StepAnswer =
  | ArrayLike<Scalar>
  | readonly Nested[]
  | { readonly shape: readonly number[]; readonly data: ArrayLike<Scalar> }

/** An answer that its declaration does not allow. */
export class AnswerMisfit extends Error {}

/** A tensor as it stands in a frame. */
export interface TensorHead {
  readonly name: string
  readonly datatype: string
  readonly shape: readonly number[]
  readonly bytes: number
}

const lengthBytes = 4

/** The tensor that a part of a frame holds. */
export function decodeTensor({ datatype, shape }: TensorHead, part: Buffer): StepTensor {
  if (datatype === 'BYTES') return { datatype, shape, data: textsOf(part) }
  if (datatype === 'BOOL') return { datatype, shape, data: Array.from(part, (byte) => byte === 1) }
  const Elements = arrays[datatype as NumberType]
  // A copy of its own: steps may write into what they are given, and elements have to be aligned.
  const own = new Uint8Array(part).buffer
  return { datatype: datatype as NumberType, shape, data: new Elements(own) } as StepTensor
}

function textsOf(part: Buffer): readonly string[] {
  const texts: string[] = []
  let at = 0
  while (at + lengthBytes <= part.length) {
    const end = at + lengthBytes + part.readUInt32LE(at)
    texts.push(part.toString('utf8', at + lengthBytes, end))
    at = end
  }
  return texts
}

/**
 * The bytes of an answer, which has to be what was declared: nothing is rounded, wrapped or reshaped.
 * @param rows of the request, which the answer has as well where its first dimension is free
 * @throws AnswerMisfit
 */
export function encodeTensor(
  name: string,
  { type, rows }: { readonly type: TensorType; readonly rows: number | null },
  answer: unknown,
): { readonly head: TensorHead; readonly part: Uint8Array } {
  const wanted = type.shape.map((size, i) =>
    i === 0 && size === -1 && rows !== null ? rows : size,
  )
  const { shape, data } = shaped(name, wanted, answer)
  const fits =
    shape.length === wanted.length && wanted.every((size, i) => size === -1 || size === shape[i])
  const count = shape.reduce((product, size) => product * size, 1)
  if (!fits || count !== data.length) {
    throw new AnswerMisfit(
      `"${name}" has ${data.length} elements of the shape [${shape.join(', ')}], not [${wanted.join(', ')}]`,
    )
  }
  const part = bytesOf(name, type.datatype, data)
  return { head: { name, datatype: type.datatype, shape, bytes: part.length }, part }
}

function shaped(
  name: string,
  wanted: readonly number[],
  answer: unknown,
): { readonly shape: readonly number[]; readonly data: ArrayLike<unknown> } {
  if (Array.isArray(answer) && answer.some(Array.isArray)) {
    const shape = nestedShape(answer)
    const data = answer.flat(shape.length - 1) as unknown[]
    if (
      data.some(Array.isArray) ||
      data.length !== shape.reduce((product, size) => product * size, 1)
    )
      throw new AnswerMisfit(`"${name}" is ragged`)
    return { shape, data }
  }
  if (Array.isArray(answer) || (ArrayBuffer.isView(answer) && !(answer instanceof DataView))) {
    const data = answer as unknown as ArrayLike<unknown>
    const free = wanted.filter((size) => size === -1).length
    if (free > 1) throw new AnswerMisfit(`"${name}" needs its shape: answer { shape, data }`)
    const rest = wanted.reduce((product, size) => (size === -1 ? product : product * size), 1)
    return { shape: wanted.map((size) => (size === -1 ? data.length / rest : size)), data }
  }
  const { shape, data } = (answer ?? {}) as { readonly shape?: unknown; readonly data?: unknown }
  const isShape =
    Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size >= 0)
  if (isShape && (Array.isArray(data) || ArrayBuffer.isView(data)))
    return { shape, data: data as unknown as ArrayLike<unknown> }
  throw new AnswerMisfit(
    answer === undefined ? `"${name}" is missing` : `"${name}" is no array and no { shape, data }`,
  )
}

function nestedShape(answer: readonly unknown[]): number[] {
  const shape: number[] = []
  for (let at: unknown = answer; Array.isArray(at); at = at[0]) shape.push(at.length)
  return shape
}

function bytesOf(name: string, datatype: string, data: ArrayLike<unknown>): Uint8Array {
  const misfit = (value: unknown, row: number): AnswerMisfit =>
    new AnswerMisfit(`"${name}" holds ${describe(value)} at ${row}, which is no ${datatype}`)
  if (datatype === 'BYTES') return textBytes(data, misfit)
  if (datatype === 'BOOL') {
    return Uint8Array.from(data, (value, row) => {
      if (value === true || value === 1) return 1
      if (value === false || value === 0) return 0
      throw misfit(value, row)
    })
  }
  const Elements = arrays[datatype as NumberType]
  if (data instanceof Elements) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  const elements = new Elements(data.length)
  const isWide = elements instanceof BigInt64Array || elements instanceof BigUint64Array
  const isFloat = elements instanceof Float32Array || elements instanceof Float64Array
  for (let row = 0; row < data.length; row++) {
    const value = data[row]
    if (isWide) {
      if (typeof value !== 'bigint' && !Number.isSafeInteger(value)) throw misfit(value, row)
      const exact = BigInt(value as number | bigint)
      elements[row] = exact
      if (elements[row] !== exact) throw misfit(value, row)
      continue
    }
    if (typeof value !== 'number') throw misfit(value, row)
    elements[row] = value
    if (!isFloat && elements[row] !== value) throw misfit(value, row)
  }
  return new Uint8Array(elements.buffer)
}

function textBytes(
  data: ArrayLike<unknown>,
  misfit: (value: unknown, row: number) => AnswerMisfit,
): Uint8Array {
  const parts: Uint8Array[] = []
  for (let row = 0; row < data.length; row++) {
    const value = data[row]
    if (typeof value !== 'string' || !value.isWellFormed()) throw misfit(value, row)
    const text = Buffer.from(value)
    const length = Buffer.alloc(lengthBytes)
    length.writeUInt32LE(text.length)
    parts.push(length, text)
  }
  return Buffer.concat(parts)
}

const describe = (value: unknown): string =>
  typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : String(value)
