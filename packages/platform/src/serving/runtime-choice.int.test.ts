import { numericColumn, tableOf } from '@kaizen/ml/data'
import { trainers } from '@kaizen/ml/estimators'
import { seededRandom } from '@kaizen/ml/random'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { addingModel, editor, type TestServing, testServing } from './test-serving.ts'

let test: TestServing
const random = seededRandom(4)
const a = Float32Array.from({ length: 300 }, random)
const trees = trainers['gradient-boosting']
  .fit(
    tableOf([
      numericColumn('a', a),
      numericColumn(
        'y',
        Float64Array.from(a, (each) => each ** 2),
      ),
    ]),
    'y',
    { iterations: 20, seed: 1 },
  )
  .toOnnx()

beforeAll(async () => {
  test = await testServing()
  await test.deploy('squares', await test.register('squares', trees))
  await test.deploy('plain', await test.register('plain', addingModel(1)))
})
afterAll(() => test[Symbol.asyncDispose]())

const arms = async (name: string) => (await test.serving.view(name)).arms.map((arm) => arm.runtime)
const backend = async (name: string): Promise<unknown> => {
  const response = await fetch(`${test.url}/v2/models/${name}/config`)
  return ((await response.json()) as { backend: unknown }).backend
}
async function answers(count: number): Promise<number[]> {
  const inputs = [
    {
      name: 'a',
      datatype: 'FP32',
      shape: [count, 1],
      data: Array.from({ length: count }, (_, i) => i / count),
    },
  ]
  const response = await test.post('/v2/models/squares/infer', { inputs })
  expect(response.status).toBe(200)
  const { outputs } = (await response.json()) as { outputs: { data: number[] }[] }
  return outputs[0]!.data
}

it('names the runtime of each arm, and the backend of what clients see', async () => {
  expect(await arms('squares')).toEqual(['kaizen'])
  expect(await backend('squares')).toBe('kaizen')
  expect(await arms('plain')).toEqual(['onnxruntime'])
  expect(await backend('plain')).toBe('onnxruntime')
})

it('computes on onnxruntime from the next request on where the endpoint says so, with the same answers', async () => {
  const own = [await answers(1), await answers(5000)]
  await test.serving.configure(editor, 'squares', { runtime: 'onnxruntime' })
  expect(await arms('squares')).toEqual(['onnxruntime'])
  expect(await backend('squares')).toBe('onnxruntime')
  expect([await answers(1), await answers(5000)]).toEqual(own)
  await test.serving.configure(editor, 'squares', { runtime: 'auto' })
  expect(await arms('squares')).toEqual(['kaizen'])
})

it('swaps between models of both runtimes without a lost answer', async () => {
  const other = await test.register('more', trees)
  const asked = Array.from({ length: 40 }, async (_, i) => {
    if (i === 20) {
      const swapped = [{ name: 'champion', model: other, mode: 'live' as const, weight: 1 }]
      await test.serving.setRoute(editor, 'squares', { arms: swapped }, 'swap')
    }
    return answers(1 + (i % 3) * 2000)
  })
  const lengths = (await Promise.all(asked)).map(({ length }) => length)
  expect(lengths).toEqual(Array.from({ length: 40 }, (_, i) => 1 + (i % 3) * 2000))
  expect(test.faults).toEqual([])
})
