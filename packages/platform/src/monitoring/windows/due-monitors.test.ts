import { expect, it } from 'vitest'
import { inTurn } from './due-monitors.ts'

const names = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => String(i))

it.each([0, 1, 2, 7, 60, 1000])('brings each of %i names once, whatever the server', (count) => {
  for (const place of [0, 1, 59, 60, 4_294_967_295]) {
    const order = [...inTurn(names(count), place)]
    expect(order.toSorted()).toEqual(names(count).toSorted())
  }
})

it('keeps the order where one server is alone', () => {
  expect([...inTurn(names(20), 0)]).toEqual(names(20))
})

it('lets servers meet seldom', () => {
  const [one, two] = [[...inTurn(names(1000), 123_456)], [...inTurn(names(1000), 987_654_321)]]
  const together = one.filter((name, i) => two[i] === name)
  expect(together.length).toBeLessThan(20)
})
