import { describe, expect, it } from 'vitest'
import { parseArm } from './parse-arm.ts'

describe('an arm on the command line', () => {
  it.each([
    [
      'champion=models:/fraud/3',
      { name: 'champion', model: 'models:/fraud/3', mode: 'live', weight: 1 },
    ],
    [
      'mix=ensembles:/risk/2:0.5',
      { name: 'mix', model: 'ensembles:/risk/2', mode: 'live', weight: 0.5 },
    ],
    [
      'canary=models:/fraud@next:0.25',
      { name: 'canary', model: 'models:/fraud@next', mode: 'live', weight: 0.25 },
    ],
    [
      'watch=models:/fraud/4:shadow',
      { name: 'watch', model: 'models:/fraud/4', mode: 'shadow', weight: 1 },
    ],
    [
      'watch=models:/fraud/4:shadow:0.1',
      { name: 'watch', model: 'models:/fraud/4', mode: 'shadow', weight: 0.1 },
    ],
  ])('%s', (text, arm) => {
    expect(parseArm(text)).toEqual(arm)
  })

  it.each(['', 'champion', 'champion=', '=models:/a/1', 'a=models:/a/1:heavy'])(
    'refuses "%s"',
    (text) => {
      expect(() => parseArm(text)).toThrow(/not an arm/)
    },
  )
})
