import { describe, expect, it } from 'vitest'
import { monitorDeclaration } from './monitor-declaration.ts'

describe('a monitor as it is declared', () => {
  it.each([
    ['window', { window: 'soon' }],
    ['every', { window: '1d', every: '９' }],
  ])('refuses a %s that is no duration, whatever else is compared with it', (field, lengths) => {
    const parsed = monitorDeclaration.safeParse({ name: 'm', endpoint: 'e', ...lengths })
    expect(parsed.error?.issues).toContainEqual(
      expect.objectContaining({ path: [field], message: expect.stringContaining('a duration') }),
    )
  })

  it('refuses windows that overlap no more', () => {
    const lengths = { window: '1h', every: '1d' }
    const parsed = monitorDeclaration.safeParse({ name: 'm', endpoint: 'e', ...lengths })
    expect(parsed.error?.issues[0]).toMatchObject({ path: ['every'] })
  })

  it.each([
    ['without deviations', { above: 1 }, 'training'],
    ['with a season', { deviations: 3, season: '7d' }, 'training'],
    ['of a reference that moves along', { deviations: 3 }, { kind: 'rolling', length: '30d' }],
  ])('refuses the variation of the reference %s', (_what, rule, reference) => {
    const thresholds = [{ metric: 'drift:*', baseline: 'reference', ...rule }]
    const given = { name: 'm', endpoint: 'e', reference, thresholds }
    expect(monitorDeclaration.safeParse(given).error?.issues).toHaveLength(1)
    const right = [{ metric: 'drift:*', baseline: 'reference', deviations: 3 }]
    const taken = { name: 'm', endpoint: 'e', thresholds: right }
    expect(monitorDeclaration.safeParse(taken).success).toBe(true)
  })
})
