import { describe, expect, it } from 'vitest'
import { servingStep, tensor } from './serving-step.ts'
import { frameOf, questionsOf, runStep } from './serving-step-run.ts'
import { decodeTensor, encodeTensor, type StepTensor } from './step-tensor.ts'

const parsed = async (frame: Buffer) => {
  const chunks = async function* () {
    // A frame may come in any pieces.
    for (let at = 0; at < frame.length; at += 3) yield frame.subarray(at, at + 3)
  }
  for await (const { head, body } of questionsOf(chunks())) return { head, body }
  throw new Error('no frame')
}
const outputs = [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }]
const head = { name: 'x', datatype: 'FP32', shape: [2, 1], bytes: 8 }
const body = Buffer.from(Float32Array.of(1.5, -2).buffer)
const run = async (answer: (x: StepTensor) => unknown) => {
  const step = servingStep('double', {
    in: { x: tensor('FP32', [-1, 1]) },
    out: { y: tensor('FP32', [-1, 2]) },
    run: ({ x }) => ({ y: answer(x) as number[] }),
  })
  const question = { id: 7, kind: 'run', inputs: [head], rows: 2 } as const
  return parsed(await runStep(step as never, question, { outputs, body }))
}

describe('a serving step', () => {
  it('is given typed arrays and answers flat, nested or shaped elements', async () => {
    for (const answer of [
      [1, 2, 3, 4],
      [
        [1, 2],
        [3, 4],
      ],
      Float32Array.of(1, 2, 3, 4),
      { shape: [2, 2], data: [1, 2, 3, 4] },
    ]) {
      const said = await run((x) => {
        expect(x).toEqual({ datatype: 'FP32', shape: [2, 1], data: Float32Array.of(1.5, -2) })
        return answer
      })
      expect(said.head).toEqual({
        id: 7,
        outputs: [{ name: 'y', datatype: 'FP32', shape: [2, 2], bytes: 16 }],
      })
      expect(new Float32Array(new Uint8Array(said.body).buffer)).toEqual(
        Float32Array.of(1, 2, 3, 4),
      )
    }
  })

  it.each([
    ['rows', [1, 2], '"y" has 2 elements'],
    ['raggedness', [[1, 2], [3]], '"y" is ragged'],
    ['text among numbers', [1, 2, 3, 'four'], '"y" holds "four" at 3, which is no FP32'],
    ['nothing', undefined, '"y" is missing'],
    ['an object', { y: 1 }, 'no array and no { shape, data }'],
    ['a shape that lies', { shape: [2, 2], data: [1] }, '"y" has 1 elements of the shape [2, 2]'],
  ])('does not answer with wrong %s', async (_what, answer, said) => {
    const { head } = await run(() => answer)
    expect(head).toMatchObject({ failure: 'answer', message: expect.stringContaining(said) })
  })

  it('refuses inputs by throwing', async () => {
    const { head } = await run(() => {
      throw new TypeError('too cold')
    })
    expect(head).toEqual({ id: 7, failure: 'model', message: 'TypeError: too cold' })
  })

  it('keeps every datatype as it is', () => {
    const values = {
      BOOL: [true, false],
      UINT8: Uint8Array.of(0, 255),
      INT32: Int32Array.of(-5, 2 ** 31 - 1),
      INT64: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n),
      UINT64: BigUint64Array.of(0n, 2n ** 64n - 1n),
      FP64: Float64Array.of(Number.NaN, -0),
      BYTES: ['', 'Zürich'],
    }
    for (const [datatype, data] of Object.entries(values)) {
      const type = { datatype: datatype as 'FP32', shape: [-1] }
      const { head, part } = encodeTensor('x', { type, rows: 2 }, data)
      expect(decodeTensor(head, Buffer.from(part)).data).toEqual(data)
    }
  })

  it.each([
    ['UINT8', [256]],
    ['INT32', [0.5]],
    ['INT64', [2 ** 60]],
    ['UINT64', [-1n]],
    ['BOOL', [2]],
    ['BYTES', ['\ud800']],
  ] as const)('never wraps or rounds: %s', (datatype, data) => {
    expect(() => encodeTensor('x', { type: { datatype, shape: [1] }, rows: 1 }, data)).toThrow(
      `which is no ${datatype}`,
    )
  })

  it('frames are read one after the other, whatever pieces they come in', async () => {
    const both = Buffer.concat([frameOf({ id: 1 }), frameOf({ id: 2 }, [Buffer.from('abc')])])
    const seen: unknown[] = []
    const chunks = async function* () {
      yield both.subarray(0, 20)
      yield both.subarray(20)
    }
    for await (const { head, body } of questionsOf(chunks())) seen.push([head.id, String(body)])
    expect(seen).toEqual([
      [1, ''],
      [2, 'abc'],
    ])
  })
})
