import type { ModelSignature, TensorSpec } from '@kaizen/contracts'
import { datatypeOfElement } from '../datatypes.ts'
import { type GraphValue, type OnnxGraph, UnreadableGraph } from '../onnx/onnx-graph.ts'
import { Compiling, NodeContext, type Operator } from './compiling.ts'
import { elementwiseOperators } from './operators/elementwise.ts'
import { encoderOperators } from './operators/encoders.ts'
import { linearOperators } from './operators/linear.ts'
import { scalingOperators } from './operators/scaling.ts'
import { shapeOperators } from './operators/shape.ts'
import { softmaxOperators } from './operators/softmax.ts'
import { treeOperators } from './operators/trees.ts'
import type { Operand, Step, ValueType } from './values.ts'

const operators = new Map<string, Operator>(
  [
    elementwiseOperators,
    encoderOperators,
    linearOperators,
    scalingOperators,
    shapeOperators,
    softmaxOperators,
    treeOperators,
  ].flatMap((each) => Object.entries(each)),
)

/** Versions whose meaning the operators have here. */
const irVersions = { from: 3, to: 13 }
const operatorSets: Readonly<Record<string, { readonly from: number; readonly to: number }>> = {
  '': { from: 7, to: 25 },
  'ai.onnx.ml': { from: 1, to: 5 },
}

/** A model as steps over the rows of a request. */
export interface KernelProgram {
  readonly signature: ModelSignature
  readonly steps: readonly Step[]
  /** Values of a frame; the inputs are the first. */
  readonly valueCount: number
  /** By output of the signature: the value and its shape. */
  readonly outputs: readonly { readonly value: number; readonly operand: Operand }[]
  readonly inputs: readonly ValueType[]
  readonly costPerRowUs: number
}

const inputTypes: Readonly<Record<string, ValueType>> = {
  FP32: 'float',
  FP64: 'double',
  INT64: 'int64',
  BYTES: 'string',
}
const outputTypes: Readonly<Record<ValueType, string>> = {
  float: 'FP32',
  double: 'FP64',
  int64: 'INT64',
  bool: 'BOOL',
  string: 'BYTES',
}

/**
 * Makes a program of a model whose every operator, type and attribute is understood, and that has trees or a linear
 * model in it.
 * @throws UnreadableGraph, or another error of a forest that is damaged: the model is none for the kernel then
 */
export function compileKernel(graph: OnnxGraph): KernelProgram {
  if (graph.holdsMore) throw new UnreadableGraph('it holds more than a graph of operators')
  if (graph.irVersion < irVersions.from || graph.irVersion > irVersions.to) {
    throw new UnreadableGraph(`its version is ${graph.irVersion}`)
  }
  for (const [domain, version] of graph.operatorSets) {
    const known = operatorSets[domain]
    if (known && (version < known.from || version > known.to)) {
      throw new UnreadableGraph(`it uses version ${version} of the operators ${domain}`)
    }
  }
  const compiling = new Compiling(graph)
  const inputs = graph.inputs.map((value) => addInput(compiling, value))
  for (const node of graph.nodes) {
    const operator = operators.get(node.operator)
    if (!operator) throw new UnreadableGraph(`it uses the operator ${node.operator}`)
    operator(new NodeContext(compiling, node))
  }
  if (!compiling.holdsModel) throw new UnreadableGraph('it holds no trees and no linear model')
  if (inputs.length === 0 || graph.outputs.length === 0)
    throw new UnreadableGraph('it has no inputs')
  const outputs = graph.outputs.map((value) => readOutput(compiling, value))
  return {
    signature: { inputs: inputs.map(({ spec }) => spec), outputs: outputs.map(({ spec }) => spec) },
    steps: compiling.steps,
    valueCount: compiling.valueCount,
    outputs,
    inputs: inputs.map(({ type }) => type),
    costPerRowUs: compiling.costPerRowUs,
  }
}

function addInput(
  compiling: Compiling,
  { name, elementType, shape }: GraphValue,
): { readonly spec: TensorSpec; readonly type: ValueType } {
  const datatype = datatypeOfElement(elementType)
  const type = inputTypes[datatype ?? '']
  const [rows, width] = shape ?? []
  if (datatype === undefined || type === undefined) {
    throw new UnreadableGraph(`its input "${name}" has the element type ${elementType}`)
  }
  if (shape?.length !== 2 || rows !== -1 || width === undefined || width < 1) {
    throw new UnreadableGraph(`its input "${name}" has the shape [${String(shape)}]`)
  }
  const { operand } = compiling.fresh({ type, width, rank: 2, isSingle: type === 'float' })
  compiling.name(name, operand)
  return { spec: { name, datatype, shape: [-1, width] }, type }
}

function readOutput(
  compiling: Compiling,
  { name, elementType, shape }: GraphValue,
): { readonly spec: TensorSpec; readonly value: number; readonly operand: Operand } {
  const operand = compiling.operand(name)
  const datatype = datatypeOfElement(elementType)
  if (datatype === undefined || datatype !== outputTypes[operand.type]) {
    throw new UnreadableGraph(`its output "${name}" has the element type ${elementType}`)
  }
  const [rows, width] = shape ?? []
  const isRight = operand.rank === 1 ? width === undefined : width === operand.width
  // LightGBM's converter says of any number of labels that they are one.
  const isFree = rows === -1 || (rows === 1 && operand.rank === 1)
  if (shape?.length !== operand.rank || !isFree || !isRight || operand.rank === 3) {
    throw new UnreadableGraph(`its output "${name}" has the shape [${String(shape)}]`)
  }
  return { spec: { name, datatype, shape: [...shape] }, value: compiling.solid(operand), operand }
}
