import { describe, expect, it } from 'vitest'
import { isCompact, nodeRadius, ringShape } from './ring-shape.ts'

const distances = (nodes: readonly { x: number; y: number }[]) =>
  nodes.map((node, index) => {
    const next = nodes[(index + 1) % nodes.length] as { x: number; y: number }
    return Math.hypot(next.x - node.x, next.y - node.y)
  })

describe('ringShape', () => {
  it('starts at the top and goes clockwise', () => {
    const { nodes, centre } = ringShape(820, 9)
    expect(nodes[0]?.x).toBe(centre.x)
    expect(nodes[0]?.y).toBeLessThan(centre.y)
    expect(nodes[2]?.x).toBeGreaterThan(centre.x)
    expect(nodes[7]?.x).toBeLessThan(centre.x)
  })
  it('spaces nodes evenly at every width, and keeps them apart', () => {
    for (const width of [340, 640, 820, 1200]) {
      const gaps = distances(ringShape(width, 9).nodes)
      expect(Math.min(...gaps)).toBeGreaterThan(2 * nodeRadius + 8)
      expect(Math.max(...gaps) / Math.min(...gaps)).toBeLessThan(1.25)
    }
  })
  it('keeps everything inside its box', () => {
    for (const width of [340, 640, 1200]) {
      const shape = ringShape(width, 9)
      for (const node of shape.nodes) {
        expect(node.x).toBeGreaterThan(nodeRadius)
        expect(node.x).toBeLessThan(shape.width - nodeRadius)
        expect(node.y).toBeGreaterThan(nodeRadius)
        expect(node.y).toBeLessThan(shape.height - nodeRadius)
      }
    }
  })
  it('has no room for labels on a phone', () => {
    expect(isCompact(ringShape(340, 9))).toBe(true)
    expect(isCompact(ringShape(820, 9))).toBe(false)
  })
})
