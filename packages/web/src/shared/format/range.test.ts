import { describe, expect, it } from 'vitest'
import { presetOf } from './range.ts'

describe('presetOf', () => {
  it('knows a preset by its length, and all by its absence', () => {
    expect(presetOf({})).toBe('All')
    expect(presetOf({ from: 0, to: 7 * 86_400_000 })).toBe('7 d')
    expect(presetOf({ from: 0, to: 5 })).toBeUndefined()
    expect(presetOf({ from: 5 })).toBeUndefined()
  })
})
