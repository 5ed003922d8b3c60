import { KaizenError } from '@kaizen/contracts'
import { allocate, type Datatype, elementCount, type Tensor } from '../../runtime/index.ts'
import { halfToNumber } from '../log/columns.ts'
import { nonFinite, type WireJson } from './json.ts'

/** A problem of one tensor, named by its place in the request. */
export const invalidTensor = (where: string, problem: string, hint?: string): KaizenError =>
  new KaizenError('INVALID_TENSOR', `${where}: ${problem}`, hint === undefined ? {} : { hint })

const integerRange: Partial<Record<Datatype, readonly [number, number]>> = {
  UINT8: [0, 0xff],
  UINT16: [0, 0xffff],
  UINT32: [0, 0xffffffff],
  INT8: [-0x80, 0x7f],
  INT16: [-0x8000, 0x7fff],
  INT32: [-0x80000000, 0x7fffffff],
}

/** Largest number of elements that a request may ask for, whatever its shape claims. */
const maxElements = 1 << 28

/** Decodes `data`, nested by `shape` or flat, into elements of `datatype`; nothing is rounded, wrapped or cut. @throws INVALID_TENSOR */
export function decodeJsonTensor(
  where: string,
  head: { readonly datatype: Datatype; readonly shape: readonly number[] },
  data: WireJson,
): Tensor {
  const { datatype, shape } = head
  if (!Array.isArray(data)) throw invalidTensor(`${where}.data`, 'expected an array of elements')
  const count = checkedCount(where, shape)
  const flat = Array.isArray(data[0])
    ? flatten(where, data, shape, count)
    : (data as readonly WireJson[])
  if (flat.length !== count) {
    throw invalidTensor(
      `${where}.data`,
      `the shape [${shape.join(', ')}] holds ${count} elements, but there are ${flat.length}`,
    )
  }
  return { datatype, shape, data: elementsOf(`${where}.data`, datatype, flat) }
}

/** @throws INVALID_TENSOR for dimensions that are negative, fractional or too large. */
export function checkedCount(where: string, shape: readonly number[]): number {
  const count = elementCount(shape)
  if (Number.isNaN(count) || count > maxElements) {
    throw invalidTensor(
      `${where}.shape`,
      `[${shape.join(', ')}] is not a shape of at most ${maxElements} elements`,
    )
  }
  return count
}

function flatten(
  where: string,
  data: readonly WireJson[],
  shape: readonly number[],
  count: number,
): readonly WireJson[] {
  const flat: WireJson[] = []
  const walk = (level: readonly WireJson[], depth: number): void => {
    if (level.length !== shape[depth]) {
      throw invalidTensor(
        `${where}.data`,
        `nested arrays must follow the shape [${shape.join(', ')}]; at depth ${depth + 1} one has ${level.length} elements`,
      )
    }
    const leaf = depth === shape.length - 1
    for (const item of level) {
      if (Array.isArray(item) === leaf) {
        throw invalidTensor(
          `${where}.data`,
          `arrays are not nested ${shape.length} deep as the shape says`,
        )
      }
      if (leaf) flat.push(item)
      else walk(item as readonly WireJson[], depth + 1)
      if (flat.length > count) break
    }
  }
  walk(data, 0)
  return flat
}

/** Converts JSON values to elements. @throws INVALID_TENSOR naming the first value that is not one. */
export function elementsOf(
  where: string,
  datatype: Datatype,
  values: readonly WireJson[],
): Tensor['data'] {
  const bad = (i: number): KaizenError =>
    invalidTensor(`${where}[${i}]`, `${show(values[i]!)} is not ${described[datatype]}`)
  if (datatype === 'BYTES') {
    const wrong = values.findIndex((value) => !isModelText(value))
    if (wrong >= 0) throw bad(wrong)
    return [...(values as readonly string[])]
  }
  const data = allocate(datatype, values.length)
  if (datatype === 'INT64' || datatype === 'UINT64') {
    const [target, fits] = [data as BigInt64Array, datatype === 'INT64' ? fitsInt64 : fitsUint64]
    for (let i = 0; i < values.length; i++) {
      const value = exactInteger(values[i]!)
      if (value === undefined || !fits(value)) throw bad(i)
      target[i] = value
    }
    return data
  }
  const target = data as Float64Array
  const convert = converterOf(datatype)
  for (let i = 0; i < values.length; i++) {
    const value = convert(values[i]!)
    if (value === undefined) throw bad(i)
    target[i] = value
  }
  return data
}

