import { describe, expect, it } from 'vitest'
import { protocolError } from './protocol-request.ts'

describe('protocolError', () => {
  it('reads what MLflow writes', () => {
    const error = protocolError(404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'No run' })
    expect(error.code).toBe('NOT_FOUND')
    expect(error.message).toBe('No run')
  })
  it('reads what the Open Inference Protocol and Kaizen write', () => {
    expect(protocolError(400, { error: 'wrong shape' }).message).toBe('wrong shape')
    const own = protocolError(403, { error: { code: 'FORBIDDEN', message: 'no', hint: 'ask' } })
    expect([own.code, own.message, own.hint]).toEqual(['FORBIDDEN', 'no', 'ask'])
  })
  it('says the status where there is no reason', () => {
    expect(protocolError(502, null).message).toBe('the server answered 502')
    expect(protocolError(502, null).code).toBe('INTERNAL')
  })
})
