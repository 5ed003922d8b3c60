import { Readable } from 'node:stream'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { printedUntil } from './printed.ts'

const mark = Buffer.from('\0/steps/a/contract.json\0')

async function read(chunks: readonly Buffer[]): Promise<string> {
  const found = await Array.fromAsync(printedUntil(Readable.from(chunks), mark))
  return Buffer.concat(found).toString('latin1')
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort(
    (a, b) => a - b,
  )
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end))
}

it('ends at the mark however the stream is cut', async () => {
  const printed = fc.string({ unit: fc.constantFrom('a', '\n', '\0', '/', 's') })
  await fc.assert(
    fc.asyncProperty(printed, fc.array(fc.nat()), fc.boolean(), async (text, places, marked) => {
      const bytes = Buffer.concat([
        Buffer.from(text, 'latin1'),
        ...(marked ? [mark, Buffer.from('next')] : []),
      ])
      expect(await read(cut(bytes, places).filter((chunk) => chunk.length > 0))).toBe(text)
    }),
  )
})

it('leaves what follows to the next reader', async () => {
  const source = new Readable({ read() {} })
  source.push(Buffer.concat([Buffer.from('first'), mark]))
  expect((await Array.fromAsync(printedUntil(source, mark))).join('')).toBe('first')
  source.push(Buffer.concat([Buffer.from('second'), mark]))
  expect((await Array.fromAsync(printedUntil(source, mark))).join('')).toBe('second')
})
