import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'

/** Element types that are understood, by their number in onnx.proto. */
const elementTypes = {
  1: 'float',
  2: 'uint8',
  7: 'int64',
  8: 'string',
  9: 'bool',
  11: 'double',
} as const
export type ElementType = (typeof elementTypes)[keyof typeof elementTypes]

/** A constant of a graph; 64-bit integers are numbers, which holds for labels and shapes up to 2^53. */
export interface GraphTensor {
  readonly type: ElementType
  readonly dims: readonly number[]
  readonly data: readonly (number | string)[]
}

export interface GraphAttribute {
  readonly int: number
  readonly float: number
  readonly text: string
  readonly ints: readonly number[]
  readonly floats: readonly number[]
  readonly texts: readonly string[]
  readonly tensor: GraphTensor | undefined
}

export interface OnnxNode {
  readonly operator: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: ReadonlyMap<string, GraphAttribute>
}

/** An input or output as the file declares it. */
export interface GraphValue {
  readonly name: string
  /** By its number in onnx.proto; 0 for what is no tensor. */
  readonly elementType: number
  /** -1 for a dimension without a size; undefined where no shape is declared. */
  readonly shape: readonly number[] | undefined
}

/** The nodes of a model in the order of computation, with its constants. */
export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[]
  readonly constants: ReadonlyMap<string, GraphTensor>
  readonly inputs: readonly GraphValue[]
  readonly outputs: readonly GraphValue[]
  readonly irVersion: number
  /** Versions of the operator sets by domain. */
  readonly operatorSets: ReadonlyMap<string, number>
  /** Whether the file holds what is not read here: functions, graphs inside of nodes, sparse or quantised tensors. */
  readonly holdsMore: boolean
}

/** Why a graph cannot be read; the caller says which target that rules out. */
export class UnreadableGraph extends Error {}

/**
 * Reads the graph of a model that the runtime has loaded already (onnx.proto, IR version 10).
 * @param mostConstantBytes constants that take more in the file are left out; none unless told
 * @throws UnreadableGraph for tensors of other types
 */
export function readOnnxGraph(
  bytes: Uint8Array,
  mostConstantBytes = Number.POSITIVE_INFINITY,
): OnnxGraph {
  const nodes: OnnxNode[] = []
  const constants = new Map<string, GraphTensor>()
  const [inputs, outputs]: GraphValue[][] = [[], []]
  const operatorSets = new Map<string, number>()
  let irVersion = 0
  let holdsMore = false
  const more = (reader: BinaryReader, wire: WireType, field: number): void => {
    holdsMore = true
    reader.skip(wire, field)
  }
  eachOf(bytes, {
    1: (reader) => {
      irVersion = Number(reader.int64())
    },
    7: (graph) =>
      eachOf(graph.bytes(), {
        1: (reader) => {
          const { node, isNested } = readNode(reader.bytes())
          nodes.push(node)
          holdsMore ||= isNested
        },
        5: (reader) => {
          const constant = reader.bytes()
          if (constant.length > mostConstantBytes) return
          const { name, tensor } = readTensor(constant)
          constants.set(name, tensor)
        },
        11: (reader) => inputs!.push(readValue(reader.bytes())),
        12: (reader) => outputs!.push(readValue(reader.bytes())),
        14: more,
        15: more,
      }),
    8: (reader) => readOperatorSet(reader.bytes(), operatorSets),
    20: more,
    25: more,
  })
  return {
    nodes,
    constants,
    inputs: inputs!,
    outputs: outputs!,
    irVersion,
    operatorSets,
    holdsMore,
  }
}

function readOperatorSet(bytes: Uint8Array, into: Map<string, number>): void {
  let domain = ''
  let version = 0
  eachOf(bytes, {
    1: (reader) => {
      domain = reader.string()
    },
    2: (reader) => {
      version = Number(reader.int64())
    },
  })
  into.set(domain === 'ai.onnx' ? '' : domain, version)
}

function readValue(bytes: Uint8Array): GraphValue {
  let name = ''
  let elementType = 0
  let shape: number[] | undefined
  const dimension = (dim: Uint8Array): number => {
    let size = -1
    eachOf(dim, {
      1: (reader) => {
        size = Number(reader.int64())
      },
    })
    return size
  }
  const tensorType = (reader: BinaryReader): void =>
    eachOf(reader.bytes(), {
      1: (inner) => {
        elementType = inner.int32()
      },
      2: (inner) => {
        const dims: number[] = []
        eachOf(inner.bytes(), { 1: (dim) => dims.push(dimension(dim.bytes())) })
        shape = dims
      },
    })
  eachOf(bytes, {
    1: (reader) => {
      name = reader.string()
    },
    2: (reader) => eachOf(reader.bytes(), { 1: tensorType }),
  })
  return { name, elementType, shape }
}

type Readers = Readonly<
  Record<number, (reader: BinaryReader, wire: WireType, field: number) => unknown>
>

/** Reads one message, field by field; fields without a reader are skipped. */
function eachOf(bytes: Uint8Array, readers: Readers): void {
  const reader = new BinaryReader(bytes)
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag()
    const read = readers[field]
    if (read) read(reader, wire, field)
    else reader.skip(wire, field)
  }
}

