import { describe, expect, it } from 'vitest'
import type { Tensor, Tensors } from '../../runtime/index.ts'
import { inParts, type TensorPart } from './in-parts.ts'

const text = (...data: string[]): Tensor => ({ datatype: 'BYTES', shape: [data.length], data })
const number = (...values: number[]): Tensor => ({
  datatype: 'FP64',
  shape: [values.length],
  data: Float64Array.from(values),
})
const spec = { name: 'x', datatype: 'FP64', shape: [-1] }
const signature = { inputs: [spec], outputs: [{ ...spec, name: 'y' }] }

const collected = (signal = new AbortController().signal) => {
  const taken: TensorPart[] = []
  return { taken, signal, take: async (part: TensorPart) => void taken.push(part) }
}
const streams = (parts: readonly Tensors[]) => ({
  signature,
  run: () => Promise.reject(new Error('it streams')),
  stream: async function* (): AsyncGenerator<Tensors> {
    yield* parts
  },
})
const doubles = {
  signature,
  stream: undefined,
  run: async ({ x }: Tensors): Promise<Tensors> => ({
    y: number(...Array.from(x!.data as Float64Array, (value) => value * 2)),
  }),
}

describe('an answer in parts', () => {
  it('is texts joined and the last of numbers, whatever the model yields', async () => {
    const to = collected()
    const parts = [
      { said: text('to ', 'a'), sure: number(0.1) },
      { said: text('be', 'b'), sure: number(0.9) },
    ]
    const whole = await inParts(streams(parts), { tensors: {}, rows: 2 }, to)
    expect(whole).toEqual({ said: text('to be', 'ab'), sure: number(0.9) })
    expect(to.taken).toEqual(parts.map((outputs) => ({ outputs, rows: 2 })))
  })

  it('is every row once and in order, and the same as without parts', async () => {
    const to = collected()
    const x = number(...Array.from({ length: 600 }, (_, i) => i / 3))
    const whole = await inParts(doubles, { tensors: { x }, rows: 600 }, to)
    expect(whole).toEqual(await doubles.run({ x }))
    expect(to.taken).toHaveLength(600)
    expect(to.taken.flatMap(({ outputs }) => [...(outputs['y']!.data as Float64Array)])).toEqual([
      ...(whole['y']!.data as Float64Array),
    ])
  })

  it('is whole where rows cannot be told apart', async () => {
    const to = collected()
    const fixed = { ...doubles, signature: { ...signature, outputs: [{ ...spec, shape: [3] }] } }
    await inParts(fixed, { tensors: { x: number(1, 2, 3) }, rows: 3 }, to)
    expect(to.taken).toEqual([{ outputs: { y: number(2, 4, 6) }, rows: 3 }])
  })

  it('ends when nobody takes it, and computes nothing further', async () => {
    const gone = new AbortController()
    let runs = 0
    const counting = {
      ...doubles,
      run: (of: Tensors) => {
        runs++
        return doubles.run(of)
      },
    }
    const to = { signal: gone.signal, take: async () => gone.abort() }
    const x = number(...new Float64Array(1000))
    const asked = inParts(counting, { tensors: { x }, rows: 1000 }, to)
    await expect(asked).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(runs).toBe(1)
  })

  it('refuses a model that yields nothing, and text without end', async () => {
    const nothing = inParts(streams([]), { tensors: {}, rows: 1 }, collected())
    await expect(nothing).rejects.toThrow('no part at all')
    const long = { said: text('x'.repeat(9 * 1024 * 1024)) }
    const endless = inParts(streams([long, long]), { tensors: {}, rows: 1 }, collected())
    await expect(endless).rejects.toMatchObject({ code: 'TOO_LARGE' })
  })
})
