/** Sums by name: tokens or dollars. */
export type Usage = Readonly<Record<string, number>>

export const addUsage = (sum: Usage, more: Usage): Usage => {
  const result: Record<string, number> = { ...sum }
  for (const [key, value] of Object.entries(more)) result[key] = (result[key] ?? 0) + value
  return result
}

/** A span in the tree that usage is summed over. */
export interface UsageNode {
  readonly spanId: string
  readonly parentId: string
  readonly usage: Usage | undefined
}

/**
 * What a whole trace used. Some libraries note on a parent what its children used together; so a span counts only
 * where none of those above it does.
 */
export function totalUsage(nodes: readonly UsageNode[]): Usage | undefined {
  const using = nodes.filter(({ usage }) => usage !== undefined)
  if (using.length === 0) return undefined
  const byId = new Map(nodes.map((node) => [node.spanId, node]))
  let sum: Usage = {}
  for (const node of using) {
    if (!usedAbove(node, byId)) sum = addUsage(sum, node.usage ?? {})
  }
  return sum
}

function usedAbove(node: UsageNode, byId: ReadonlyMap<string, UsageNode>): boolean {
  const seen = new Set<string>([node.spanId])
  let above = byId.get(node.parentId)
  while (above && !seen.has(above.spanId)) {
    if (above.usage) return true
    seen.add(above.spanId)
    above = byId.get(above.parentId)
  }
  return false
}
