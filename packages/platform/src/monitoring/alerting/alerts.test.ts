import { alertRule } from '@kaizen/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MetricPoint } from '../model.ts'
import { decideAlert } from './alerts.ts'

const point = (value: number | null, note: string | null = null): MetricPoint => ({
  metric: 'performance:mae',
  at: 0,
  value,
  rows: 100,
  revision: 1,
  threshold: null,
  lower: null,
  band: null,
  drifted: null,
  note,
})
const rule = (changes: object) =>
  alertRule.parse({ name: 'worse', metric: 'performance:mae', ...changes })
const decide = (
  changes: object,
  values: readonly (number | null)[],
  given: { readonly active?: boolean; readonly reference?: number | null } = {},
) =>
  decideAlert({
    rule: rule(changes),
    points: values.map((value) => point(value)),
    reference: given.reference ?? null,
    active: given.active ?? false,
  })

describe('decideAlert', () => {
  it('opens past a bound, not at it', () => {
    expect(decide({ above: 5 }, [5]).kind).toBe('keep')
    expect(decide({ above: 5 }, [5.1])).toMatchObject({ kind: 'open', value: 5.1, threshold: 5 })
    expect(decide({ below: 5 }, [4.9]).kind).toBe('open')
  })

  it('takes a multiple of the reference, and keeps quiet without one', () => {
    const relative = { aboveReference: 1.25 }
    expect(decide(relative, [51], { reference: 40 })).toMatchObject({ kind: 'open', threshold: 50 })
    expect(decide(relative, [51], { reference: null }).kind).toBe('keep')
  })

  it('counts k of the last n windows', () => {
    const often = { above: 5, windows: 2, of: 3 }
    expect(decide(often, [9, 1, 1, 9]).kind).toBe('keep')
    expect(decide(often, [9, 1, 9]).kind).toBe('open')
    expect(decide(often, [9, 9, 1], { active: true }).kind).toBe('update')
    expect(decide(often, [9, 1, 1], { active: true }).kind).toBe('resolve')
  })

  it('neither opens nor resolves on what is unknown', () => {
    expect(decide({ above: 5 }, [null]).kind).toBe('keep')
    expect(decide({ above: 5 }, [9, null], { active: true }).kind).toBe('keep')
    expect(decide({ above: 5, windows: 2, of: 3 }, [9, null, 9]).kind).toBe('open')
  })

  it('names what was found', () => {
    const decision = decideAlert({
      rule: alertRule.parse({ name: 'range', metric: 'range:any', above: 0 }),
      points: [point(1, 'temp (100 % out of range)')],
      reference: null,
      active: false,
    })
    expect(decision).toMatchObject({
      message: 'range:any is 1, above 0: temp (100 % out of range)',
    })
  })

  it('never has two alerts of one rule, whatever the values', () => {
    const values = fc.array(fc.option(fc.integer({ min: 0, max: 9 })), { minLength: 1 })
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 4 }), (series, of) => {
        let active = false
        for (let end = 1; end <= series.length; end++) {
          const { kind } = decide({ above: 4, windows: 1, of }, series.slice(0, end), { active })
          if (kind === 'open') expect(active).toBe(false)
          if (kind === 'update' || kind === 'resolve') expect(active).toBe(true)
          active = kind === 'open' || kind === 'update' || (kind === 'keep' && active)
        }
      }),
    )
  })
})
