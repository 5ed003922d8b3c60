import type { EnsembleDeclaration, EnsembleNode, ModelSignature } from '@kaizen/contracts'

/** Where a tensor of the graph comes from. */
export type Ref =
  | { readonly from: 'input'; readonly name: string }
  /** The only output of the node where none is named. */
  | { readonly from: 'node'; readonly node: string; readonly output: string | undefined }

const inputs = 'input.'

export function parseRef(text: string): Ref {
  if (text.startsWith(inputs)) return { from: 'input', name: text.slice(inputs.length) }
  const dot = text.indexOf('.')
  if (dot === -1) return { from: 'node', node: text, output: undefined }
  return { from: 'node', node: text.slice(0, dot), output: text.slice(dot + 1) }
}

/** What a node takes, by the names that it knows the tensors by. */
export function takenBy(
  node: EnsembleNode,
  signature: ModelSignature | undefined,
): readonly { readonly name: string; readonly ref: string }[] {
  const named = (refs: readonly string[]) => refs.map((ref, i) => ({ name: String(i), ref }))
  switch (node.kind) {
    case 'model':
      return (signature?.inputs ?? []).map(({ name }) => ({
        name,
        ref: own(node.inputs, name) ?? `${inputs}${name}`,
      }))
    case 'step':
      return Object.keys(node.in).map((name) => ({
        name,
        ref: own(node.inputs, name) ?? `${inputs}${name}`,
      }))
    case 'average':
    case 'vote':
    case 'concatenate':
      return named(node.of)
    case 'split':
      return named([node.of])
    case 'select':
      return named([node.by, ...node.cases.map(({ take }) => take), node.otherwise])
  }
}

const own = (record: Readonly<Record<string, string>> | undefined, name: string) =>
  record && Object.hasOwn(record, name) ? record[name] : undefined

/** Nodes so that each comes after those it takes from, or the way round a circle. */
export function sortedNodes(
  declaration: EnsembleDeclaration,
  dependencies: (node: string) => readonly string[],
): { readonly order: readonly string[] } | { readonly circle: readonly string[] } {
  const order: string[] = []
  const done = new Set<string>()
  const path: string[] = []
  const visit = (node: string): readonly string[] | undefined => {
    if (done.has(node)) return undefined
    const at = path.indexOf(node)
    if (at !== -1) return [...path.slice(at), node]
    path.push(node)
    for (const next of dependencies(node)) {
      const circle = visit(next)
      if (circle) return circle
    }
    path.pop()
    done.add(node)
    order.push(node)
    return undefined
  }
  for (const node of Object.keys(declaration.nodes)) {
    const circle = visit(node)
    if (circle) return { circle }
  }
  return { order }
}
