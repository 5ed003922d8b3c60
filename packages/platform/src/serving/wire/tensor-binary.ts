import { allocate, type Datatype, elementBytes, type Tensor } from '../../runtime/index.ts'
import { checkedCount, invalidTensor, isModelText } from './tensor-json.ts'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Decodes a tensor of the binary tensor data extension: little-endian, row-major; BYTES as 32-bit length and content.
 * https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
 * @throws INVALID_TENSOR
 */
export function decodeBinaryTensor(
  where: string,
  head: { readonly datatype: Datatype; readonly shape: readonly number[] },
  bytes: Uint8Array,
): Tensor {
  const { datatype, shape } = head
  const count = checkedCount(where, shape)
  if (datatype === 'BYTES') return { datatype, shape, data: decodeTexts(where, bytes, count) }
  const expected = count * elementBytes[datatype]
  if (bytes.length !== expected) {
    throw invalidTensor(
      where,
      `the shape [${shape.join(', ')}] of ${datatype} takes ${expected} bytes, but binary_data_size is ${bytes.length}`,
    )
  }
  if (count === 1 && datatype === 'FP32') return { datatype, shape, data: oneFloat(bytes) }
  // A copy of its own: what arrived may lie unaligned in a larger buffer.
  const data = allocate(datatype, count) as Uint8Array
  new Uint8Array(data.buffer).set(bytes)
  if (datatype === 'BOOL' && data.some((byte) => byte > 1)) {
    throw invalidTensor(where, 'a BOOL is a byte of 0 or 1')
  }
  return { datatype, shape, data }
}

const scratch = new Float32Array(1)
const scratchBytes = new Uint8Array(scratch.buffer)

/** Most requests are one row of such inputs; an array whose buffer nobody asks for costs a fraction of another. */
function oneFloat(bytes: Uint8Array): Float32Array {
  for (let i = 0; i < 4; i++) scratchBytes[i] = bytes[i]!
  const data = new Float32Array(1)
  data[0] = scratch[0]!
  return data
}

function decodeTexts(where: string, bytes: Uint8Array, count: number): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const texts: string[] = []
  let at = 0
  for (let i = 0; i < count; i++) {
    const end = at + 4 <= bytes.length ? at + 4 + view.getUint32(at, true) : Number.NaN
    if (!(end <= bytes.length)) throw invalidTensor(where, `element ${i} goes beyond the data`)
    try {
      texts.push(decoder.decode(bytes.subarray(at + 4, end)))
    } catch {
      throw invalidTensor(where, `element ${i} is not UTF-8 text`, 'ONNX strings are UTF-8.')
    }
    if (!isModelText(texts[i]!)) throw invalidTensor(where, `element ${i} holds a NUL`)
    at = end
  }
  if (at !== bytes.length) {
    throw invalidTensor(where, `${bytes.length - at} bytes are left after its ${count} elements`)
  }
  return texts
}

/** The elements of a tensor in binary form. */
export function encodeBinaryTensor({ data }: Tensor): Uint8Array {
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  const texts = data as readonly string[]
  // UTF-8 takes at most three bytes for each unit of a string.
  let most = 4 * texts.length
  for (const text of texts) most += 3 * text.length
  const bytes = Buffer.allocUnsafe(most)
  let at = 0
  for (const text of texts) {
    const length = bytes.write(text, at + 4)
    bytes.writeUInt32LE(length, at)
    at += 4 + length
  }
  return bytes.subarray(0, at)
}
