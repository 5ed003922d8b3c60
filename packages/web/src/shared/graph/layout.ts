/** What the layout needs to know of a node. */
export interface GraphItem {
  readonly id: string
  /** Nodes that it comes after; those that are not in the graph are left out. */
  readonly parents: Iterable<string>
}

export interface PlacedNode {
  readonly id: string
  readonly x: number
  readonly y: number
}

export interface GraphLayout {
  readonly width: number
  readonly height: number
  readonly nodes: readonly PlacedNode[]
  readonly edges: readonly { readonly from: string; readonly to: string; readonly path: string }[]
}

export const nodeWidth = 176
export const nodeHeight = 46
const columnGap = 56
const rowGap = 14
const margin = 20

/** A node's parents within the graph. */
type Parents = ReadonlyMap<string, ReadonlySet<string>>

/** Layers from left to right: each node right of all its parents, rows ordered to cross few edges. */
export function layoutGraph(items: readonly GraphItem[]): GraphLayout {
  const known = new Set(items.map(({ id }) => id))
  const parents = new Map(
    items.map(({ id, parents }) => [
      id,
      new Set([...parents].filter((parent) => parent !== id && known.has(parent))),
    ]),
  )
  const layers = orderRows(layersOf(parents), parents)
  const tallest = Math.max(0, ...layers.map((layer) => layer.length))
  const height = tallest * (nodeHeight + rowGap) - rowGap + 2 * margin
  const nodes = new Map<string, PlacedNode>()
  for (const [column, layer] of layers.entries()) {
    const top = (height - (layer.length * (nodeHeight + rowGap) - rowGap)) / 2
    for (const [row, id] of layer.entries()) {
      const x = margin + column * (nodeWidth + columnGap)
      nodes.set(id, { id, x, y: top + row * (nodeHeight + rowGap) })
    }
  }
  const edges = [...parents].flatMap(([to, from]) =>
    [...from].flatMap((parent) => {
      const [start, end] = [nodes.get(parent), nodes.get(to)]
      return start && end ? [{ from: parent, to, path: edgePath(start, end) }] : []
    }),
  )
  const width = Math.max(1, layers.length) * (nodeWidth + columnGap) - columnGap + 2 * margin
  return {
    width,
    height: Math.max(height, nodeHeight + 2 * margin),
    nodes: [...nodes.values()],
    edges,
  }
}

/** The layer of a node is one more than the deepest of its parents; a cycle, which no server sends, ends at its start. */
function layersOf(parents: Parents): string[][] {
  const depth = new Map<string, number>()
  const waiting = new Map([...parents].map(([id, before]) => [id, before.size]))
  const children = new Map<string, string[]>()
  for (const [id, before] of parents) {
    for (const parent of before) children.set(parent, [...(children.get(parent) ?? []), id])
  }
  const ready = [...parents.keys()].filter((id) => waiting.get(id) === 0)
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
  for (const id of parents.keys()) layers[depth.get(id) ?? 0]?.push(id)
  return layers
}

/** Barycentre heuristic (Sugiyama, Tagawa, Toda 1981): each node near the mean row of its parents. */
function orderRows(layers: readonly string[][], parents: Parents): readonly string[][] {
  const row = new Map<string, number>()
  return layers.map((layer) => {
    const wanted = (id: string): number => {
      const rows = [...(parents.get(id) ?? [])].map((parent) => row.get(parent) ?? 0)
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
