import { KaizenError } from '@kaizen/contracts'
import { allocate, type Datatype, elementBytes, elementCount } from '../datatypes.ts'
import type { Tensor } from '../model.ts'

/** A tensor as the head of a frame tells it; its elements are in the body, in order. */
export interface TensorHead {
  readonly name: string
  readonly datatype: string
  readonly shape: readonly number[]
  readonly bytes: number
}

/** What a worker answers. */
export interface AnswerHead {
  readonly id: number
  /** What went wrong: loading, the model itself, or an answer that its signature does not allow. */
  readonly failure?: 'load' | 'model' | 'answer'
  readonly message?: string
  /** Of a model that has been loaded: whether it can answer in parts. */
  readonly streams?: boolean
  /** There are no further parts. */
  readonly done?: boolean
  readonly outputs?: readonly TensorHead[]
}

export interface AnswerFrame {
  readonly head: AnswerHead
  readonly body: Buffer
}

const lengthBytes = 8
/** More than any answer needs; a longer one is no frame. */
const largestFrameBytes = 2 ** 31

/** A question with the elements of its tensors, ready to be written. */
export function encodeFrame(
  head: object,
  parts: readonly Uint8Array[] = [],
): readonly Uint8Array[] {
  const text = Buffer.from(JSON.stringify(head))
  const start = Buffer.alloc(lengthBytes)
  start.writeUInt32LE(text.length, 0)
  start.writeUInt32LE(
    parts.reduce((sum, { length }) => sum + length, 0),
    4,
  )
  return [start, text, ...parts]
}

/** The elements of a tensor as bytes; texts each after their length. */
export function elementsAsBytes({ data }: Tensor): Uint8Array {
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  const parts: Uint8Array[] = []
  for (const text of data as readonly string[]) {
    const bytes = Buffer.from(text)
    const length = Buffer.alloc(4)
    length.writeUInt32LE(bytes.length)
    parts.push(length, bytes)
  }
  return Buffer.concat(parts)
}

/** The tensors of an answer; false claims about their lengths are refused. @throws UNAVAILABLE */
export function tensorsOf({ head, body }: AnswerFrame): ReadonlyMap<string, Tensor> {
  const tensors = new Map<string, Tensor>()
  let at = 0
  for (const { name, datatype: named, shape, bytes } of head.outputs ?? []) {
    const datatype = named as Datatype
    const part = body.subarray(at, at + bytes)
    at += bytes
    const count = elementCount(shape)
    const data = datatype === 'BYTES' ? textsOf(part) : numbersOf(datatype, count, part)
    if (data?.length !== count) throw brokenAnswer()
    tensors.set(name, { datatype, shape, data })
  }
  return tensors
}

function numbersOf(datatype: Datatype, count: number, part: Buffer): Tensor['data'] | undefined {
  if (part.length !== count * elementBytes[datatype]) return undefined
  const own = new Uint8Array(part)
  return allocate(datatype, count, own.buffer)
}

function textsOf(part: Buffer): readonly string[] | undefined {
  const texts: string[] = []
  let at = 0
  while (at + 4 <= part.length) {
    const end = at + 4 + part.readUInt32LE(at)
    if (end > part.length) return undefined
    texts.push(part.toString('utf8', at + 4, end))
    at = end
  }
  return at === part.length ? texts : undefined
}

const brokenAnswer = (): KaizenError =>
  new KaizenError('UNAVAILABLE', 'the Python process of the model broke its protocol')

/** Cuts a stream of bytes into frames. */
export class FrameReader {
  #chunks: Buffer[] = []
  #size = 0
  #needed = lengthBytes

  /** The frames that a chunk completes. @throws UNAVAILABLE for what is no frame */
  push(chunk: Buffer): readonly AnswerFrame[] {
    const frames: AnswerFrame[] = []
    this.#chunks.push(chunk)
    this.#size += chunk.length
    while (this.#size >= this.#needed) {
      const all = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks)
      this.#chunks = [all]
      const headEnd = lengthBytes + all.readUInt32LE(0)
      const end = headEnd + all.readUInt32LE(4)
      if (end > largestFrameBytes) throw brokenAnswer()
      this.#needed = end
      if (this.#size < end) break
      const body = all.subarray(headEnd, end)
      frames.push({ head: headOf(all.subarray(lengthBytes, headEnd)), body })
      this.#chunks = [all.subarray(end)]
      this.#size -= end
      this.#needed = lengthBytes
    }
    return frames
  }
}

function headOf(text: Buffer): AnswerHead {
  try {
    return JSON.parse(text.toString()) as AnswerHead
  } catch {
    throw brokenAnswer()
  }
}
