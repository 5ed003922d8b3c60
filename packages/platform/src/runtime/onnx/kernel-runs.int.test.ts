import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { numericColumn, tableOf } from '@kaizen/ml/data'
import { trainers } from '@kaizen/ml/estimators'
import { GraphBuilder } from '@kaizen/ml/onnx'
import { seededRandom } from '@kaizen/ml/random'
import { expect, it } from 'vitest'
import type { LoadedModel, Tensors } from '../model.ts'
import { OnnxRuntime } from './onnx-runtime.ts'

const random = seededRandom(2)
const values = () => Float32Array.from({ length: 500 }, random)
const [a, b] = [values(), values()]

/** Boosted trees for `factor` times a product. */
const trees = (factor: number): Uint8Array =>
  trainers['gradient-boosting']
    .fit(
      tableOf([
        numericColumn('a', a),
        numericColumn('b', b),
        numericColumn(
          'y',
          Float64Array.from(a, (each, i) => each * b[i]! * factor),
        ),
      ]),
      'y',
      { iterations: 30, seed: 1 },
    )
    .toOnnx()

const few = trees(1)

/** A graph that is no model of trees. */
function plain(): Uint8Array {
  const graph = new GraphBuilder()
  const x = graph.input({ name: 'x', type: 'float', shape: [1] })
  graph.output(graph.add('Tanh', [x]), { name: 'y', type: 'float', shape: [1] })
  return graph.finish('plain', {})
}

function rows(count: number, from = 0): Tensors {
  const part = (all: Float32Array) =>
    Float32Array.from({ length: count }, (_, i) => all[(from + i) % 500]!)
  const tensor = (data: Float32Array) => ({ datatype: 'FP32' as const, shape: [count, 1], data })
  return { a: tensor(part(a)), b: tensor(part(b)) }
}

const numbersOf = (outputs: Tensors): number[] => [...(outputs['variable']!.data as Float32Array)]
const answered = async (model: LoadedModel, asked: Tensors): Promise<number[]> =>
  numbersOf(await model.run(asked))

it('computes few rows at once and many in threads, with the same answers', async () => {
  await using runtime = new OnnxRuntime({ threads: 2 })
  await using alone = new OnnxRuntime({ threads: 1, kernel: false })
  const [model, native] = [await runtime.load(few), await alone.load(few)]
  expect([model.runtime, native.runtime]).toEqual(['kaizen', 'onnxruntime'])
  expect(model.signature).toEqual(native.signature)
  for (const count of [0, 1, 7, 20_000]) {
    const ran: { readonly requests: number; readonly rows: number }[] = []
    const asked = rows(count)
    const outputs = await model.run(asked, undefined, { onRan: (run) => ran.push(run) })
    expect(numbersOf(outputs)).toEqual(await answered(native, asked))
    expect(ran).toEqual([{ requests: 1, rows: count }])
  }
  expect(model.work?.()).toMatchObject({ queued: 0, runs: 4, requests: 4, rows: 20_008 })
})

it('computes on onnxruntime where a run says so', async () => {
  await using runtime = new OnnxRuntime({ threads: 1 })
  const model = await runtime.load(few)
  const forced = await Promise.all(
    [1, 2, 300].map((count) => model.run(rows(count), undefined, { runtime: 'onnxruntime' })),
  )
  expect(forced.map((outputs) => numbersOf(outputs).length)).toEqual([1, 2, 300])
  expect(numbersOf(forced[2]!)).toEqual(await answered(model, rows(300)))
})

it('is held to the signature and names its outputs', async () => {
  await using runtime = new OnnxRuntime({ threads: 1 })
  const model = await runtime.load(few)
  const { a: given } = rows(3)
  const invalid = { code: 'INVALID_TENSOR' }
  await expect(model.run({ a: given! })).rejects.toMatchObject(invalid)
  await expect(model.run({ a: given!, b: rows(2)['b']! })).rejects.toMatchObject(invalid)
  const wide = { datatype: 'FP32' as const, shape: [1, 3], data: new Float32Array(3) }
  await expect(model.run({ a: wide, b: wide })).rejects.toMatchObject(invalid)
  const wrong = { datatype: 'FP64' as const, shape: [3, 1], data: new Float64Array(3) }
  await expect(model.run({ a: wrong, b: wrong })).rejects.toMatchObject(invalid)
  await expect(model.run(rows(1), ['other'])).rejects.toMatchObject(invalid)
  await expect(model.run(rows(40_000), ['other'])).rejects.toMatchObject(invalid)
})

