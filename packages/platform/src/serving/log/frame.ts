import { crc32 } from 'node:zlib'
import { allocate, elementBytes, elementCount, type Tensor } from '../../runtime/index.ts'
import type { PredictionEntry, RecordSchema, TensorHead } from './record.ts'

/**
 * Layout of a segment: the magic, then frames of `u32 length, u32 crc32, payload`, all little-endian. A payload is a
 * schema (JSON) or the rows of one entry that refers to a schema before it in the same file, tensors as raw bytes. A
 * frame that is cut short or fails its checksum ends the segment.
 */
export const segmentMagic = Buffer.from('KZNPLOG1', 'latin1')
export const headBytes = 8
export const kinds = { schema: 1, rows: 2 } as const
export const flags = { failed: 1, timePerRow: 2, routed: 4, fresh: 8 } as const
export type DecodedFrame =
  | { readonly kind: 'schema'; readonly number: number; readonly schema: RecordSchema }
  | { readonly kind: 'rows'; readonly entry: PredictionEntry }

/**
 * Reads the frames of a segment; answers where the last whole one ends. Without elements tensors have datatypes and shapes
 * and nothing in them.
 */
export function decodeSegment(
  bytes: Buffer,
  visit: (frame: DecodedFrame, offset: number) => void,
  { elements = true }: { readonly elements?: boolean } = {},
): number {
  if (!bytes.subarray(0, segmentMagic.length).equals(segmentMagic)) return 0
  return decodeFrames(bytes, visit, { at: segmentMagic.length, schemas: new Map(), elements })
}

/** Reads frames from a place on; `schemas` are those declared before it, and take up those that are declared behind it. */
export function decodeFrames(
  bytes: Buffer,
  visit: (frame: DecodedFrame, offset: number) => void,
  {
    at,
    schemas,
    elements,
  }: {
    readonly at: number
    readonly schemas: Map<number, RecordSchema>
    readonly elements: boolean
  },
): number {
  let place = at
  while (place + headBytes < bytes.length) {
    const end = place + headBytes + bytes.readUInt32LE(place)
    if (end > bytes.length) break
    const payload = bytes.subarray(place + headBytes, end)
    if (crc32(payload) !== bytes.readUInt32LE(place + 4)) break
    const decoded = decodeFrame(payload, { schemas, elements })
    if (decoded.kind === 'schema') schemas.set(decoded.number, decoded.schema)
    visit(decoded, place)
    place = end
  }
  return place
}

function decodeFrame(
  payload: Buffer,
  {
    schemas,
    elements,
  }: { readonly schemas: ReadonlyMap<number, RecordSchema>; readonly elements: boolean },
): DecodedFrame {
  if (payload[0] === kinds.schema) {
    const { number, ...schema } = JSON.parse(payload.toString('utf8', 1)) as RecordSchema & {
      number: number
    }
    return { kind: 'schema', number, schema }
  }
  const reader = new Reader(payload, { at: 1, elements })
  const bits = reader.byte()
  const schema = schemas.get(reader.u16())
  if (!schema) throw new TypeError('a prediction refers to a schema that its segment does not hold')
  const fresh = (bits & flags.fresh) !== 0 || undefined
  const rows = reader.u32()
  const latencyMs = reader.f32()
  const at =
    (bits & flags.timePerRow) === 0
      ? reader.f64()
      : Float64Array.from({ length: rows }, () => reader.f64())
  const ids = Array.from({ length: rows }, () => reader.text())
  const error = (bits & flags.failed) === 0 ? undefined : reader.text()
  const routing =
    (bits & flags.routed) === 0
      ? undefined
      : { propensity: reader.f64(), unit: reader.text(), traceId: reader.text() }
  const inputs = reader.tensors(schema.inputs)
  const answer = error === undefined ? { outputs: reader.tensors(schema.outputs) } : { error }
  return { kind: 'rows', entry: { schema, ids, fresh, at, latencyMs, routing, inputs, answer } }
}

const nothing: readonly string[] = []

class Reader {
  readonly #buffer: Buffer
  readonly #elements: boolean
  #at: number

  constructor(
    buffer: Buffer,
    { at, elements }: { readonly at: number; readonly elements: boolean },
  ) {
    this.#buffer = buffer
    this.#elements = elements
    this.#at = at
  }

  byte(): number {
    return this.#buffer[this.#at++]!
  }

  u16(): number {
    this.#at += 2
    return this.#buffer.readUInt16LE(this.#at - 2)
  }

  u32(): number {
    this.#at += 4
    return this.#buffer.readUInt32LE(this.#at - 4)
  }

  f32(): number {
    this.#at += 4
    return this.#buffer.readFloatLE(this.#at - 4)
  }

  f64(): number {
    this.#at += 8
    return this.#buffer.readDoubleLE(this.#at - 8)
  }

  text(): string {
    return this.#take(this.u16())
  }

  tensors(heads: readonly TensorHead[]): Record<string, Tensor> {
    const tensors: Record<string, Tensor> = {}
    for (const head of heads) tensors[head.name] = this.#tensor(head)
    return tensors
  }

  #tensor({ datatype }: TensorHead): Tensor {
    const shape: number[] = []
    for (let rank = this.byte(); rank > 0; rank--) shape.push(this.u32())
    const count = elementCount(shape)
    if (!this.#elements) {
      if (datatype === 'BYTES') for (let i = 0; i < count; i++) this.#skip(this.u32())
      else this.#skip(count * elementBytes[datatype])
      return { datatype, shape, data: nothing }
    }
    if (datatype === 'BYTES') {
      const texts: string[] = []
      while (texts.length < count) texts.push(this.#take(this.u32()))
      return { datatype, shape, data: texts }
    }
    if (datatype === 'FP32' && count === 1) {
      // As most are; a copy of bytes would make two more arrays.
      const data = new Float32Array(1)
      data[0] = this.f32()
      return { datatype, shape, data }
    }
    const from = this.#buffer.byteOffset + this.#at
    this.#skip(count * elementBytes[datatype])
    const copy = this.#buffer.buffer.slice(from, this.#buffer.byteOffset + this.#at) as ArrayBuffer
    return { datatype, shape, data: allocate(datatype, count, copy) }
  }

  #skip(length: number): void {
    this.#at += length
  }

  #take(length: number): string {
    this.#at += length
    return this.#buffer.toString('utf8', this.#at - length, this.#at)
  }
}