function readNode(bytes: Uint8Array): { readonly node: OnnxNode; readonly isNested: boolean } {
  let isNested = false
  const inputs: string[] = []
  const outputs: string[] = []
  const attributes = new Map<string, GraphAttribute>()
  let name = ''
  let domain = ''
  eachOf(bytes, {
    1: (reader) => inputs.push(reader.string()),
    2: (reader) => outputs.push(reader.string()),
    4: (reader) => {
      name = reader.string()
    },
    5: (reader) => {
      if (readAttribute(reader.bytes(), attributes)) isNested = true
    },
    7: (reader) => {
      domain = reader.string()
    },
  })
  const operator = domain === '' || domain === 'ai.onnx' ? name : `${domain}.${name}`
  return { node: { operator, inputs, outputs, attributes }, isNested }
}

/** Answers whether it holds what is not read: graphs, lists of tensors, or a reference. */
function readAttribute(bytes: Uint8Array, into: Map<string, GraphAttribute>): boolean {
  let name = ''
  let isNested = false
  const nested = (reader: BinaryReader, wire: WireType, field: number): void => {
    isNested = true
    reader.skip(wire, field)
  }
  let int = 0
  let float = 0
  let text = ''
  let tensor: GraphTensor | undefined
  const ints: number[] = []
  const floats: number[] = []
  const texts: string[] = []
  eachOf(bytes, {
    1: (reader) => {
      name = reader.string()
    },
    2: (reader) => {
      float = reader.float()
    },
    3: (reader) => {
      int = Number(reader.int64())
    },
    4: (reader) => {
      text = reader.string()
    },
    5: (reader) => {
      tensor = readTensor(reader.bytes()).tensor
    },
    6: nested,
    7: (reader, wire) => repeated(reader, wire, () => floats.push(reader.float())),
    8: (reader, wire) => readIntegers(bytes, { reader, wire }, ints),
    9: (reader) => texts.push(reader.string()),
    10: nested,
    11: nested,
    21: nested,
    22: nested,
  })
  into.set(name, { int, float, text, ints, floats, texts, tensor })
  return isNested
}

function readTensor(bytes: Uint8Array): { readonly name: string; readonly tensor: GraphTensor } {
  const dims: number[] = []
  const texts: string[] = []
  const numbers: number[] = []
  let raw: Uint8Array | undefined
  let code = 0
  let name = ''
  eachOf(bytes, {
    1: (reader, wire) => readIntegers(bytes, { reader, wire }, dims),
    2: (reader) => {
      code = reader.int32()
    },
    4: (reader, wire) => repeated(reader, wire, () => numbers.push(reader.float())),
    5: (reader, wire) => repeated(reader, wire, () => numbers.push(reader.int32())),
    6: (reader) => texts.push(reader.string()),
    7: (reader, wire) => readIntegers(bytes, { reader, wire }, numbers),
    8: (reader) => {
      name = reader.string()
    },
    9: (reader) => {
      raw = reader.bytes()
    },
    10: (reader, wire) => repeated(reader, wire, () => numbers.push(reader.double())),
    13: () => {
      throw new UnreadableGraph(`the constant ${name} lies in another file`)
    },
  })
  const type = elementTypes[code as keyof typeof elementTypes]
  if (type === undefined) throw new UnreadableGraph(`the constant ${name} has element type ${code}`)
  const data = type === 'string' ? texts : raw === undefined ? numbers : rawNumbers(type, raw)
  if (data.length !== dims.reduce((product, size) => product * size, 1)) {
    throw new UnreadableGraph(`the constant ${name} does not hold what its shape says`)
  }
  return { name, tensor: { type, dims, data } }
}

interface Place {
  readonly reader: BinaryReader
  readonly wire: WireType
}

function readIntegers(bytes: Uint8Array, { reader, wire }: Place, into: number[]): void {
  repeated(reader, wire, () => {
    // Most are small, and a 64-bit integer made for each would take most of the time of reading a file.
    const byte = bytes[reader.pos]
    if (byte !== undefined && byte < 0x80) {
      reader.pos++
      into.push(byte)
      return
    }
    const next = bytes[reader.pos + 1]
    if (byte !== undefined && next !== undefined && next < 0x80) {
      reader.pos += 2
      into.push((byte & 0x7f) | (next << 7))
      return
    }
    const value = Number(reader.int64())
    if (!Number.isSafeInteger(value)) {
      throw new UnreadableGraph(`the integer ${value} is beyond 2^53`)
    }
    into.push(value)
  })
}

/** Elements one by one, or packed. */
function repeated(reader: BinaryReader, wire: WireType, read: () => void): void {
  if (wire !== WireType.LengthDelimited) {
    read()
    return
  }
  const end = reader.uint32() + reader.pos
  while (reader.pos < end) read()
}

const sizes = { float: 4, uint8: 1, int64: 8, bool: 1, double: 8 } as const

/** Elements of `raw_data`, little-endian. */
function rawNumbers(type: keyof typeof sizes, raw: Uint8Array): readonly number[] {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength)
  const size = sizes[type]
  const numbers: number[] = []
  for (let at = 0; at + size <= raw.byteLength; at += size) {
    if (type === 'float') numbers.push(view.getFloat32(at, true))
    else if (type === 'double') numbers.push(view.getFloat64(at, true))
    else if (type === 'int64') numbers.push(Number(view.getBigInt64(at, true)))
    else numbers.push(view.getUint8(at))
  }
  return numbers
}
