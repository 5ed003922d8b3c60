import { GraphBuilder } from '@kaizen/ml'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { allocate, type Datatype, datatypes, ortTypes } from './datatypes.ts'
import type { LoadedModel, RanIn, Tensor, Tensors } from './model.ts'
import { OnnxRuntime } from './onnx/onnx-runtime.ts'

type Type = Parameters<GraphBuilder['input']>[0]['type']
const onnxNames: Partial<Record<Datatype, Type>> = { FP32: 'float', FP64: 'double' }

/** Passes a tensor of one datatype through. */
function echo(datatype: Datatype): Uint8Array {
  const type = onnxNames[datatype] ?? (ortTypes[datatype] as Type)
  const graph = new GraphBuilder()
  const x = graph.input({ name: 'x', type, shape: [2] })
  graph.output(graph.add('Identity', [x]), { name: 'y', type, shape: [2] })
  return graph.finish('echo', {})
}

/** The value, beside the mean of the rows in the run: no answer of one row alone. */
function mixing(): Uint8Array {
  const graph = new GraphBuilder()
  const x = graph.input({ name: 'x', type: 'double', shape: [1] })
  const mean = graph.add('ReduceMean', [x, graph.constant({ type: 'int64', dims: [1], data: [0] })])
  graph.output(graph.add('Sub', [x, mean]), { name: 'y', type: 'double', shape: [1] })
  return graph.finish('mixing', {})
}

/** Takes text that spells a number; fails on any other. */
function spelling(): Uint8Array {
  const graph = new GraphBuilder()
  const x = graph.input({ name: 'x', type: 'string', shape: [1] })
  const number = graph.add('Cast', [x], { to: { int: 11 } })
  graph.output(number, { name: 'y', type: 'double', shape: [1] })
  return graph.finish('spelling', {})
}

const valuesOf = (datatype: Datatype): fc.Arbitrary<unknown> => {
  if (datatype === 'BYTES') return fc.string({ unit: 'grapheme', maxLength: 5 })
  if (datatype === 'BOOL') return fc.constantFrom(0, 1)
  if (datatype.endsWith('T64')) return fc.bigInt({ min: 0n, max: 2n ** 62n })
  if (datatype === 'FP16') return fc.integer({ min: 0, max: 0x7bff })
  if (datatype === 'FP32') return fc.float()
  return datatype === 'FP64' ? fc.double() : fc.integer({ min: 0, max: 100 })
}
const requestOf = (datatype: Datatype): fc.Arbitrary<Tensor> =>
  fc.array(fc.tuple(valuesOf(datatype), valuesOf(datatype)), { maxLength: 5 }).map((rows) => {
    const flat = rows.flat()
    const data = allocate(datatype, flat.length)
    flat.forEach((value, i) => {
      ;(data as unknown as { [i: number]: unknown })[i] = value
    })
    return { datatype, shape: [rows.length, 2], data }
  })

const column = (...values: number[]): Tensors => ({
  x: { datatype: 'FP64', shape: [values.length, 1], data: Float64Array.from(values) },
})
const text = (value: string): Tensors => ({
  x: { datatype: 'BYTES', shape: [1, 1], data: [value] },
})
const together = { maxRows: 64, maxDelayMs: 0 }
const alone = { maxRows: 1, maxDelayMs: 0 }

/** Has a model checked, so that it shares runs from now on. */
async function prove(model: LoadedModel, requests: readonly Tensors[]): Promise<void> {
  for (let i = 0; i < 8; i++) {
    await Promise.all(
      requests.map((inputs) => model.run(inputs, undefined, { batching: together })),
    )
  }
}

it.each(datatypes)('answers %s in shared runs as it answers them alone', async (datatype) => {
  await using runtime = new OnnxRuntime({ threads: 1, inlineBelowMs: 0 })
  const model = await runtime.load(echo(datatype))
  const requests = fc.array(requestOf(datatype), { minLength: 2, maxLength: 24 })
  const shared: RanIn[] = []
  await fc.assert(
    fc.asyncProperty(requests, async (tensors) => {
      const run = (x: Tensor, batching: typeof alone) =>
        model.run({ x }, ['y'], { batching, onRan: (ran) => shared.push(ran) })
      const answers = await Promise.all(tensors.map((x) => run(x, together)))
      const single = []
      for (const x of tensors) single.push(await run(x, alone))
      expect(answers).toEqual(single)
      expect(answers.map((each) => each['y'])).toEqual(tensors)
    }),
    { numRuns: 25 },
  )
  expect(Math.max(...shared.map((ran) => ran.requests))).toBeGreaterThan(1)
})

