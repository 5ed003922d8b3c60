import fc from 'fast-check'
import { expect, it } from 'vitest'
import { nameOfRun } from './run-name.ts'

const hex = fc.string({
  unit: fc.constantFrom(...'0123456789abcdef'),
  minLength: 32,
  maxLength: 32,
})

it('names a run by an adjective, an animal and a number, always the same', () => {
  fc.assert(
    fc.property(hex, (id) => {
      expect(nameOfRun(id)).toMatch(/^[a-z]+-[a-z]+-\d{1,3}$/)
      expect(nameOfRun(id)).toBe(nameOfRun(id))
    }),
  )
})

it('gives runs of different ids different names, mostly', () => {
  const ids = fc.sample(fc.uuid({ version: 4 }), { numRuns: 1000, seed: 1 })
  const names = new Set(ids.map((id) => nameOfRun(id.replaceAll('-', ''))))
  expect(names.size).toBeGreaterThan(990)
})
