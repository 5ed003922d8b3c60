import { expect, it } from 'vitest'
import { randomIds } from './ids.ts'

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

it('makes identifiers that are all different and rise, also within a millisecond and when a clock goes back', () => {
  const now0 = 1_700_000_000_000
  let now = now0 + 1
  const ids = randomIds(() => now)
  const made: string[] = []
  for (let i = 0; i < 5000; i++) {
    if (i % 3 === 0) now += i % 7 === 0 ? -1 : 1
    made.push(ids.next('inf'))
  }
  expect(made.every((id) => /^inf_[0-9a-hjkmnp-tv-z]{26}$/.test(id))).toBe(true)
  expect(new Set(made).size).toBe(made.length)
  expect(made.toSorted()).toEqual(made)
  const decoded = [...made[0]!.slice(4, 14)].map((c) => alphabet.indexOf(c))
  expect(decoded.reduce((sum, digit) => sum * 32 + digit, 0)).toBe(now0)
})

it('draws from another pool for each maker', () => {
  const now = (): number => 5
  const [one, other] = [randomIds(now), randomIds(now)]
  const made = Array.from({ length: 600 }, () => [one.next('a'), other.next('a')]).flat()
  expect(new Set(made).size).toBe(made.length)
})
