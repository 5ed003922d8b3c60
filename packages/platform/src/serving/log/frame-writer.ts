import { crc32 } from 'node:zlib'
import type { Tensor } from '../../runtime/index.ts'
import { flags, headBytes, kinds } from './frame.ts'
import type { PredictionEntry, RecordSchema } from './record.ts'

const maxTextBytes = 0xffff
const firstBytes = 4096
/** A buffer that has grown beyond this is let go of when its frames are written. */
const mostKeptBytes = 65_536
/** UTF-8 takes at most three bytes for a unit of UTF-16. */
const mostBytesOf = (text: string): number => 3 * text.length

/** Frames one after the other in a buffer that is used again: a logged row leaves nothing to the collector of garbage. */
export class FrameWriter {
  #buffer = Buffer.allocUnsafeSlow(firstBytes)
  #view = new DataView(this.#buffer.buffer)
  #at = 0

  /** The frames since they were last cleared; until then. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#at)
  }

  clear(): void {
    this.#at = 0
    if (this.#buffer.length > mostKeptBytes) this.#use(Buffer.allocUnsafeSlow(firstBytes))
  }

  /** A frame that declares schema `number` of its segment. */
  schema(number: number, schema: RecordSchema): void {
    const text = JSON.stringify({ number, ...schema })
    this.#reserve(headBytes + 1 + mostBytesOf(text))
    const start = this.#begin(kinds.schema)
    this.#at += this.#buffer.write(text, this.#at)
    this.#end(start)
  }

  /** A frame with the rows of an entry, whose schema is `number` of its segment. */
  entry(number: number, entry: PredictionEntry): void {
    const { schema, ids, at, answer, routing, inputs } = entry
    const error = 'error' in answer ? answer.error : undefined
    this.#reserve(mostBytesOfHead(entry))
    const start = this.#begin(kinds.rows)
    this.#byte(
      (error === undefined ? 0 : flags.failed) |
        (typeof at === 'number' ? 0 : flags.timePerRow) |
        (routing ? flags.routed : 0) |
        (entry.fresh ? flags.fresh : 0),
    )
    this.#view.setUint16(this.#at, number, true)
    this.#at += 2
    this.#u32(ids.length)
    this.#view.setFloat32(this.#at, entry.latencyMs, true)
    this.#at += 4
    if (typeof at === 'number') this.#f64(at)
    else for (const time of at) this.#f64(time)
    this.#texts(ids)
    if (error !== undefined) this.#text(error)
    if (routing) {
      this.#f64(routing.propensity)
      this.#text(routing.unit)
      this.#text(routing.traceId)
    }
    for (const { name } of schema.inputs) this.#tensor(inputs[name]!)
    if ('outputs' in answer)
      for (const { name } of schema.outputs) this.#tensor(answer.outputs[name]!)
    this.#end(start)
  }

  #begin(kind: number): number {
    const start = this.#at
    this.#at += headBytes
    this.#byte(kind)
    return start
  }

  #end(start: number): void {
    const payload = start + headBytes
    this.#view.setUint32(start, this.#at - payload, true)
    this.#view.setUint32(start + 4, crc32(this.#buffer.subarray(payload, this.#at)), true)
  }

  #byte(value: number): void {
    this.#buffer[this.#at++] = value
  }

  #u32(value: number): void {
    this.#view.setUint32(this.#at, value, true)
    this.#at += 4
  }

  #f64(value: number): void {
    this.#view.setFloat64(this.#at, value, true)
    this.#at += 8
  }

  /** Text behind the 16 bits of its length; ids are shorter, error messages are cut. */
  #text(value: string): void {
    const most = Math.min(mostBytesOf(value), maxTextBytes)
    const written = most === 0 ? 0 : this.#buffer.write(value, this.#at + 2, most)
    this.#view.setUint16(this.#at, written, true)
    this.#at += 2 + written
  }

  /** Many texts. Short ones of ASCII are written in one step, each behind the two bytes of its length. */
  #texts(values: readonly string[]): void {
    const whole = values.length < 2 ? '' : values.join('')
    const isPlain = Buffer.byteLength(whole) === whole.length
    if (values.length < 2 || !isPlain || values.some(({ length }) => length > 0xff)) {
      for (const value of values) this.#text(value)
      return
    }
    const joined = values.map((value) => `${String.fromCharCode(value.length, 0)}${value}`).join('')
    this.#at += this.#buffer.write(joined, this.#at, 'latin1')
  }

  #tensor({ shape, data }: Tensor): void {
    this.#reserve(1 + 4 * shape.length + (ArrayBuffer.isView(data) ? data.byteLength : 0))
    this.#byte(shape.length)
    for (const size of shape) this.#u32(size)
    if (data instanceof Float32Array && data.length === 1) {
      // Most requests are one row of such inputs; a view of the element costs more than the element.
      this.#view.setFloat32(this.#at, data[0]!, true)
      this.#at += 4
      return
    }
    if (ArrayBuffer.isView(data)) {
      this.#buffer.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), this.#at)
      this.#at += data.byteLength
      return
    }
    for (const text of data as readonly string[]) {
      this.#reserve(4 + mostBytesOf(text))
      const written = this.#buffer.write(text, this.#at + 4)
      this.#u32(written)
      this.#at += written
    }
  }

  #reserve(more: number): void {
    const needed = this.#at + more
    if (needed <= this.#buffer.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#buffer.length))
    this.#buffer.copy(grown, 0, 0, this.#at)
    this.#use(grown)
  }

  #use(buffer: Buffer<ArrayBuffer>): void {
    this.#buffer = buffer
    this.#view = new DataView(buffer.buffer)
  }
}

/** Bytes that an entry takes at most, without its tensors. */
function mostBytesOfHead({ ids, at, answer, routing }: PredictionEntry): number {
  let most = headBytes + 12 + (typeof at === 'number' ? 8 : 8 * at.length)
  for (const id of ids) most += 2 + mostBytesOf(id)
  if ('error' in answer) most += 2 + mostBytesOf(answer.error)
  if (routing) most += 12 + mostBytesOf(routing.unit) + mostBytesOf(routing.traceId)
  return most
}
