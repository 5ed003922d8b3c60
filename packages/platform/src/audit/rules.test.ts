import fc from 'fast-check'
import { expect, it } from 'vitest'
import { digestOf } from '../kernel/index.ts'
import { hashEvent } from './rules.ts'

it('hashes the canonical JSON of an event, whatever it holds', () => {
  const word = fc.string({ unit: 'grapheme' })
  const event = fc.record({
    seq: fc.nat(),
    at: fc.integer({ min: 0, max: 8.64e15 }),
    actor: word,
    type: word,
    subject: word,
    data: fc.oneof(
      fc.dictionary(word, fc.jsonValue()),
      fc.dictionary(word, fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.nat())),
    ) as fc.Arbitrary<Record<string, never>>,
    requestId: fc.option(word),
    previousHash: word,
  })
  fc.assert(
    fc.property(event, (fields) => {
      expect(hashEvent(fields)).toBe(digestOf(fields))
    }),
  )
})

it('refuses text that no database keeps as it is', () => {
  const fields = { seq: 1, at: 0, actor: 'me', type: 't', data: {}, requestId: null }
  const event = { ...fields, subject: 'run:\ud800', previousHash: '' }
  expect(() => hashEvent(event)).toThrow('surrogate')
})
