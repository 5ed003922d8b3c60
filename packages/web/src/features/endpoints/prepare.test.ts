import { expect, it } from 'vitest'
import { routeChange } from './prepare.ts'

it('reads a route change, whatever is missing', () => {
  expect(routeChange({ reason: 'canary', after: { arms: [{ name: 'a', weight: 0.3 }] } })).toEqual({
    reason: 'canary',
    arms: [{ name: 'a', model: '', weight: 0.3, mode: 'live' }],
  })
  expect(routeChange({})).toEqual({ reason: 'no reason given', arms: [] })
})
