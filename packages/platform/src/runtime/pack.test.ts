import fc from 'fast-check'
import { expect, it } from 'vitest'
import { allocate, datatypes, elementCount } from './datatypes.ts'
import type { Tensor } from './model.ts'
import { packTensors, unpackTensors } from './pack.ts'

const tensor = fc
  .tuple(
    fc.constantFrom(...datatypes),
    fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
    fc.infiniteStream(fc.integer({ min: 0, max: 255 })),
  )
  .map(([datatype, shape, values]): Tensor => {
    const count = elementCount(shape)
    const drawn = Array.from({ length: count }, () => values.next().value as number)
    if (datatype === 'BYTES') return { datatype, shape, data: drawn.map(String) }
    const data = allocate(datatype, count)
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) data.set(drawn.map(BigInt))
    else (data as Float64Array).set(drawn)
    return { datatype, shape, data }
  })

it('gives back the tensors that were packed, in order', () => {
  fc.assert(
    fc.property(fc.array(tensor, { maxLength: 8 }), (tensors) => {
      const plain = tensors.map(({ datatype, shape, data }) => ({ datatype, shape, data }))
      expect(unpackTensors(packTensors(tensors))).toEqual(plain)
    }),
  )
})
