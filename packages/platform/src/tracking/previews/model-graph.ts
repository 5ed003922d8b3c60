import { type GraphPreview, KaizenError } from '@kaizen/contracts'
import { eachField, WireError } from '../../runtime/index.ts'

const mostNodes = 400
const mostNames = 64
const longestName = 200

type GraphNode = GraphPreview['nodes'][number]
type GraphValue = GraphPreview['inputs'][number]

/** Names of element types, by their number in onnx.proto. */
const elementTypes: readonly string[] = [
  'undefined',
  ...['float32', 'uint8', 'int8', 'uint16', 'int16', 'int32', 'int64', 'string', 'bool'],
  ...['float16', 'float64', 'uint32', 'uint64', 'complex64', 'complex128', 'bfloat16'],
]

/**
 * What an ONNX file (ModelProto of onnx.proto) computes. Numbers in it are not decoded, so that any size is read in
 * one pass over the names.
 * @throws INVALID_DATA when it is not such a file
 */
export function readModelGraph(bytes: Uint8Array): GraphPreview {
  try {
    return modelOf(bytes)
  } catch (failure) {
    if (!(failure instanceof WireError)) throw failure
    throw new KaizenError('INVALID_DATA', `the file is not an ONNX model: ${failure.message}`, {
      hint: 'Download it to see what it is.',
    })
  }
}

function modelOf(bytes: Uint8Array): GraphPreview {
  const operatorSets: GraphPreview['operatorSets'] = []
  let producer = ''
  let graph: Uint8Array | undefined
  eachField(bytes, (field, content) => {
    if (field === 2) producer = nameOf(content)
    if (typeof content === 'number') return
    if (field === 7) graph = content
    if (field === 8 && operatorSets.length < mostNames) operatorSets.push(operatorSetOf(content))
  })
  if (!graph) throw new WireError('it holds no graph')
  return { kind: 'graph', sizeBytes: bytes.length, producer, operatorSets, ...graphOf(graph) }
}

function graphOf(bytes: Uint8Array) {
  const nodes: GraphNode[] = []
  const inputs: GraphValue[] = []
  const outputs: GraphValue[] = []
  const sizes = new Map<string, number>()
  const constants = { count: 0, sizeBytes: 0 }
  let nodeCount = 0
  eachField(bytes, (field, content) => {
    if (typeof content === 'number') return
    if (field === 1) {
      nodeCount += 1
      if (nodes.length < mostNodes) nodes.push(nodeOf(content))
    }
    if (field === 5) {
      constants.count += 1
      constants.sizeBytes += content.length
      sizes.set(tensorName(content), content.length)
    }
    if (field === 11 && inputs.length < mostNames) inputs.push(tensorOf(content))
    if (field === 12 && outputs.length < mostNames) outputs.push(tensorOf(content))
  })
  return {
    // Files of old exporters list constants among the inputs.
    inputs: inputs.filter(({ name }) => !sizes.has(name)),
    outputs,
    nodeCount,
    nodes: nodes.map((node) => ({ ...node, sizeBytes: node.sizeBytes + taken(sizes, node) })),
    constants,
  }
}

/** Bytes of the constants that a node is the first to take. */
function taken(sizes: Map<string, number>, { inputs }: GraphNode): number {
  return inputs.reduce((sum, name) => {
    const size = sizes.get(name) ?? 0
    sizes.delete(name)
    return sum + size
  }, 0)
}

function nodeOf(bytes: Uint8Array): GraphNode {
  const inputs: string[] = []
  const outputs: string[] = []
  let name = ''
  let operator = ''
  let domain = ''
  eachField(bytes, (field, content) => {
    if (field === 1 && inputs.length < mostNames) inputs.push(nameOf(content))
    if (field === 2 && outputs.length < mostNames) outputs.push(nameOf(content))
    if (field === 3) name = nameOf(content)
    if (field === 4) operator = nameOf(content)
    if (field === 7) domain = nameOf(content)
  })
  const isOwn = domain === '' || domain === 'ai.onnx'
  return {
    name,
    operator: isOwn ? operator : `${domain}.${operator}`,
    inputs,
    outputs,
    sizeBytes: bytes.length,
  }
}

function tensorOf(bytes: Uint8Array): GraphValue {
  let name = ''
  let type = 'unknown'
  const shape: (number | string)[] = []
  eachField(bytes, (field, content) => {
    if (field === 1) name = nameOf(content)
    if (field !== 2 || typeof content === 'number') return
    eachField(content, (kind, tensor) => {
      if (kind !== 1 || typeof tensor === 'number') {
        type = kind === 1 ? type : 'sequence or map'
        return
      }
      eachField(tensor, (part, inner) => {
        if (part === 1 && typeof inner === 'number') type = elementTypes[inner] ?? `type ${inner}`
        if (part === 2 && typeof inner !== 'number') shape.push(...dimensionsOf(inner))
      })
    })
  })
  return { name, type, shape }
}

function dimensionsOf(bytes: Uint8Array): (number | string)[] {
  const sizes: (number | string)[] = []
  eachField(bytes, (field, dimension) => {
    if (field !== 1 || typeof dimension === 'number' || sizes.length === mostNames) return
    let size: number | string = ''
    eachField(dimension, (part, content) => {
      if (part === 1 && typeof content === 'number') size = content
      if (part === 2) size = nameOf(content)
    })
    sizes.push(size)
  })
  return sizes
}

function operatorSetOf(bytes: Uint8Array): { domain: string; version: number } {
  let domain = ''
  let version = 0
  eachField(bytes, (field, content) => {
    if (field === 1) domain = nameOf(content)
    if (field === 2 && typeof content === 'number') version = content
  })
  return { domain, version }
}

function tensorName(bytes: Uint8Array): string {
  let name = ''
  eachField(bytes, (field, content) => {
    if (field === 8) name = nameOf(content)
  })
  return name
}

const nameOf = (content: Uint8Array | number): string =>
  typeof content === 'number' ? '' : Buffer.from(content.subarray(0, longestName)).toString('utf8')
