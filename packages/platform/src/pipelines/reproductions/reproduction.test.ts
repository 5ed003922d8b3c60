import { describe, expect, it } from 'vitest'
import type { ArtifactRef, StepRecord } from '../model.ts'
import { type ComparedRun, compareAgain } from './reproduction.ts'

const file = (digest: string, kind: ArtifactRef['kind'] = 'file'): ArtifactRef => ({
  kind,
  digest,
  sizeBytes: 1,
})
const run = (change: Partial<ComparedRun> = {}): ComparedRun => ({
  ended: 'succeeded',
  params: { depth: '3' },
  metrics: { mae: 0.25, gap: Number.NaN },
  outputs: { model: file('a', 'model') },
  steps: [],
  ...change,
})
const lineage = { codeDigest: 'c', datasets: [], inputs: {}, params: {}, seed: 7 }
const step = (node: string, digest: string, change = {}): StepRecord => ({
  run: 'r',
  node,
  step: node,
  state: 'succeeded',
  attempt: 1,
  startedAt: 0,
  endedAt: 1,
  durationMs: 1,
  cacheReason: null,
  cacheKey: null,
  error: null,
  handle: null,
  outputs: { out: file(digest) },
  lineage: { ...lineage, environment: { node: '24.1' }, ...change },
})

describe('a run that was done again', () => {
  it('is identical with itself, NaN and all', () => {
    const { verdict, findings } = compareAgain(run(), run(), {})
    expect(verdict).toBe('identical')
    expect(findings).toEqual(['2 metrics are identical', '1 output is identical'])
  })
  it('is equivalent up to a relative difference of 1e-6, and different beyond', () => {
    const apart = (mae: number) => run({ metrics: { mae, gap: Number.NaN } })
    expect(compareAgain(run(), apart(0.25 * (1 + 1e-7)), {}).verdict).toBe('equivalent')
    const different = compareAgain(run(), apart(0.26), {})
    expect(different.verdict).toBe('different')
    expect(different.findings[0]).toBe('1 metric is different: mae')
    expect(compareAgain(run(), run({ metrics: { mae: 0.25 } }), {}).verdict).toBe('different')
  })
  it('compares models whose files differ by their predictions', () => {
    const again = run({ outputs: { model: file('b', 'model') } })
    const probe = (relativeDifference: number) => ({
      model: { predictions: { rows: 64, largestDifference: 1, relativeDifference } },
    })
    expect(compareAgain(run(), again, probe(1e-9)).verdict).toBe('equivalent')
    expect(compareAgain(run(), again, probe(1e-3)).verdict).toBe('different')
    const unasked = compareAgain(run(), again, { model: { note: 'gone' } })
    expect(unasked.outputs[0]).toMatchObject({ same: 'different', note: 'gone' })
  })
  it('failed when it did not succeed, whatever it measured', () => {
    const { verdict, findings } = compareAgain(run(), run({ ended: 'cancelled' }), {})
    expect(verdict).toBe('failed')
    expect(findings[0]).toBe('the run that did it again was cancelled')
  })
  it('differs where it was given something else', () => {
    const { verdict, params } = compareAgain(run(), run({ params: { depth: '4' } }), {})
    expect({ verdict, params }).toEqual({
      verdict: 'different',
      params: [{ name: 'depth', original: '3', again: '4' }],
    })
  })
  it('names the first step that parts, and what was not the same there', () => {
    const original = run({ steps: [step('read', 'x'), step('train', 'y'), step('score', 'z')] })
    const last = (again: StepRecord) =>
      compareAgain(
        original,
        run({ steps: [step('read', 'x'), again, step('score', 'q')] }),
        {},
      ).findings.at(-1)
    expect(last(step('train', 'w'))).toContain('train: code, inputs, seed and recorded environment')
    expect(last(step('train', 'w', { codeDigest: 'd' }))).toContain('its code is not the same')
    expect(last(step('train', 'w', { environment: { node: '24.2' } }))).toContain(
      'node was "24.1" and is "24.2"',
    )
    expect(last(step('train', 'y'))).toContain('the first step whose outputs differ is score')
  })
})
