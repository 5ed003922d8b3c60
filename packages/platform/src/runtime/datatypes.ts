import { type TensorDatatype, tensorDatatypes } from '@kaizen/contracts/datatypes'

/** Element types of the Open Inference Protocol that models take and answer. */
export const datatypes = tensorDatatypes
export type Datatype = TensorDatatype

/**
 * Elements of a tensor, row-major. BOOL is 0 or 1 in a Uint8Array, FP16 its bits in a Uint16Array, BYTES text (ONNX
 * strings are UTF-8).
 */
export type TensorData =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array
  | readonly string[]

/** Bytes of an element; 0 where elements differ in length. */
export const elementBytes: Readonly<Record<Datatype, number>> = {
  BOOL: 1,
  UINT8: 1,
  UINT16: 2,
  UINT32: 4,
  UINT64: 8,
  INT8: 1,
  INT16: 2,
  INT32: 4,
  INT64: 8,
  FP16: 2,
  FP32: 4,
  FP64: 8,
  BYTES: 0,
}

/** Names of the same types in onnxruntime. */
export const ortTypes = {
  BOOL: 'bool',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  FP16: 'float16',
  FP32: 'float32',
  FP64: 'float64',
  BYTES: 'string',
} as const satisfies Record<Datatype, string>
export type OrtType = (typeof ortTypes)[Datatype]

const byOrtType = new Map<string, Datatype>(datatypes.map((type) => [ortTypes[type], type]))

/** The protocol's name of an onnxruntime type, where it has one. */
export const datatypeOfOrt = (type: string): Datatype | undefined => byOrtType.get(type)

/** Datatypes at the numbers that ONNX gives its element types; those without a wire form are left out. */
const byElementType: readonly (Datatype | undefined)[] = [
  undefined,
  'FP32',
  'UINT8',
  'INT8',
  'UINT16',
  'INT16',
  'INT32',
  'INT64',
  'BYTES',
  'BOOL',
  'FP16',
  'FP64',
  'UINT32',
  'UINT64',
]

/** The protocol's name of an element type by its number in ONNX, where it has one. */
export const datatypeOfElement = (type: number): Datatype | undefined => byElementType[type]

export const isDatatype = (name: string): name is Datatype =>
  (datatypes as readonly string[]).includes(name)

const arrays = {
  BOOL: Uint8Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  FP16: Uint16Array,
  FP32: Float32Array,
  FP64: Float64Array,
} as const

/** An array for `length` elements: of zeros, false or empty text, or over a buffer where one is given. */
export function allocate(
  datatype: Datatype,
  length: number,
  buffer?: ArrayBuffer,
  byteOffset = 0,
): TensorData {
  if (datatype === 'BYTES') return new Array<string>(length).fill('')
  const Elements = arrays[datatype]
  return buffer ? new Elements(buffer, byteOffset, length) : new Elements(length)
}

/** Elements that a shape holds; NaN when a dimension is not a whole number of at least 0 or the product is not exact. */
export function elementCount(shape: readonly number[]): number {
  let count = 1
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) return Number.NaN
    count *= size
  }
  return Number.isSafeInteger(count) ? count : Number.NaN
}
