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
})
