import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type GraphStep, groupState, layoutGraph, nodeHeight } from './graph-layout.ts'

const step = (node: string, dependsOn: readonly string[] = [], kind = node): GraphStep => ({
  node,
  step: kind,
  state: 'succeeded',
  dependsOn,
})
const at = (layout: ReturnType<typeof layoutGraph>, id: string) => {
  const node = layout.nodes.find((one) => one.id === id)
  if (!node) throw new Error(`no node ${id}`)
  return node
}

describe('layoutGraph', () => {
  it('puts every step right of all it depends on', () => {
    const layout = layoutGraph([
      step('d', ['b', 'c']),
      step('b', ['a']),
      step('c', ['b']),
      step('a'),
    ])
    const x = (id: string) => at(layout, id).x
    expect(x('a')).toBeLessThan(x('b'))
    expect(x('b')).toBeLessThan(x('c'))
    expect(x('c')).toBeLessThan(x('d'))
    expect(layout.edges.length).toBe(4)
  })
  it('folds a fan-out of equal steps into one node, and unfolds it', () => {
    const fan = [
      step('a'),
      ...Array.from({ length: 50 }, (_, index) => step(`f${index}`, ['a'], 'fit')),
      step('z', ['f3']),
    ]
    const folded = layoutGraph(fan)
    expect(folded.nodes.length).toBe(3)
    expect(at(folded, 'group:f0').steps.length).toBe(50)
    expect(folded.edges.map((edge) => [edge.from, edge.to])).toContainEqual(['group:f0', 'z'])
    expect(layoutGraph(fan, new Set(['group:f0'])).nodes.length).toBe(52)
  })
  it('draws nothing for no steps, and ignores parents that are not in the run', () => {
    expect(layoutGraph([]).nodes).toEqual([])
    expect(layoutGraph([step('a', ['elsewhere'])]).edges).toEqual([])
  })
  it('holds for any graph: edges go right, boxes do not overlap', () => {
    const graph = fc
      .array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 30 })
      .map((parents) =>
        parents.map((parent, index) =>
          step(`n${index}`, index === 0 ? [] : [`n${parent % index}`]),
        ),
      )
    fc.assert(
      fc.property(graph, (steps) => {
        const layout = layoutGraph(steps)
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
  it('lays out a thousand steps at once', () => {
    const many = Array.from({ length: 1000 }, (_, index) =>
      step(`n${index}`, index < 10 ? [] : [`n${index - 10}`]),
    )
    const began = performance.now()
    expect(layoutGraph(many).nodes.length).toBe(1000)
    expect(performance.now() - began).toBeLessThan(500)
  })
})

it('tells of the gravest state of a group', () => {
  expect(groupState([step('a'), { ...step('b'), state: 'failed' }])).toBe('failed')
  expect(groupState([step('a'), { ...step('b'), state: 'running' }])).toBe('running')
})
