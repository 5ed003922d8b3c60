import { KaizenError } from '@kaizen/contracts'
import { describe, expect, it } from 'vitest'
import { describeFailure } from './failure.ts'

describe('describeFailure', () => {
  it('tells a stopped server from a refusing one', () => {
    const offline = new KaizenError('UNAVAILABLE', 'no answer', { cause: new TypeError('fetch') })
    expect(describeFailure(offline).kind).toBe('offline')
    expect(describeFailure(new KaizenError('UNAVAILABLE', 'shutting down')).kind).toBe('failed')
  })
  it('names denied and missing, each with a command', () => {
    for (const [code, kind] of [
      ['FORBIDDEN', 'forbidden'],
      ['UNAUTHENTICATED', 'forbidden'],
      ['NOT_FOUND', 'missing'],
      ['INTERNAL', 'failed'],
    ] as const) {
      const failure = describeFailure(new KaizenError(code, 'why'))
      expect(failure.kind).toBe(kind)
      expect(failure.command).toMatch(/^kaizen /)
      expect(failure.message).toBe('why')
    }
  })
  it('keeps the request id for the report', () => {
    const error = new KaizenError('INTERNAL', 'x', { details: { requestId: 'req-1' } })
    expect(describeFailure(error).requestId).toBe('req-1')
  })
  it('survives what is not an error at all', () => {
    expect(describeFailure('odd').message).toBe('odd')
  })
})
