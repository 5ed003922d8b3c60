import { expect, it } from 'vitest'
import { adverseImpact } from './adverse-impact.ts'
import { intersectGroups } from './groups.ts'

const rows = (parts: readonly [name: string, selected: number, of: number][]) => ({
  groups: parts.flatMap(([name, , of]) => Array.from({ length: of }, () => name)),
  prediction: parts.flatMap(([, selected, of]) =>
    Array.from({ length: of }, (_, i) => (i < selected ? 1 : 0)),
  ),
})
const judged = (parts: readonly [string, number, number][], options = {}) => {
  const { groups, prediction } = rows(parts)
  return adverseImpact({ label: prediction, prediction, groups }, options)
}

it('compares with the most selected group that is large enough', () => {
  const found = judged([
    ['a', 50, 100],
    ['b', 39, 100],
    ['c', 41, 100],
    ['tiny', 3, 3],
  ])
  expect(found).toMatchObject({ status: 'ok', comparedWith: 'a', pass: false })
  if (found.status !== 'ok') return
  expect(found.groups.map(({ verdict }) => verdict)).toEqual([
    'passes',
    'impact',
    'passes',
    'too-small',
  ])
  expect(found.groups[3]!.smoothedRate).toBeLessThan(1)
  expect(found.groups[0]!.pValue).toBeNull()
  expect(found.groups[1]!.pValue).toBeGreaterThan(0.05)
})

it('is exactly four fifths at four fifths, and says when no group is large enough', () => {
  expect(
    judged([
      ['a', 50, 100],
      ['b', 40, 100],
    ]),
  ).toMatchObject({ pass: true })
  expect(judged([['a', 5, 10]])).toMatchObject({ status: 'insufficient', have: 10, need: 30 })
  expect(
    judged([
      ['a', 0, 40],
      ['b', 0, 40],
    ]),
  ).toMatchObject({ pass: true, differentialFairness: 0 })
})

it('takes intersections', () => {
  const sex = ['f', 'm', 'f', 'm']
  const race = ['x', 'x', 'y', 'y']
  const repeated = (values: readonly string[]) =>
    Array.from({ length: 160 }, (_, i) => values[i % 4]!)
  const prediction = Array.from({ length: 160 }, (_, i) => (i % 4 === 2 ? 0 : 1))
  const groups = intersectGroups([repeated(sex), repeated(race)])
  const found = adverseImpact({ label: prediction, prediction, groups })
  expect(found).toMatchObject({ pass: false })
  if (found.status !== 'ok') return
  expect(found.groups.find(({ name }) => name === 'f|y')).toMatchObject({ verdict: 'impact' })
})
