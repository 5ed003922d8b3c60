import { findEmptyClaim, findGrowth } from './onnx-growth.ts'
import type { OnnxProblem } from './onnx-problem.ts'
import { eachField, nested, textOf, WireError } from './onnx-wire.ts'

/** Operator sets that the runtime carries itself; anything else would need a library loaded from disk. */
const knownDomains = new Set([
  '',
  'ai.onnx',
  'ai.onnx.ml',
  'ai.onnx.preview.training',
  'ai.onnx.training',
  'com.microsoft',
  'com.microsoft.nchwc',
])
const maxDepth = 64

/**
 * Walks the messages of an ONNX file (onnx.proto) without decoding its numbers and answers the first reason to refuse
 * it: not a model, tensors kept in other files (a path that the runtime would open), operators of a library of its own, or
 * constants that would grow beyond all memory as soon as it is loaded.
 */
export function findOnnxProblem(bytes: Uint8Array): OnnxProblem | undefined {
  try {
    return checkModel(bytes)
  } catch (failure) {
    if (!(failure instanceof WireError)) throw failure
    return {
      message: `the file is not an ONNX model: ${failure.message}`,
      hint: 'Export the model again with an ONNX exporter; a pickle, a joblib file or an archive is not ONNX.',
    }
  }
}

function checkModel(bytes: Uint8Array): OnnxProblem | undefined {
  const graphs = nested(bytes, 7)
  const operatorSets = nested(bytes, 8)
  if (graphs.length === 0 || operatorSets.length === 0) {
    throw new WireError('it holds no graph')
  }
  const functions = nested(bytes, 25)
  const domains = new Set([...knownDomains, ...functions.flatMap((f) => nested(f, 10).map(textOf))])
  for (const graph of graphs) {
    const problem = checkGraph(graph, domains, 0)
    if (problem) return problem
  }
  for (const body of functions) {
    for (const node of nested(body, 7)) {
      const problem = checkNode(node, domains, 0)
      if (problem) return problem
    }
  }
  return undefined
}

function checkGraph(
  graph: Uint8Array,
  domains: ReadonlySet<string>,
  depth: number,
): OnnxProblem | undefined {
  if (depth > maxDepth) throw new WireError('its graphs are nested too deeply')
  for (const tensor of [
    ...nested(graph, 5),
    ...nested(graph, 15).flatMap((s) => nested(s, 1, 2)),
  ]) {
    const problem = checkTensor(tensor)
    if (problem) return problem
  }
  for (const node of nested(graph, 1)) {
    const problem = checkNode(node, domains, depth)
    if (problem) return problem
  }
  return findGrowth(graph)
}

function checkNode(
  node: Uint8Array,
  domains: ReadonlySet<string>,
  depth: number,
): OnnxProblem | undefined {
  const [domain = ''] = nested(node, 7).map(textOf)
  if (!domains.has(domain)) {
    const [operator = '?'] = nested(node, 4).map(textOf)
    return {
      message: `the model uses the operator ${operator} of the custom domain "${domain}"`,
      hint: 'Custom operators are not loaded; export the model with standard ONNX operators only.',
    }
  }
  for (const attribute of nested(node, 5)) {
    for (const tensor of nested(attribute, 5, 10)) {
      const problem = checkTensor(tensor)
      if (problem) return problem
    }
    for (const graph of nested(attribute, 6, 11)) {
      const problem = checkGraph(graph, domains, depth + 1)
      if (problem) return problem
    }
  }
  return undefined
}

function checkTensor(tensor: Uint8Array): OnnxProblem | undefined {
  let external = false
  eachField(tensor, (field, content) => {
    if (field === 13 || (field === 14 && content === 1)) external = true
  })
  if (!external) return findEmptyClaim(tensor)
  return {
    message: 'the model keeps tensors in other files (external data)',
    hint: 'Save it as one file: onnx.save(model, path, save_as_external_data=False).',
  }
}
