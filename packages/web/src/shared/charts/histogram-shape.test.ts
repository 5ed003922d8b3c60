import { describe, expect, it } from 'vitest'
import { barsOf, stepLine } from './histogram-shape.ts'

const cells = { edges: [0, 1, 2], counts: [1, 3] }

describe('histogram', () => {
  it('fills the box with its tallest bar', () => {
    expect(barsOf(cells, 100, 30)).toEqual([
      { x: 0, y: 20, width: 49, height: 10 },
      { x: 50, y: 0, width: 49, height: 30 },
    ])
  })
  it('draws nothing for no rows', () => {
    expect(barsOf({ edges: [0, 1], counts: [0] }, 100, 30)[0]?.height).toBe(0)
    expect(stepLine({ edges: [], counts: [] }, 100, 30, 0)).toBe('')
    expect(stepLine({ edges: [0, 1], counts: [0] }, 100, 30, 1)).toBe('')
  })
  it('outlines the cells as steps', () => {
    expect(stepLine(cells, 100, 30, 0.75)).toBe('M0,20L50,20L50,0L100,0')
  })
})