/** Text that reaches a model whole: onnxruntime takes UTF-8 that ends at the first NUL. */
export const isModelText = (value: WireJson): value is string =>
  typeof value === 'string' && value.isWellFormed() && !value.includes('\u0000')

const fitsInt64 = (value: bigint): boolean => BigInt.asIntN(64, value) === value
const fitsUint64 = (value: bigint): boolean => BigInt.asUintN(64, value) === value

const exactInteger = (value: WireJson): bigint | undefined => {
  if (typeof value === 'bigint') return value
  return Number.isSafeInteger(value) ? BigInt(value as number) : undefined
}

/** A number for an element of this type, or undefined where the value is none. */
function converterOf(datatype: Datatype): (value: WireJson) => number | undefined {
  switch (datatype) {
    case 'BOOL':
      return (value) =>
        value === true || value === 1 ? 1 : value === false || value === 0 ? 0 : undefined
    case 'FP64':
      return floatOf
    case 'FP32':
      return (value) => {
        const number = floatOf(value)
        const overflows =
          number !== undefined && Number.isFinite(number) && !Number.isFinite(Math.fround(number))
        return overflows ? undefined : number
      }
    case 'FP16':
      return () => undefined
    default: {
      const [least, most] = integerRange[datatype]!
      return (value) => {
        const number = typeof value === 'bigint' ? Number(value) : value
        const fits = Number.isInteger(number) && (number as number) >= least
        return fits && (number as number) <= most ? (number as number) : undefined
      }
    }
  }
}

function floatOf(value: WireJson): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value === 'bigint') {
    const number = Number(value)
    return Number.isFinite(number) ? number : undefined
  }
  return nonFinite.get(value)
}

const described: Readonly<Record<Datatype, string>> = {
  BOOL: 'true or false',
  UINT8: 'a whole number from 0 to 255',
  UINT16: 'a whole number from 0 to 65535',
  UINT32: 'a whole number from 0 to 4294967295',
  UINT64: 'an unsigned 64-bit whole number',
  INT8: 'a whole number from -128 to 127',
  INT16: 'a whole number from -32768 to 32767',
  INT32: 'a 32-bit whole number',
  INT64: 'a 64-bit whole number',
  FP16: 'readable as FP16 in JSON; send FP16 in binary form',
  FP32: 'a number that a 32-bit float can hold ("NaN" and "Infinity" may be written as text)',
  FP64: 'a number ("NaN" and "Infinity" may be written as text)',
  BYTES: 'well-formed text without NUL',
}

/** A value in the words of an error. */
export function show(value: WireJson | undefined): string {
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object' && value !== null) return 'an object'
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

/** The elements of a tensor as a flat JSON array; 64-bit integers exact, non-finite numbers as text. */
export function renderJsonData({ datatype, data }: Tensor): string {
  switch (datatype) {
    case 'BYTES':
      return JSON.stringify(data)
    case 'BOOL':
      return `[${Array.from(data as Uint8Array, (bit) => bit === 1).join()}]`
    case 'FP16':
      return renderFloats(Float64Array.from(data as Uint16Array, halfToNumber))
    case 'FP32':
    case 'FP64':
      return renderFloats(data as Float64Array)
    default:
      return `[${(data as Int32Array).join()}]`
  }
}

const renderFloats = (data: Float32Array | Float64Array): string =>
  data.every(Number.isFinite)
    ? `[${data.join()}]`
    : `[${Array.from(data, (value) => (Number.isFinite(value) ? String(value) : `"${value}"`)).join()}]`
