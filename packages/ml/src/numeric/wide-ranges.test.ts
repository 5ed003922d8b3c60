import { expect, test } from 'vitest'
import { numericCells, populationStabilityIndex } from '../drift/index.ts'
import { equalEdges, sturgesEdges } from './bins.ts'

const most = Number.MAX_VALUE

test('a range of which the doubles have no number is cut into intervals all the same', () => {
  const edges = equalEdges([-most, most], 4)
  expect(edges).toHaveLength(5)
  for (const [i, edge] of [-1, -0.5, 0, 0.5, 1].entries())
    expect(edges[i]! / most).toBeCloseTo(edge, 12)
  expect(sturgesEdges([-most, most], 64)).toHaveLength(8)
})

test('values at both ends of the doubles have cells, counts and an index', () => {
  const reference = Float64Array.from({ length: 100 }, (_, i) => i)
  const current = Float64Array.from([...reference, most, -most, 1e308])
  const cells = numericCells(reference, current)
  expect(cells.edges?.every(Number.isFinite)).toBe(true)
  expect(cells.current.reduce((sum, count) => sum + count, 0)).toBe(103)
  expect(cells.reference.reduce((sum, count) => sum + count, 0)).toBe(100)
  expect(populationStabilityIndex(cells)).toMatchObject({ status: 'ok' })
})
