import { describe, expect, it } from 'vitest'
import { findPersonalData, mask, passesIban, passesLuhn } from './personal-data.ts'

describe('personal data', () => {
  it.each([
    ['email', ['ada@example.org', 'bob.b+x@mail.example.co.uk']],
    ['credit-card', ['4111 1111 1111 1111', '5500-0000-0000-0004']],
    ['iban', ['DE89 3704 0044 0532 0130 00', 'GB82WEST12345698765432']],
    ['ip-address', ['192.0.2.1', '2001:db8::1']],
    ['us-social-security-number', ['078-05-1120']],
    ['phone', ['+49 30 901820', '(555) 010-9999']],
  ])('finds %s and shows nothing of it whole', (kind, values) => {
    const [found] = findPersonalData('c', values)
    expect(found).toMatchObject({ column: 'c', kind, share: 1, values: values.length })
    for (const [i, example] of (found?.examples ?? []).entries())
      expect(example).not.toBe(values[i])
  })

  it.each([
    ['numbers that fail the check digit', ['4111111111111112', 'DE89370400440532013001']],
    ['plain words', ['red', 'blue', '12', '3.5', '2020-01-01', '12:30', '']],
    ['versions', ['1.2.3', '10.0.300.1']],
  ])('takes %s for no personal data', (_name, values) => {
    expect(findPersonalData('c', values)).toEqual([])
  })

  it('takes a single chance value among many for none', () => {
    const words = Array.from({ length: 100 }, (_, i) => `word ${i}`)
    expect(findPersonalData('c', [...words, 'a@example.org'])).toEqual([])
  })

  it('checks digits', () => {
    expect(passesLuhn('4111111111111111')).toBe(true)
    expect(passesLuhn('0')).toBe(false)
    expect(passesIban('DE89370400440532013000')).toBe(true)
    expect(mask('ada@example.org')).toBe('a••@•••••••.••g')
  })

  it('takes a long hostile text in linear time', () => {
    const started = performance.now()
    findPersonalData('c', [`${'a'.repeat(200)}@`, '1 '.repeat(100), ':'.repeat(200)])
    expect(performance.now() - started).toBeLessThan(100)
  })
})
