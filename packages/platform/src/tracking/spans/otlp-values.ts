import type { BinaryReader } from '@bufbuild/protobuf/wire'
import { WireType } from '@bufbuild/protobuf/wire'
import { wireBroken } from './otlp-wire.ts'

/** A value of an attribute as JSON has it; bytes are told in base64. */
export type OtlpValue =
  | string
  | number
  | boolean
  | null
  | readonly OtlpValue[]
  | { readonly [key: string]: OtlpValue }

/** Deeper values are an attack on whatever walks them. A level of a map is three messages, of which the library reads 100. */
const deepest = 30

/** Reads an AnyValue that ends at `end`. @throws INVALID_DATA */
export function readAnyValue(reader: BinaryReader, end: number, depth = 0): OtlpValue {
  if (depth > deepest) throw wireBroken(`a value is nested more than ${deepest} levels deep`)
  let value: OtlpValue = null
  while (reader.pos < end) {
    const [field, wireType] = reader.tag()
    value = readAlternative(reader, field, wireType, depth) ?? value
  }
  if (reader.pos !== end) throw wireBroken('a value ends beyond its message')
  return value
}

function readAlternative(
  reader: BinaryReader,
  field: number,
  wireType: WireType,
  depth: number,
): OtlpValue | undefined {
  if (field === 1 && wireType === WireType.LengthDelimited) return reader.string()
  if (field === 2 && wireType === WireType.Varint) return reader.bool()
  if (field === 3 && wireType === WireType.Varint) return exact(reader.int64())
  if (field === 4 && wireType === WireType.Bit64) return finite(reader.double())
  if (field === 5 && wireType === WireType.LengthDelimited) return readList(reader, depth)
  if (field === 6 && wireType === WireType.LengthDelimited) return readMap(reader, depth)
  if (field === 7 && wireType === WireType.LengthDelimited)
    return Buffer.from(reader.bytes()).toString('base64')
  reader.skip(wireType, field)
  return undefined
}

/** A 64-bit integer; as text where a number would lose digits. */
const exact = (value: bigint | string): number | string => {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : String(value)
}

const finite = (value: number): number | string => (Number.isFinite(value) ? value : String(value))

function readList(reader: BinaryReader, depth: number): readonly OtlpValue[] {
  const values: OtlpValue[] = []
  const end = lengthEnd(reader)
  while (reader.pos < end) {
    const [field, wireType] = reader.tag()
    if (field === 1 && wireType === WireType.LengthDelimited)
      values.push(readAnyValue(reader, lengthEnd(reader), depth + 1))
    else reader.skip(wireType, field)
  }
  return values
}

function readMap(reader: BinaryReader, depth: number): { readonly [key: string]: OtlpValue } {
  const entries: [string, OtlpValue][] = []
  const end = lengthEnd(reader)
  while (reader.pos < end) {
    const [field, wireType] = reader.tag()
    if (field === 1 && wireType === WireType.LengthDelimited)
      entries.push(readKeyValue(reader, lengthEnd(reader), depth + 1))
    else reader.skip(wireType, field)
  }
  return Object.fromEntries(entries)
}

/** Reads a KeyValue that ends at `end`. @throws INVALID_DATA */
export function readKeyValue(reader: BinaryReader, end: number, depth = 0): [string, OtlpValue] {
  let key = ''
  let value: OtlpValue = null
  while (reader.pos < end) {
    const [field, wireType] = reader.tag()
    if (field === 1 && wireType === WireType.LengthDelimited) key = reader.string()
    else if (field === 2 && wireType === WireType.LengthDelimited)
      value = readAnyValue(reader, lengthEnd(reader), depth)
    else reader.skip(wireType, field)
  }
  if (reader.pos !== end) throw wireBroken('an attribute ends beyond its message')
  return [key, value]
}

/** Where the length-delimited field that begins here ends. @throws INVALID_DATA */
export function lengthEnd(reader: BinaryReader): number {
  const length = reader.uint32()
  const end = reader.pos + length
  if (end > reader.len) throw wireBroken('a field ends beyond the body')
  return end
}
