import { describe, expect, it } from 'vitest'
import { parseStep } from './endpoint-rollouts.ts'

describe('parseStep', () => {
  it.each([
    ['0.05:10m:500', { weight: 0.05, duration: '10m', minSamples: 500 }],
    ['0.5', { weight: 0.5 }],
    ['1:1h', { weight: 1, duration: '1h' }],
  ])('%s', (text, step) => {
    expect(parseStep(text)).toEqual(step)
  })

  it.each(['', 'x', '0.1:10m:many', '0.1:10m:', '0.1:10m:5:6'])('refuses %j', (text) => {
    expect(() => parseStep(text)).toThrow(/--steps/)
  })
})
