import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseCsv } from './csv.ts'
import { parseExactly, type WireJson } from './json.ts'

/** What a double makes of the integers that were kept. */
function rounded(value: WireJson): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(rounded)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rounded(item)]))
}

it('reads all JSON as the plain parser does, but for integers that it would round', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(rounded(parseExactly(text))).toEqual(JSON.parse(text))
    }),
  )
})

it('keeps integers that a double cannot hold', () => {
  expect(parseExactly('[9007199254740993, 1, -12345678901234567890, 1e300]')).toEqual([
    9007199254740993n,
    1,
    -12345678901234567890n,
    1e300,
  ])
})

it('keeps every long integer wherever it stands, and reads long fractions as any parser does', () => {
  const integer = fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n })
  const fraction = fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .map((value) => value.toFixed(17))
  const item = fc.oneof(integer.map(String), fraction, fc.constantFrom('1e20', '0.5', '-3'))
  fc.assert(
    fc.property(fc.array(item), fc.constantFrom(',', ' ,\n'), (items, comma) => {
      const isLong = (text: string): boolean =>
        /^-?\d+$/.test(text) && !Number.isSafeInteger(Number(text))
      const wanted = items.map((text) => (isLong(text) ? BigInt(text) : Number(text)))
      expect(parseExactly(`[${items.join(comma)}]`)).toEqual(wanted)
    }),
  )
})

it('reads the numbers that Python writes and JSON lacks, but not in text', () => {
  expect(parseExactly('{"a": [NaN, -Infinity, Infinity, "NaN", "x \\" NaN"]}')).toEqual({
    a: ['NaN', '-Infinity', 'Infinity', 'NaN', 'x " NaN'],
  })
  expect(() => parseExactly('[NaNs]')).toThrow(/not well-formed/)
})

it('reads back any table written as CSV', () => {
  const cell = fc.string().map((text) => text.replaceAll('\ufeff', ''))
  const table = fc
    .integer({ min: 2, max: 4 })
    .chain((width) =>
      fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1 }),
    )
  fc.assert(
    fc.property(table, (rows) => {
      const text = rows
        .map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join())
        .join('\r\n')
      const { header, lines } = parseCsv(text)
      expect([header, ...lines]).toEqual(rows)
    }),
  )
})

it('reads plain fields, empty ones at the end too', () => {
  expect(parseCsv('a,b\n1,\n,2\n')).toEqual({
    header: ['a', 'b'],
    lines: [
      ['1', ''],
      ['', '2'],
    ],
  })
})
