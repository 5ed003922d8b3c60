import fc from 'fast-check'
import { expect, it } from 'vitest'
import { like } from './span-match.ts'

const letter = fc.constantFrom('a', 'b', 'ab', '%', '_', '.')

it('matches as a pattern of LIKE', () => {
  fc.assert(
    fc.property(fc.array(letter), fc.array(letter), (texts, patterns) => {
      const [text, pattern] = [texts.join(''), patterns.join('')]
      const escaped = pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      const expression = new RegExp(
        `^${escaped.replaceAll('%', '[^]*').replaceAll('_', '[^]')}$`,
        'u',
      )
      expect(like(text, pattern)).toBe(expression.test(text))
    }),
    { numRuns: 2000 },
  )
})

it('takes a long text and a pattern made to go back in moderate time', () => {
  expect(like('a'.repeat(20_000), `${'%a'.repeat(50)}%b`)).toBe(false)
  expect(like('a'.repeat(3000), `${'%a_'.repeat(50)}b`)).toBe(false)
})
