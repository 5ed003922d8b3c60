import { expect, it } from 'vitest'
import { squareModel, testServing } from '../test-serving.ts'

const rows = 3000
const values = Array.from({ length: rows * 2 }, (_, i) => Math.fround(Math.sin(i) * 100))
const squares = [...Float32Array.from(values, (value) => value * value)]
const json = { 'content-type': 'application/json' }

it('reads and answers large requests off the event loop as it does small ones, in every form', async () => {
  await using test = await testServing()
  await test.deploy('square', await test.register('square', squareModel()))
  const input = { name: 'x', datatype: 'FP32', shape: [rows, 2] }
  const path = '/v2/models/square/infer'

  const flat = await test.post(path, { id: 'a', inputs: [{ ...input, data: values }] })
  const answer = (await flat.json()) as { id: string; outputs: { data: number[] }[] }
  expect(answer.id).toBe('a')
  expect(answer.outputs[0]?.data).toEqual(squares)

  const nested = Array.from({ length: rows }, (_, i) => values.slice(2 * i, 2 * i + 2))
  const pairs = Array.from({ length: rows }, (_, i) => squares.slice(2 * i, 2 * i + 2))
  const binary = await test.post(path, {
    parameters: { binary_data_output: true },
    inputs: [{ ...input, data: nested }],
  })
  const bytes = Buffer.from(await binary.arrayBuffer())
  const length = Number(binary.headers.get('inference-header-content-length'))
  const body = Uint8Array.from(bytes.subarray(length))
  expect([...new Float32Array(body.buffer)]).toEqual(squares)

  const scoring = '/endpoints/square/invocations'
  const split = { dataframe_split: { columns: ['a', 'b'], data: nested } }
  expect(await (await test.post(scoring, split, json)).json()).toEqual({ predictions: pairs })
  const csv = `a,b\n${nested.map((row) => row.join()).join('\n')}`
  const csvAnswer = await test.post(scoring, csv, { 'content-type': 'text/csv' })
  expect(await csvAnswer.json()).toEqual({ predictions: pairs })

  // Every row of every request is in the log, whole.
  const logged = await test.serving.predictions('square', { from: 0, to: 1e15 })
  expect(logged.inferenceId.length).toBe(4 * rows)
  const [first] = logged.outputs.columns
  const sum = (numbers: Iterable<number>) => [...numbers].reduce((a, b) => a + b, 0)
  const expected = 4 * sum(pairs.map(([a]) => a!))
  expect(sum(first?.values as Float64Array) / expected).toBeCloseTo(1, 6)
})

it('refuses what is wrong in a large request in the words of a small one', async () => {
  await using test = await testServing()
  await test.deploy('square', await test.register('square', squareModel()))
  const data = values.map((value, i) => (i === 5000 ? 'warm' : value))
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [rows, 2], data }]
  const refused = await test.post('/v2/models/square/infer', { inputs })
  expect(refused.status).toBe(400)
  expect(await refused.json()).toMatchObject({
    error: expect.stringContaining('data[5000]: "warm"'),
  })

  const table = { dataframe_split: { columns: ['a'], data: values.map((value) => [value]) } }
  const misfit = await test.post('/endpoints/square/invocations', table, json)
  expect(misfit.status).toBe(400)
  expect(await misfit.json()).toMatchObject({ message: expect.stringContaining('1 columns') })

  const cut = JSON.stringify({ inputs: [{ ...inputs[0], data: values }] }).slice(0, -9)
  const broken = await test.post('/v2/models/square/infer', cut)
  expect(broken.status).toBe(400)
  expect((await broken.json()) as object).toHaveProperty('error')
  expect((await test.serving.view('square')).predictions).toBe(0)
})