it('computes on the event loop in shared runs too, and counts them', async () => {
  await using runtime = new OnnxRuntime({ threads: 1, inlineBelowMs: 1000 })
  const model = await runtime.load(echo('FP64'))
  const x = (i: number): Tensors => ({
    x: { datatype: 'FP64', shape: [1, 2], data: Float64Array.of(i, -i) },
  })
  await prove(model, [x(1), x(2), x(3), x(4)])
  await expect
    .poll(async () => {
      const running = model.run(x(1))
      const { pending } = runtime
      await running
      return pending
    })
    .toBe(0)
  const before = model.work?.()
  const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => model.run(x(i))))
  expect(answers.map((each) => each['y']?.data[0])).toEqual(
    Array.from({ length: 100 }, (_, i) => i),
  )
  const after = model.work?.()
  expect(after!.requests - before!.requests).toBe(100)
  expect(after!.runs - before!.runs).toBeLessThan(10)
  expect(after!.queued).toBe(0)
})

it('holds nothing until the end of a long turn of the event loop', async () => {
  await using runtime = new OnnxRuntime({ threads: 1, inlineBelowMs: 1000 })
  const model = await runtime.load(echo('FP64'))
  const x = (i: number): Tensors => ({
    x: { datatype: 'FP64', shape: [1, 2], data: Float64Array.of(i, -i) },
  })
  await expect
    .poll(async () => {
      const running = model.run(x(1))
      const { pending } = runtime
      await running
      return pending
    })
    .toBe(0)
  let turns = 0
  const first = model.run(x(1))
  setImmediate(() => {
    turns++
  })
  const until = performance.now() + 3
  while (performance.now() < until);
  const answers = await Promise.all([first, model.run(x(2))])
  expect(turns).toBe(0)
  expect(answers.map((each) => each['y']?.data[0])).toEqual([1, 2])
  expect((await model.run(x(3)))['y']?.data[0]).toBe(3)
})

it('computes at once what finds a thread free, whatever the delay', async () => {
  await using runtime = new OnnxRuntime({ threads: 1, inlineBelowMs: 0 })
  const model = await runtime.load(echo('FP64'))
  const x: Tensors = { x: { datatype: 'FP64', shape: [1, 2], data: Float64Array.of(1, 2) } }
  const began = performance.now()
  const batching = { maxRows: 64, maxDelayMs: 5000 }
  for (let i = 0; i < 5; i++) await model.run(x, undefined, { batching })
  expect(performance.now() - began).toBeLessThan(2000)
})

it('never gives rows of several requests to a model that mixes them', async () => {
  await using runtime = new OnnxRuntime({ threads: 1, inlineBelowMs: 0 })
  const model = await runtime.load(mixing())
  for (let round = 0; round < 5; round++) {
    const answers = await Promise.all([1, 2, 3, 4, 5, 6].map((i) => model.run(column(i, i + 2))))
    for (const { y } of answers) expect(y?.data).toEqual(Float64Array.of(-1, 1))
  }
})

it('fails only the request that the model refuses', async () => {
  await using runtime = new OnnxRuntime({ threads: 1, inlineBelowMs: 0 })
  const model = await runtime.load(spelling())
  await prove(model, ['1', '2', '3', '4'].map(text))
  expect(model.work?.().runs).toBeLessThan(model.work!().requests)
  const sent = Array.from({ length: 20 }, (_, i) => (i === 13 ? 'thirteen' : String(i)))
  const answers = await Promise.allSettled(sent.map((each) => model.run(text(each))))
  answers.forEach((answer, i) => {
    if (i === 13) expect(answer).toMatchObject({ reason: { code: 'INVALID_TENSOR' } })
    else expect(answer).toMatchObject({ value: { y: { data: Float64Array.of(i) } } })
  })
})
