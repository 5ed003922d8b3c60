import { describe, expect, it } from 'vitest'
import { assertKeepable, parseJsonBody } from './json-body.ts'

const deep = (levels: number): string => `${'['.repeat(levels)}1${']'.repeat(levels)}`

describe('the JSON of a body', () => {
  it('is read as it stands', () => {
    expect(parseJsonBody('{"a":[1,null,"\\u00e9 \\ud83d\\ude00"]}')).toEqual({
      a: [1, null, 'é 😀'],
    })
  })

  it.each([
    ['half an object', '{"a":', 'INVALID_JSON', /not well-formed JSON/],
    ['a NUL in a value', '{"a":["b\\u0000"]}', 'INVALID_REQUEST', /^body\.a\.0: .*NUL/],
    ['a NUL in a key', '{"a":{"\\u0000":1}}', 'INVALID_REQUEST', /^body\.a: .*NUL/],
    ['half a surrogate pair', '{"a":"\\uD800"}', 'INVALID_REQUEST', /^body\.a: .*surrogate/],
    ['a prototype', '{"a":{"__proto__":{}}}', 'INVALID_REQUEST', /^body\.a: .*__proto__/],
    ['a prototype in escapes', '{"\\u005f_proto__":1}', 'INVALID_REQUEST', /^body: .*__proto__/],
    [
      'a hundred thousand levels',
      deep(100_000),
      'INVALID_JSON',
      /more than 100 levels.*character 100/,
    ],
  ])('refuses %s and says where', (_name, text, code, message) => {
    expect(() => parseJsonBody(text)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    )
  })

  it('counts levels, not brackets: those in texts and those one after the other are no depth', () => {
    expect(parseJsonBody(deep(100))).toBeInstanceOf(Array)
    const wide = Array.from({ length: 300 }, () => ['[['.repeat(9), '\\"{{{'])
    expect(parseJsonBody(JSON.stringify(wide))).toEqual(wide)
  })

  it('refuses what the path or the query must not hold', () => {
    expect(() => assertKeepable('path', { name: 'a\0b' })).toThrow(/^path\.name: /)
    expect(() => assertKeepable('query', { metric: ['mae', 'rmse'] })).not.toThrow()
  })
})
