import { policyDeclaration } from '@kaizen/contracts'
import { describe, expect, it } from 'vitest'
import { checkPolicy } from './policy-check.ts'

const declare = (changes: object) =>
  policyDeclaration.parse({
    name: 'loop',
    endpoint: 'demand',
    monitor: 'watch',
    pipeline: 'fit',
    dataset: 'rides',
    triggers: [{ kind: 'schedule', cron: '0 3 * * 1', timeZone: 'Europe/Berlin' }],
    training: { kind: 'sliding', length: '90d', holdout: '7d' },
    gate: { metric: 'mae' },
    ...changes,
  })
const refusal = (changes: object): unknown => {
  try {
    checkPolicy(declare(changes))
    return undefined
  } catch (failure) {
    return failure
  }
}

describe('checkPolicy', () => {
  it('lets a policy pass that can be kept', () => {
    expect(refusal({})).toBeUndefined()
  })

  it('refuses a schedule or a time zone that does not exist', () => {
    const schedule = (cron: string, timeZone = 'UTC') => ({
      triggers: [{ kind: 'schedule', cron, timeZone }],
    })
    for (const changes of [
      schedule('every monday'),
      schedule('61 3 * * 1'),
      schedule('0 3 * * 1', 'Mars/Olympus'),
    ]) {
      expect(refusal(changes)).toMatchObject({ code: 'INVALID_MANIFEST' })
    }
  })

  it('refuses a sliding window without a length', () => {
    expect(refusal({ training: { kind: 'sliding', holdout: '7d' } })).toMatchObject({
      code: 'INVALID_MANIFEST',
    })
  })
})
