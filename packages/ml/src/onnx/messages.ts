import { BinaryWriter } from '@bufbuild/protobuf/wire'

/**
 * The messages of ONNX that models need, by the field numbers of onnx.proto (IR version 10).
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
export const dataTypes = { float: 1, uint8: 2, int64: 7, string: 8, double: 11 } as const
export type DataType = keyof typeof dataTypes

/** Types that inputs and outputs may have; constants are of the types above. */
const valueTypes = {
  ...dataTypes,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  bool: 9,
  float16: 10,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
} as const
export type ValueType = keyof typeof valueTypes

/** A constant of any type that the writer knows. */
export type Tensor =
  | { readonly type: 'string'; readonly dims: readonly number[]; readonly data: readonly string[] }
  | {
      readonly type: Exclude<DataType, 'string'>
      readonly dims: readonly number[]
      readonly data: ArrayLike<number>
    }

/** A node's attribute. Numbers are integers (`ints`) unless written as `float`. */
export type Attribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: ArrayLike<number> }
  | { readonly tensor: Tensor }

export interface GraphNode {
  readonly operator: string
  readonly domain: '' | 'ai.onnx.ml'
  readonly inputs: readonly string[]
  readonly output: string
  readonly attributes: Readonly<Record<string, Attribute>>
}

/** An input or output: a tensor whose first dimension is the batch. */
export interface GraphValue {
  readonly name: string
  readonly type: ValueType
  /** Further dimensions, after the batch. */
  readonly shape: readonly number[]
}

export interface Graph {
  readonly name: string
  readonly nodes: readonly GraphNode[]
  readonly constants: ReadonlyMap<string, Tensor>
  readonly inputs: readonly GraphValue[]
  readonly outputs: readonly GraphValue[]
}

const irVersion = 10
const operatorSets = { '': 21, 'ai.onnx.ml': 5 } as const

/** Serialises a graph as a ModelProto. */
export const encodeModel = (
  graph: Graph,
  metadata: Readonly<Record<string, string>>,
): Uint8Array => {
  const writer = new BinaryWriter()
  writer.uint32(tag(1, 0)).int64(irVersion)
  text(writer, 2, 'kaizen')
  nested(writer, 7, () => writeGraph(writer, graph))
  for (const [domain, version] of Object.entries(operatorSets)) {
    nested(writer, 8, () => {
      text(writer, 1, domain)
      writer.uint32(tag(2, 0)).int64(version)
    })
  }
  for (const [key, value] of Object.entries(metadata)) {
    nested(writer, 14, () => {
      text(writer, 1, key)
      text(writer, 2, value)
    })
  }
  return writer.finish()
}

/** Field number and wire type: 0 varint, 2 length-delimited, 5 four bytes. */
const tag = (field: number, wireType: 0 | 2 | 5): number => ((field << 3) | wireType) >>> 0

const text = (writer: BinaryWriter, field: number, value: string): void => {
  writer.uint32(tag(field, 2)).string(value)
}

const nested = (writer: BinaryWriter, field: number, write: () => void): void => {
  writer.uint32(tag(field, 2)).fork()
  write()
  writer.join()
}

const writeGraph = (writer: BinaryWriter, graph: Graph): void => {
  for (const [index, node] of graph.nodes.entries()) {
    nested(writer, 1, () => writeNode(writer, node, `${node.operator}_${index}`))
  }
  text(writer, 2, graph.name)
  for (const [name, tensor] of graph.constants) {
    nested(writer, 5, () => writeTensor(writer, tensor, name))
  }
  for (const value of graph.inputs) nested(writer, 11, () => writeValue(writer, value))
  for (const value of graph.outputs) nested(writer, 12, () => writeValue(writer, value))
}

const writeNode = (writer: BinaryWriter, node: GraphNode, name: string): void => {
  for (const input of node.inputs) text(writer, 1, input)
  text(writer, 2, node.output)
  text(writer, 3, name)
  text(writer, 4, node.operator)
  for (const [key, attribute] of Object.entries(node.attributes)) {
    nested(writer, 5, () => writeAttribute(writer, key, attribute))
  }
  if (node.domain !== '') text(writer, 7, node.domain)
}

const writeAttribute = (writer: BinaryWriter, name: string, attribute: Attribute): void => {
  text(writer, 1, name)
  if ('float' in attribute) {
    writer.uint32(tag(2, 5)).float(attribute.float)
    writer.uint32(tag(20, 0)).int32(1)
  } else if ('int' in attribute) {
    writer.uint32(tag(3, 0)).int64(attribute.int)
    writer.uint32(tag(20, 0)).int32(2)
  } else if ('tensor' in attribute) {
    nested(writer, 5, () => writeTensor(writer, attribute.tensor, name))
    writer.uint32(tag(20, 0)).int32(4)
  } else {
    const { ints } = attribute
    for (let i = 0; i < ints.length; i++) writer.uint32(tag(8, 0)).int64(ints[i]!)
    writer.uint32(tag(20, 0)).int32(7)
  }
}

const writeTensor = (writer: BinaryWriter, tensor: Tensor, name: string): void => {
  for (const size of tensor.dims) writer.uint32(tag(1, 0)).int64(size)
  writer.uint32(tag(2, 0)).int32(dataTypes[tensor.type])
  if (tensor.type === 'string') {
    for (const value of tensor.data) text(writer, 6, value)
  } else {
    writer.uint32(tag(9, 2)).bytes(rawBytes(tensor.type, tensor.data))
  }
  text(writer, 8, name)
}

/** Elements in the little-endian layout of `raw_data`. */
const rawBytes = (type: Exclude<DataType, 'string'>, data: ArrayLike<number>): Uint8Array => {
  const size = { float: 4, uint8: 1, int64: 8, double: 8 }[type]
  const view = new DataView(new ArrayBuffer(data.length * size))
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!
    if (type === 'float') view.setFloat32(i * size, value, true)
    else if (type === 'double') view.setFloat64(i * size, value, true)
    else if (type === 'int64') view.setBigInt64(i * size, BigInt(value), true)
    else view.setUint8(i, value)
  }
  return new Uint8Array(view.buffer)
}

const writeValue = (writer: BinaryWriter, value: GraphValue): void => {
  text(writer, 1, value.name)
  nested(writer, 2, () =>
    nested(writer, 1, () => {
      writer.uint32(tag(1, 0)).int32(valueTypes[value.type])
      nested(writer, 2, () => {
        nested(writer, 1, () => text(writer, 2, 'N'))
        for (const size of value.shape) {
          nested(writer, 1, () => writer.uint32(tag(1, 0)).int64(size))
        }
      })
    }),
  )
}
