import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type GraphItem, layoutGraph, nodeHeight } from './layout.ts'

const node = (id: string, parents: readonly string[] = []): GraphItem => ({ id, parents })
const at = (layout: ReturnType<typeof layoutGraph>, id: string) => {
  const placed = layout.nodes.find((one) => one.id === id)
  if (!placed) throw new Error(`no node ${id}`)
  return placed
}

describe('layoutGraph', () => {
  it('puts every node right of all it depends on', () => {
    const layout = layoutGraph([
      node('d', ['b', 'c']),
      node('b', ['a']),
      node('c', ['b']),
      node('a'),
    ])
    const x = (id: string) => at(layout, id).x
    expect(x('a')).toBeLessThan(x('b'))
    expect(x('b')).toBeLessThan(x('c'))
    expect(x('c')).toBeLessThan(x('d'))
    expect(layout.edges.length).toBe(4)
  })
  it('draws nothing for no nodes, and ignores parents that are not in the graph', () => {
    expect(layoutGraph([]).nodes).toEqual([])
    expect(layoutGraph([node('a', ['elsewhere'])]).edges).toEqual([])
  })
  it('holds for any graph: edges go right, boxes do not overlap', () => {
    const graph = fc
      .array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 30 })
      .map((parents) =>
        parents.map((parent, index) =>
          node(`n${index}`, index === 0 ? [] : [`n${parent % index}`]),
        ),
      )
    fc.assert(
      fc.property(graph, (nodes) => {
        const layout = layoutGraph(nodes)
        for (const edge of layout.edges) {
          expect(at(layout, edge.from).x).toBeLessThan(at(layout, edge.to).x)
        }
        for (const a of layout.nodes) {
          for (const b of layout.nodes) {
            if (a !== b && a.x === b.x)
              expect(Math.abs(a.y - b.y)).toBeGreaterThanOrEqual(nodeHeight)
          }
        }
      }),
    )
  })
  it('lays out a thousand nodes at once', () => {
    const many = Array.from({ length: 1000 }, (_, index) =>
      node(`n${index}`, index < 10 ? [] : [`n${index - 10}`]),
    )
    const began = performance.now()
    expect(layoutGraph(many).nodes.length).toBe(1000)
    expect(performance.now() - began).toBeLessThan(500)
  })
})
