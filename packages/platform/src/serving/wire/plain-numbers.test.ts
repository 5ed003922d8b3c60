import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decodeOpenInference } from './open-inference.ts'

const request = (inputs: unknown, more = {}): string => JSON.stringify({ inputs, ...more })
/** Long enough to be read apart; spaces change nothing else. */
const padded = (text: string): Buffer => Buffer.from(text + ' '.repeat(17_000))
const outcome = (body: Buffer): unknown => {
  try {
    return decodeOpenInference(body, undefined)
  } catch (failure) {
    return { code: (failure as { code: string }).code, message: (failure as Error).message }
  }
}

const number = fc.oneof(
  fc.double({ noNaN: true }),
  fc.integer({ min: -300, max: 300 }),
  fc.constantFrom(0, 1, 255, 256, 2 ** 53 - 1, 2 ** 53, 1e300, -1, 0.5),
)
const value = fc.oneof({ weight: 9, arbitrary: number }, fc.constantFrom(true, null, 'NaN', [1]))
const datatype = fc.constantFrom(
  'BOOL',
  'UINT8',
  'INT32',
  'INT64',
  'UINT64',
  'FP32',
  'FP64',
  'BYTES',
)
const data = fc.oneof(
  fc.array(number, { maxLength: 12 }),
  fc.array(value, { maxLength: 12 }),
  fc.array(fc.array(number, { minLength: 2, maxLength: 2 }), { maxLength: 6 }),
)
const shape = fc.oneof(
  fc.tuple(fc.integer({ min: 0, max: 12 })),
  fc.tuple(fc.integer({ min: 0, max: 6 }), fc.constant(2)),
)

it('reads long requests as it reads short ones, and refuses them in the same words', () => {
  const fitting = data.map((found) => {
    const nested = Array.isArray(found[0])
    return { data: found, shape: nested ? [found.length, 2] : [found.length] }
  })
  const tensor = fc
    .tuple(datatype, fc.oneof({ weight: 3, arbitrary: fitting }, fc.record({ data, shape })))
    .map(([type, rest]) => ({ datatype: type, ...rest }))
  fc.assert(
    fc.property(fc.array(tensor, { minLength: 1, maxLength: 3 }), (tensors) => {
      const text = request(tensors.map((each, i) => ({ name: `x${i}`, ...each })))
      expect(outcome(padded(text))).toEqual(outcome(Buffer.from(text)))
    }),
    { numRuns: 2000 },
  )
})

it.each([
  request([], { data: [1, 2] }),
  request([{ name: 'x', datatype: 'FP32', shape: [1], data: [1], parameters: { data: [2] } }]),
  '{"inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":[1],"data":[2]}]}',
  '{"inputs":[{"name":"data","datatype":"FP32","shape":[1],"data": [1e400]}]}',
  '{"inputs":[{"name":"x","datatype":"FP32","shape":[2],"data":[1,NaN]}]}',
  '{"inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":[1}]}',
  '{"inputs":[{"name":"x\\"data\\":[1]","datatype":"FP32","shape":[1],"data"  :  [ 1 ]}]}',
])('reads %s alike, long or short', (text) => {
  expect(outcome(padded(text))).toEqual(outcome(Buffer.from(text)))
})
