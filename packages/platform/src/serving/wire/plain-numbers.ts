import { randomUUID } from 'node:crypto'
import { allocate, type Datatype, elementCount, type Tensor } from '../../runtime/index.ts'
import { parseBody, type WireJson } from './json.ts'
import { endOfString, type NumberArray, readNumberArray } from './number-arrays.ts'

/** Smaller bodies are read faster by the plain parser. */
const leastBytes = 16_384
/** Stands for an array in the JSON that is left; nobody else can write it. */
const mark = randomUUID()

/** JSON without its long arrays of numbers, which were read straight into typed arrays. */
export interface PlainNumbers {
  readonly json: WireJson
  readonly arrays: readonly NumberArray[]
}

/** Something in a request needs the plain parser, to be read or to be refused in its words. */
export class NeedsPlainParser extends Error {}

/**
 * Reads the arrays under the key `data` apart from the rest. Undefined for small bodies and those without such arrays.
 * @throws INVALID_JSON
 */
export function readPlainNumbers(body: Buffer): PlainNumbers | undefined {
  if (body.length < leastBytes) return undefined
  const arrays: NumberArray[] = []
  const parts: Buffer[] = []
  let from = 0
  for (let at = body.indexOf('"'); at >= 0; at = body.indexOf('"', at)) {
    const end = endOfString(body, at)
    if (end === undefined) return undefined
    const start =
      end - at === 6 && body.toString('latin1', at, end) === '"data"' ? valueAt(body, end) : -1
    at = end
    if (start < 0) continue
    const found = readNumberArray(body, start)
    if (!found) return undefined
    parts.push(body.subarray(from, start), Buffer.from(`"${mark}${arrays.length}"`))
    arrays.push(found.array)
    from = found.end
    at = found.end
  }
  if (arrays.length === 0) return undefined
  parts.push(body.subarray(from))
  return { json: parseBody(Buffer.concat(parts)), arrays }
}

/** Where the array behind a key begins; -1 where another value does. */
function valueAt(body: Buffer, end: number): number {
  let at = end
  while (body[at] === 0x20) at++
  if (body[at++] !== 0x3a) return -1
  while (body[at] === 0x20) at++
  return body[at] === 0x5b ? at : -1
}

/** The array that a value stands for, if it stands for one. */
export function standsFor(
  value: WireJson | undefined,
  arrays: readonly NumberArray[],
): NumberArray | undefined {
  return typeof value === 'string' && value.startsWith(mark)
    ? arrays[Number(value.slice(mark.length))]
    : undefined
}

/** The tensor that numbers are. @throws NeedsPlainParser where they do not fit it as they stand */
export function tensorOfNumbers(
  { datatype, shape }: { readonly datatype: Datatype; readonly shape: readonly number[] },
  { values, dims }: NumberArray,
): Tensor {
  const nested = dims.length === 2
  if (nested && (shape.length !== 2 || shape[0] !== dims[0] || shape[1] !== dims[1])) {
    throw new NeedsPlainParser()
  }
  if (elementCount(shape) !== values.length || datatype === 'BYTES') throw new NeedsPlainParser()
  if (datatype === 'FP64') return { datatype, shape, data: values }
  const data = allocate(datatype, values.length)
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!
      if (!Number.isSafeInteger(value) || (value < 0 && datatype === 'UINT64')) {
        throw new NeedsPlainParser()
      }
      data[i] = BigInt(value)
    }
    return { datatype, shape, data }
  }
  if (datatype === 'FP16' || (datatype as string) === 'BF16') throw new NeedsPlainParser()
  const target = data as Float64Array
  target.set(values)
  if (datatype === 'FP32') {
    if (!target.every(Number.isFinite)) throw new NeedsPlainParser()
  } else if (
    !values.every((value, i) => target[i] === value && (datatype !== 'BOOL' || value <= 1))
  ) {
    throw new NeedsPlainParser()
  }
  return { datatype, shape, data }
}
