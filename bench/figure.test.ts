import { describe, expect, it } from 'vitest'
import { type Figure, isReached } from './figure.ts'

const figure = (kaizen: number, more: Partial<Figure>): Figure => ({
  what: 'a',
  unit: 'ms',
  kaizen,
  ...more,
})

describe('a figure', () => {
  it('keeps a bound on itself up to the bound', () => {
    const reach = { of: 'figure', atMost: 700 } as const
    expect(isReached(figure(700, { reach }))).toBe(true)
    expect(isReached(figure(700.1, { reach }))).toBe(false)
  })

  it('keeps a bound on the ratio to its peer', () => {
    const peer = { name: 'peer', value: 10 }
    const reach = { of: 'ratio', atLeast: 2 } as const
    expect(isReached(figure(20, { peer, reach }))).toBe(true)
    expect(isReached(figure(19, { peer, reach }))).toBe(false)
  })

  it('is neither reached nor missed without a bound, or without the peer that it is about', () => {
    expect(isReached(figure(1, {}))).toBeUndefined()
    expect(isReached(figure(1, { reach: { of: 'ratio', atMost: 1 } }))).toBeUndefined()
  })
})
