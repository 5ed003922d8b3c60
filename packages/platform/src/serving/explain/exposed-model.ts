import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire'

const graphField = 7
const outputField = 12
const bytesWire = 2

/** A model with one more output: a value of its graph (onnx.proto: ModelProto.graph, GraphProto.output). */
export function exposedModel(model: Uint8Array, value: string): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter()
  const reader = new BinaryReader(model)
  while (reader.pos < reader.len) {
    const from = reader.pos
    const [field, wire] = reader.tag()
    if (field !== graphField) {
      reader.skip(wire, field)
      writer.raw(model.subarray(from, reader.pos))
      continue
    }
    const output = new BinaryWriter().tag(1, bytesWire).string(value).finish()
    const added = new BinaryWriter().tag(outputField, bytesWire).bytes(output).finish()
    writer.tag(graphField, bytesWire).bytes(Buffer.concat([reader.bytes(), added]))
  }
  return new Uint8Array(writer.finish())
}
