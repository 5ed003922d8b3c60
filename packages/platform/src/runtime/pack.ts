import { allocate, datatypes, elementBytes, elementCount } from './datatypes.ts'
import type { Tensor } from './model.ts'

/**
 * Tensors on their way between threads: all numbers in one buffer, all text in one list, and a head of
 * `datatype, rank, dimensions...` a tensor. A message of one buffer costs a fraction of one with an array per tensor.
 */
export interface PackedTensors {
  readonly heads: readonly number[]
  readonly numbers: ArrayBuffer
  readonly texts: readonly string[]
}

/** Larger buffers are handed over; for smaller ones a copy is cheaper. */
export const transferAboveBytes = 16_384

/** Typed arrays begin at multiples of their element size; 8 suits all. */
const aligned = (bytes: number): number => (bytes + 7) & ~7

/** Packs tensors in order, copying their elements. */
export function packTensors(tensors: readonly Tensor[]): PackedTensors {
  let size = 0
  for (const { data } of tensors)
    if (ArrayBuffer.isView(data)) size = aligned(size) + data.byteLength
  const numbers = new ArrayBuffer(size)
  const heads: number[] = []
  const texts: string[] = []
  let at = 0
  for (const { datatype, shape, data } of tensors) {
    heads.push(datatypes.indexOf(datatype), shape.length, ...shape)
    if (ArrayBuffer.isView(data)) {
      at = aligned(at)
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      new Uint8Array(numbers, at, bytes.length).set(bytes)
      at += bytes.length
    } else for (const text of data as readonly string[]) texts.push(text)
  }
  return { heads, numbers, texts }
}

/** The tensors of a message; numbers stay in its buffer. */
export function unpackTensors({ heads, numbers, texts }: PackedTensors): Tensor[] {
  const tensors: Tensor[] = []
  let numberAt = 0
  let textAt = 0
  for (let i = 0; i < heads.length; ) {
    const datatype = datatypes[heads[i]!]!
    const rank = heads[i + 1]!
    const shape = heads.slice(i + 2, i + 2 + rank)
    i += 2 + rank
    const count = elementCount(shape)
    if (datatype === 'BYTES') {
      tensors.push({ datatype, shape, data: texts.slice(textAt, textAt + count) })
      textAt += count
      continue
    }
    numberAt = aligned(numberAt)
    tensors.push({ datatype, shape, data: allocate(datatype, count, numbers, numberAt) })
    numberAt += count * elementBytes[datatype]
  }
  return tensors
}