it('starts its first thread with the first large request, and serves both kinds side by side', async () => {
  await using runtime = new OnnxRuntime({ threads: 2 })
  const model = await runtime.load(few)
  const many = Promise.all(Array.from({ length: 5 }, (_, i) => model.run(rows(20_000, i))))
  const [other, second] = await Promise.all([runtime.load(plain()), runtime.load(trees(2))])
  expect(other.runtime).toBe('onnxruntime')
  const x = { datatype: 'FP32' as const, shape: [1, 1], data: Float32Array.of(0) }
  expect((await other.run({ x }))['y']?.data).toEqual(Float32Array.of(0))
  expect((await many).map((outputs) => numbersOf(outputs).length)).toEqual(Array(5).fill(20_000))
  expect(numbersOf(await second.run(rows(20_000))).slice(0, 3)).toEqual(
    await answered(second, rows(3)),
  )
  await model.close()
  await expect(model.run(rows(1))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  expect(await answered(second, rows(1))).toHaveLength(1)
})

it('holds in a thread that another model started what it computed on the loop before', async () => {
  await using runtime = new OnnxRuntime({ threads: 1 })
  const model = await runtime.load(few)
  expect(await answered(model, rows(1))).toHaveLength(1)
  await runtime.load(plain())
  expect(await answered(model, rows(20_000))).toHaveLength(20_000)
  const forced = await model.run(rows(2), undefined, { runtime: 'onnxruntime' })
  expect(numbersOf(forced)).toEqual(await answered(model, rows(2)))
})

it('survives the loss of a thread, bounds what waits, and never waits where it computes at once', async () => {
  await using runtime = new OnnxRuntime({ threads: 1, maxPending: 1 })
  const model = await runtime.load(few)
  expect(await answered(model, rows(20_000))).toHaveLength(20_000)
  await new Promise(setImmediate)
  const lost = model.run(rows(20_000))
  await expect(model.run(rows(20_000))).rejects.toMatchObject({ code: 'OVERLOADED' })
  runtime.crashThread(0)
  await lost.catch((failure: unknown) => expect(failure).toMatchObject({ code: 'UNAVAILABLE' }))
  expect(await answered(model, rows(2))).toHaveLength(2)
  await expect
    .poll(
      () =>
        answered(model, rows(20_000)).then(
          ({ length }) => length,
          () => 0,
        ),
      { timeout: 10_000 },
    )
    .toBe(20_000)
})

it('refuses what onnxruntime refuses, and leaves damaged trees to it', async () => {
  await using runtime = new OnnxRuntime({ threads: 1 })
  await expect(runtime.load(few.subarray(0, few.length - 40))).rejects.toMatchObject({
    code: 'INVALID_MODEL',
  })
  await expect(runtime.load(Buffer.from('no model'))).rejects.toMatchObject({
    code: 'INVALID_MODEL',
  })
  await expect(runtime.load('/nowhere/model.onnx')).rejects.toMatchObject({ code: 'INVALID_MODEL' })
})

it('loads onnxruntime with the first model that needs it, in a process of its own', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-kernel-'))
  try {
    const file = join(folder, 'run.mjs')
    await writeFile(join(folder, 'trees.onnx'), few)
    await writeFile(join(folder, 'plain.onnx'), plain())
    await writeFile(
      file,
      `const { OnnxRuntime } = await import(${JSON.stringify(import.meta.resolve('./onnx-runtime.ts'))})
      const isLoaded = () => process.report.getReport().sharedObjects.some((name) => name.includes('onnxruntime'))
      await using runtime = new OnnxRuntime({ threads: 1 })
      const model = await runtime.load(${JSON.stringify(join(folder, 'trees.onnx'))})
      const ask = async (count) => {
        const tensor = { datatype: 'FP32', shape: [count, 1], data: new Float32Array(count) }
        return (await model.run({ a: tensor, b: tensor })).variable.data.length
      }
      const lengths = [await ask(1), await ask(50_000)]
      const before = isLoaded()
      await runtime.load(${JSON.stringify(join(folder, 'plain.onnx'))})
      console.log(JSON.stringify([lengths, before, isLoaded()]))`,
    )
    const { stdout } = await promisify(execFile)(process.execPath, [file])
    expect(JSON.parse(stdout)).toEqual([[1, 50_000], false, true])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
