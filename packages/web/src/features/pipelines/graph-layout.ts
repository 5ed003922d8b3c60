/** What the layout needs to know of a step. */
export interface GraphStep {
  readonly node: string
  readonly step: string
  readonly state: string
  readonly dependsOn: readonly string[]
}

export interface GraphNode<S extends GraphStep> {
  readonly id: string
  readonly x: number
  readonly y: number
  /** One step, or all the steps of a folded fan-out. */
  readonly steps: readonly S[]
}

export interface GraphLayout<S extends GraphStep> {
  readonly width: number
  readonly height: number
  readonly nodes: readonly GraphNode<S>[]
  readonly edges: readonly { readonly from: string; readonly to: string; readonly path: string }[]
}

export const nodeWidth = 176
export const nodeHeight = 46
const columnGap = 56
const rowGap = 14
const margin = 20
/** A fan-out of more equal steps than this is drawn as one node. */
const foldAbove = 6

interface Group<S extends GraphStep> {
  readonly id: string
  readonly steps: S[]
  readonly parents: Set<string>
}

/** Layers from left to right: each step right of all it depends on, rows ordered to cross few edges. */
export function layoutGraph<S extends GraphStep>(
  steps: readonly S[],
  unfolded: ReadonlySet<string> = new Set(),
): GraphLayout<S> {
  const groups = foldFanOuts(steps, unfolded)
  const layers = orderRows(layersOf(groups), groups)
  const tallest = Math.max(0, ...layers.map((layer) => layer.length))
  const height = tallest * (nodeHeight + rowGap) - rowGap + 2 * margin
  const nodes = new Map<string, GraphNode<S>>()
  for (const [column, layer] of layers.entries()) {
    const top = (height - (layer.length * (nodeHeight + rowGap) - rowGap)) / 2
    for (const [row, id] of layer.entries()) {
      const steps = groups.get(id)?.steps ?? []
      const x = margin + column * (nodeWidth + columnGap)
      nodes.set(id, { id, steps, x, y: top + row * (nodeHeight + rowGap) })
    }
  }
  const edges = [...groups.values()].flatMap((group) =>
    [...group.parents].map((from) => ({
      from,
      to: group.id,
      path: edgePath(nodes.get(from) as GraphNode<S>, nodes.get(group.id) as GraphNode<S>),
    })),
  )
  const width = Math.max(1, layers.length) * (nodeWidth + columnGap) - columnGap + 2 * margin
  return {
    width,
    height: Math.max(height, nodeHeight + 2 * margin),
    nodes: [...nodes.values()],
    edges,
  }
}

/** Steps that run the same code on the same parents are one group, unless asked to be shown apart. */
function foldFanOuts<S extends GraphStep>(
  steps: readonly S[],
  unfolded: ReadonlySet<string>,
): Map<string, Group<S>> {
  const known = new Set(steps.map((step) => step.node))
  const parentsOf = (step: S) => step.dependsOn.filter((parent) => known.has(parent))
  const alike = Map.groupBy(
    steps,
    (step) => `${step.step}\n${parentsOf(step).toSorted().join('\n')}`,
  )
  const groups = new Map<string, Group<S>>()
  const groupOf = new Map<string, string>()
  for (const members of alike.values()) {
    const folded = members.length > foldAbove && !unfolded.has(groupId(members))
    for (const part of folded ? [members] : members.map((step) => [step])) {
      const id = folded ? groupId(members) : (part[0] as S).node
      groups.set(id, { id, steps: part, parents: new Set() })
      for (const step of part) groupOf.set(step.node, id)
    }
  }
  for (const step of steps) {
    const group = groups.get(groupOf.get(step.node) ?? '')
    for (const parent of parentsOf(step)) {
      const from = groupOf.get(parent)
      if (group && from && from !== group.id) group.parents.add(from)
    }
  }
  return groups
}

const groupId = (members: readonly GraphStep[]): string => `group:${members[0]?.node ?? ''}`

/** The layer of a node is one more than the deepest of its parents; a cycle, which no server sends, ends at its start. */
function layersOf<S extends GraphStep>(groups: ReadonlyMap<string, Group<S>>): string[][] {
  const depth = new Map<string, number>()
  const waiting = new Map([...groups].map(([id, group]) => [id, group.parents.size]))
  const children = new Map<string, string[]>()
  for (const group of groups.values()) {
    for (const parent of group.parents)
      children.set(parent, [...(children.get(parent) ?? []), group.id])
  }
  const ready = [...groups.keys()].filter((id) => waiting.get(id) === 0)
  for (const id of ready) depth.set(id, 0)
  for (let next = ready.shift(); next !== undefined; next = ready.shift()) {
    for (const child of children.get(next) ?? []) {
      depth.set(child, Math.max(depth.get(child) ?? 0, (depth.get(next) ?? 0) + 1))
      const left = (waiting.get(child) ?? 1) - 1
      waiting.set(child, left)
      if (left === 0) ready.push(child)
    }
  }
  const deepest = Math.max(-1, ...depth.values())
  const layers = Array.from({ length: deepest + 1 }, (): string[] => [])
  for (const id of groups.keys()) layers[depth.get(id) ?? 0]?.push(id)
  return layers
}

/** Barycentre heuristic (Sugiyama, Tagawa, Toda 1981): each node near the mean row of its parents. */
function orderRows<S extends GraphStep>(
  layers: readonly string[][],
  groups: ReadonlyMap<string, Group<S>>,
): readonly string[][] {
  const row = new Map<string, number>()
  return layers.map((layer) => {
    const wanted = (id: string): number => {
      const rows = [...(groups.get(id)?.parents ?? [])].map((parent) => row.get(parent) ?? 0)
      return rows.length === 0 ? 0 : rows.reduce((sum, one) => sum + one, 0) / rows.length
    }
    const ordered = layer
      .map((id, index) => ({ id, index, wanted: wanted(id) }))
      .sort((a, b) => a.wanted - b.wanted || a.index - b.index)
      .map((entry) => entry.id)
    for (const [index, id] of ordered.entries()) row.set(id, index - ordered.length / 2)
    return ordered
  })
}

function edgePath(from: { x: number; y: number }, to: { x: number; y: number }): string {
  const start = { x: from.x + nodeWidth, y: from.y + nodeHeight / 2 }
  const end = { x: to.x, y: to.y + nodeHeight / 2 }
  const bend = Math.max(columnGap / 2, (end.x - start.x) / 2)
  return `M${start.x},${start.y}C${start.x + bend},${start.y} ${end.x - bend},${end.y} ${end.x},${end.y}`
}

/** The state of a folded fan-out: the one that a person should know of first. */
const graveness = [
  'failed',
  'retrying',
  'running',
  'queued',
  'waiting',
  'cancelled',
  'skipped',
  'succeeded',
  'cached',
]
export const groupState = (steps: readonly GraphStep[]): string =>
  graveness.find((state) => steps.some((step) => step.state === state)) ?? 'waiting'
