import { gateRule } from '@kaizen/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decideGate } from './gate.ts'
import type { GateInput, Predictions } from './model.ts'

const rows = 168
const actuals = Array.from({ length: rows }, (_, row) => 100 + 50 * Math.sin(row))
/** Answers that are wrong by `error`, above and below in turn. */
const wrongBy = (error: number): Predictions => ({
  task: 'regression',
  values: Float64Array.from(actuals, (actual, row) => actual + (row % 2 === 0 ? error : -error)),
})
const input = (changes: Partial<GateInput> = {}, rule: object = {}): GateInput => ({
  rule: gateRule.parse({ metric: 'mae', ...rule }),
  actuals,
  candidate: wrongBy(8),
  champion: { kind: 'scored', version: 3, predictions: wrongBy(10) },
  latencyMs: null,
  sizeBytes: null,
  seed: 1,
  ...changes,
})
const failed = (decision: ReturnType<typeof decideGate>): readonly string[] =>
  decision.checks.filter((check) => !check.passed).map((check) => check.name)

describe('decideGate', () => {
  it('passes a candidate that is better on the same rows, with every number', () => {
    const decision = decideGate(input())
    expect(decision.passed).toBe(true)
    expect(decision.rows).toBe(rows)
    expect(decision.candidate.mae).toBeCloseTo(8, 9)
    expect(decision.champion?.mae).toBeCloseTo(10, 9)
    expect(decision.improvement?.estimate).toBeCloseTo(0.2, 9)
    expect(decision.improvement?.lower).toBeCloseTo(0.2, 9)
    expect(decision.summary).toContain("mae 8 against the champion's 10: better by 20 %")
  })

  it('refuses a candidate that is as good as the champion', () => {
    const decision = decideGate(input({ candidate: wrongBy(10) }))
    expect(decision.passed).toBe(false)
    expect(failed(decision)).toEqual(['improvement'])
  })

  it('asks for the lower bound, not the estimate, where a confidence is set', () => {
    // Better by one unit on average, but in a fifth of the rows much worse.
    const noisy: Predictions = {
      task: 'regression',
      values: Float64Array.from(actuals, (actual, row) => actual + (row % 5 === 0 ? 41 : 1)),
    }
    const byEstimate = decideGate(input({ candidate: noisy }))
    const byBound = decideGate(input({ candidate: noisy }, { confidence: 0.95 }))
    expect(byEstimate.passed).toBe(true)
    expect(byBound.passed).toBe(false)
    expect(byBound.improvement?.lower).toBeLessThan(0)
    expect(byBound.improvement?.estimate).toBeGreaterThan(0)
  })

  it('keeps minImprovement as a strict bound', () => {
    expect(decideGate(input({}, { minImprovement: 0.19 })).passed).toBe(true)
    expect(decideGate(input({}, { minImprovement: 0.21 })).passed).toBe(false)
  })

  it('decides by floors alone where there is no champion', () => {
    const alone = { champion: { kind: 'none' } } as const
    expect(decideGate(input(alone, { floors: [{ metric: 'mae', max: 9 }] })).passed).toBe(true)
    const refused = decideGate(input(alone, { floors: [{ metric: 'mae', max: 7 }] }))
    expect(failed(refused)).toEqual(['floor:mae'])
    expect(refused.summary).toBe('refused: mae 8 is not at most 7')
    expect(refused.champion).toBeNull()
  })

  it('says not comparable when the champion cannot be scored', () => {
    const decision = decideGate(
      input({ champion: { kind: 'unscored', version: 3, reason: 'it asks for "humidity"' } }),
    )
    expect(decision.passed).toBe(false)
    expect(decision.summary).toContain('not comparable: champion v3 cannot answer these rows')
    expect(decision.summary).toContain('humidity')
  })

  it('refuses too few rows, and counts only rows with a truth', () => {
    const decision = decideGate(input({ actuals: actuals.map((a, row) => (row < 12 ? a : null)) }))
    expect(failed(decision)).toEqual(['rows'])
    expect(decision.summary).toContain('not enough data: 12 of 30 labelled rows')
  })

  it('keeps latency and size limits, and refuses what was not measured', () => {
    const rule = { maxLatencyMs: 5, maxSizeBytes: 1000 }
    expect(decideGate(input({ latencyMs: 4, sizeBytes: 1000 }, rule)).passed).toBe(true)
    expect(failed(decideGate(input({ latencyMs: 6, sizeBytes: 1001 }, rule)))).toEqual([
      'latency',
      'size',
    ])
    expect(failed(decideGate(input({ sizeBytes: 1 }, rule)))).toEqual(['latency'])
  })

  it('judges labels by accuracy and probabilities by log loss', () => {
    const truths = Array.from({ length: 100 }, (_, row) => row % 2)
    const sure = (share: number): Predictions => ({
      task: 'classification',
      labels: truths.map((truth, row) => String(row % 10 < share * 10 ? truth : 1 - truth)),
      probabilities: Float64Array.from(truths, (truth) => (truth === 1 ? share : 1 - share)),
    })
    const classify = {
      actuals: truths,
      candidate: sure(0.9),
      champion: { kind: 'scored', version: 1, predictions: sure(0.6) },
    } as const
    const byAccuracy = decideGate(input(classify, { metric: 'accuracy', minImprovement: 0.4 }))
    expect(byAccuracy.passed).toBe(true)
    expect(byAccuracy.improvement?.estimate).toBeCloseTo(0.5, 9)
    const byLoss = decideGate(input(classify, { metric: 'logLoss' }))
    expect(byLoss.improvement?.estimate).toBeCloseTo(1 - Math.log(0.9) / Math.log(0.6), 9)
    expect(decideGate(input(classify, { metric: 'auc' })).passed).toBe(true)
  })

  it('gives the same decision for the same input, and never passes a failed check', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 30, noNaN: true }),
        fc.double({ min: 0.1, max: 30, noNaN: true }),
        fc.double({ min: -0.5, max: 0.5, noNaN: true }),
        (candidate, champion, minImprovement) => {
          fc.pre(Math.abs(1 - candidate / champion - minImprovement) > 1e-9)
          const given = input(
            {
              candidate: wrongBy(candidate),
              champion: { kind: 'scored', version: 1, predictions: wrongBy(champion) },
            },
            { minImprovement, resamples: 100 },
          )
          const decision = decideGate(given)
          expect(decision).toEqual(decideGate(given))
          expect(decision.passed).toBe(failed(decision).length === 0)
          expect(decision.passed).toBe(1 - candidate / champion > minImprovement)
        },
      ),
      { numRuns: 50, examples: [[8, 10, 0]] },
    )
  })
})
