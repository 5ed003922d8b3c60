import { describe, expect, it } from 'vitest'
import { brokenGuardrail, disagreementOf, type GuardrailInput } from './guardrails.ts'

const input = (changes: Partial<GuardrailInput> = {}): GuardrailInput => ({
  guardrails: { maxErrorRate: 0.01, maxP99Ms: 250, maxDisagreement: 0.5 },
  requests: 100,
  errors: 1,
  p99Ms: 250,
  disagreement: 0.5,
  compared: 100,
  isFinal: false,
  ...changes,
})

describe('brokenGuardrail', () => {
  it('keeps values at their bounds', () => {
    expect(brokenGuardrail(input())).toBeNull()
  })
  it('says which one is broken, with numbers', () => {
    expect(brokenGuardrail(input({ errors: 2 }))).toBe(
      '2 of 100 requests failed (2 %), at most 1 % may',
    )
    expect(brokenGuardrail(input({ p99Ms: 251 }))).toContain('p99 latency 251 ms over 100 requests')
    expect(brokenGuardrail(input({ disagreement: 0.51 }))).toContain('by 0.51 of its mean answer')
  })
  it('waits for enough requests, but lets no failing candidate through at the end', () => {
    const few = { requests: 10, errors: 10, p99Ms: 900, disagreement: 3, compared: 10 }
    expect(brokenGuardrail(input(few))).toBeNull()
    expect(brokenGuardrail(input({ ...few, isFinal: true }))).toContain('10 of 10 requests failed')
    // Six rows of a quiet night are no disagreement.
    expect(brokenGuardrail(input({ ...few, errors: 0, isFinal: true }))).toBeNull()
  })
  it('takes no request for no failure, and no comparison for agreement only where none is asked', () => {
    const none = { requests: 0, errors: 0, p99Ms: null, disagreement: null, compared: 0 }
    expect(brokenGuardrail(input({ ...none, isFinal: true }))).toBeNull()
  })
})

describe('disagreementOf', () => {
  it('is the mean difference over the mean answer', () => {
    expect(disagreementOf([10, -30], [14, -26])).toEqual({ value: 0.2, rows: 2 })
  })
  it('passes over rows that one side has not answered', () => {
    expect(disagreementOf([10, Number.NaN, 10], [10, 5, Number.NaN])).toEqual({ value: 0, rows: 1 })
    expect(disagreementOf([], [])).toEqual({ value: null, rows: 0 })
  })
  it('is as large as can be where the champion answers zero and the candidate does not', () => {
    expect(disagreementOf([0, 0], [0, 0]).value).toBe(0)
    expect(disagreementOf([0, 0], [1, 0]).value).toBe(Number.MAX_VALUE)
  })
})
