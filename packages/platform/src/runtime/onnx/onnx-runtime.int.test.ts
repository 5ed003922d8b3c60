import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GraphBuilder } from '@kaizen/ml/onnx'
import { expect, it } from 'vitest'
import type { Tensors } from '../model.ts'
import { inspectModel, OnnxRuntime } from './onnx-runtime.ts'

/** Adds `amount` to `x` and passes the text `name` through. */
function adding(amount: number): Uint8Array {
  const graph = new GraphBuilder()
  const x = graph.input({ name: 'x', type: 'double', shape: [1] })
  const name = graph.input({ name: 'name', type: 'string', shape: [1] })
  graph.output(graph.add('Add', [x, graph.doubles([amount])]), {
    name: 'variable',
    type: 'double',
    shape: [1],
  })
  graph.output(graph.add('Identity', [name]), { name: 'echo', type: 'string', shape: [1] })
  return graph.finish('adding', {})
}

/** Runs for seconds, unless told: a chain of large matrix products. */
function slow(width = 2000): Uint8Array {
  const graph = new GraphBuilder()
  const x = graph.input({ name: 'x', type: 'double', shape: [1] })
  const size = graph.constant({ type: 'int64', dims: [2], data: [width, width] })
  let square = graph.add('Expand', [x, size])
  for (let i = 0; i < 12; i++) square = graph.add('MatMul', [square, square])
  graph.output(square, { name: 'variable', type: 'double', shape: [width] })
  return graph.finish('slow', {})
}

const row = (x: number): Tensors => ({
  x: { datatype: 'FP64', shape: [1, 1], data: Float64Array.of(x) },
  name: { datatype: 'BYTES', shape: [1, 1], data: ['Zoë'] },
})

it('reads the signature and computes, leaving its inputs alone', async () => {
  await using runtime = new OnnxRuntime({ threads: 2 })
  const model = await runtime.load(adding(5))
  expect(model.signature).toEqual({
    inputs: [
      { name: 'x', datatype: 'FP64', shape: [-1, 1] },
      { name: 'name', datatype: 'BYTES', shape: [-1, 1] },
    ],
    outputs: [
      { name: 'variable', datatype: 'FP64', shape: [-1, 1] },
      { name: 'echo', datatype: 'BYTES', shape: [-1, 1] },
    ],
  })
  const inputs = row(37)
  const outputs = await model.run(inputs)
  expect(outputs['variable']).toEqual({
    datatype: 'FP64',
    shape: [1, 1],
    data: Float64Array.of(42),
  })
  expect(outputs['echo']?.data).toEqual(['Zoë'])
  expect(inputs['x']?.data).toEqual(Float64Array.of(37))
  expect(Object.keys(await model.run(inputs, ['echo']))).toEqual(['echo'])
})

it('loads from a file, and refuses one that is not a model', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-runtime-'))
  try {
    await writeFile(join(folder, 'good.onnx'), adding(1))
    await writeFile(join(folder, 'bad.onnx'), 'a text')
    expect((await inspectModel(join(folder, 'good.onnx'))).inputs).toHaveLength(2)
    await expect(inspectModel(join(folder, 'bad.onnx'))).rejects.toMatchObject({
      code: 'INVALID_MODEL',
    })
    await expect(inspectModel(join(folder, 'missing.onnx'))).rejects.toMatchObject({
      code: 'INVALID_MODEL',
    })
  } finally {
    await rm(folder, { recursive: true })
  }
})

it('refuses inputs that the model cannot take as an error of the caller', async () => {
  await using runtime = new OnnxRuntime({ threads: 1 })
  const model = await runtime.load(adding(1))
  const failing = model.run({ x: { datatype: 'FP32', shape: [1, 1], data: Float32Array.of(1) } })
  await expect(failing).rejects.toMatchObject({ code: 'INVALID_TENSOR' })
  expect((await model.run(row(1)))['variable']?.data).toEqual(Float64Array.of(2))
})

it('fails what a lost thread was computing as unavailable, then answers again', async () => {
  await using runtime = new OnnxRuntime({ threads: 1 })
  const model = await runtime.load(adding(1))
  runtime.crashThread(0)
  await expect(model.run(row(1))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  await expect(model.run(row(1))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  await expect
    .poll(() => model.run(row(1)).then((outputs) => outputs['variable']?.data), { timeout: 20_000 })
    .toEqual(Float64Array.of(2))
})

it('starts another thread when requests have waited for the first', async () => {
  await using runtime = new OnnxRuntime({ threads: 2, inlineBelowMs: 0 })
  const quick = await runtime.load(adding(1))
  const model = await runtime.load(slow(900))
  const ended: string[] = []
  const long = model.run({ x: row(1)['x']! }).then(() => ended.push('slow'))
  const short = quick.run(row(1)).then((outputs) => {
    ended.push('quick')
    return outputs
  })
  expect((await short)['variable']?.data).toEqual(Float64Array.of(2))
  await long
  expect(ended).toEqual(['quick', 'slow'])
})

it('lets requests wait for the only thread that was lost, where there may be more', async () => {
  await using runtime = new OnnxRuntime({ threads: 2, inlineBelowMs: 0 })
  const model = await runtime.load(adding(1))
  runtime.crashThread(0)
  await expect(model.run(row(1))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  expect((await model.run(row(1)))['variable']?.data).toEqual(Float64Array.of(2))
})

it('gives up a run that takes too long, answers others, and refuses more than may wait', async () => {
  await using runtime = new OnnxRuntime({ threads: 1, runTimeoutMs: 300, maxPending: 1 })
  const quick = await runtime.load(adding(1))
  const model = await runtime.load(slow())
  const running = model.run({ x: row(1)['x']! })
  await expect(model.run({ x: row(1)['x']! })).rejects.toMatchObject({ code: 'OVERLOADED' })
  await expect(running).rejects.toMatchObject({ code: 'TIMEOUT' })
  await expect
    .poll(() => quick.run(row(1)).then((outputs) => outputs['variable']?.data), { timeout: 20_000 })
    .toEqual(Float64Array.of(2))
})

it('lets runs end that began before a model was closed', async () => {
  await using runtime = new OnnxRuntime({ threads: 2 })
  const model = await runtime.load(adding(1))
  const running = Array.from({ length: 50 }, (_, i) => model.run(row(i)))
  await model.close()
  const answers = await Promise.all(running)
  expect(answers.map((outputs) => Number(outputs['variable']?.data[0]))).toEqual(
    Array.from({ length: 50 }, (_, i) => i + 1),
  )
  await expect(model.run(row(1))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
})
