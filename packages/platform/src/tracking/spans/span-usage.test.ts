import { expect, it } from 'vitest'
import { totalUsage } from './span-usage.ts'

const node = (spanId: string, parentId: string, tokens?: number) => ({
  spanId,
  parentId,
  usage: tokens === undefined ? undefined : { total_tokens: tokens },
})

it('counts a span only where none above it was counted', () => {
  const nodes = [
    node('a', ''),
    node('b', 'a', 10),
    node('c', 'b', 7),
    node('d', 'a', 5),
    node('e', 'd'),
  ]
  expect(totalUsage(nodes)).toEqual({ total_tokens: 15 })
  expect(totalUsage([node('a', '')])).toBeUndefined()
})

it('ends where spans claim to be above each other', () => {
  expect(totalUsage([node('a', 'b', 1), node('b', 'a', 2)])).toEqual({})
})
