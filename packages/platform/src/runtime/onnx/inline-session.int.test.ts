import { GraphBuilder } from '@kaizen/ml/onnx'
import { expect, it } from 'vitest'
import type { Tensor } from '../model.ts'
import { InlineSession } from './inline-session.ts'
import { OnnxRuntime } from './onnx-runtime.ts'
import { OnnxSession } from './onnx-session.ts'

function adding(): Uint8Array {
  const graph = new GraphBuilder()
  const x = graph.input({ name: 'x', type: 'double', shape: [1] })
  const sum = graph.add('Add', [x, graph.doubles([1])])
  graph.output(sum, { name: 'variable', type: 'double', shape: [1] })
  return graph.finish('adding', {})
}
const column = (...values: number[]): Tensor => ({
  datatype: 'FP64',
  shape: [values.length, 1],
  data: Float64Array.from(values),
})
const observe = (inline: InlineSession, ms: number, times: number): void => {
  for (let i = 0; i < times; i++) inline.observe(ms)
}

it('takes a model that is quick and lets go of it when it is not', async () => {
  const bytes = adding()
  const opened = OnnxSession.open(bytes)
  await using stack = new AsyncDisposableStack()
  stack.defer(() => opened.release())
  const inline = new InlineSession(bytes, opened.signature, 0.1)
  observe(inline, 0.5, 8)
  observe(inline, 0.01, 7)
  expect(inline.session).toBeUndefined()
  observe(inline, 4, 1)
  await expect.poll(() => inline.session).toBeDefined()
  const ran = inline.session?.run([column(41)])
  expect(ran?.outputs[0]?.data).toEqual(Float64Array.of(42))
  // Cold code and a busy machine are no reason to let go, a slow model is: at once when it is far too slow.
  observe(inline, 0.15, 63)
  observe(inline, 0.05, 1)
  observe(inline, 3, 7)
  observe(inline, 0.05, 1)
  expect(inline.session).toBeDefined()
  observe(inline, 3, 56)
  expect(inline.session).toBeDefined()
  observe(inline, 3, 8)
  expect(inline.session).toBeUndefined()
})

it('judges a model that it let go of again, after more runs each time', async () => {
  const bytes = adding()
  const opened = OnnxSession.open(bytes)
  await using stack = new AsyncDisposableStack()
  stack.defer(() => opened.release())
  const inline = new InlineSession(bytes, opened.signature, 0.1)
  stack.defer(() => inline.close())
  observe(inline, 0.01, 8)
  await expect.poll(() => inline.session).toBeDefined()
  observe(inline, 0.3, 64)
  expect(inline.session).toBeUndefined()
  observe(inline, 0.01, 63)
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(inline.session).toBeUndefined()
  observe(inline, 0.01, 1)
  await expect.poll(() => inline.session).toBeDefined()
})

it('never takes half floats, or anything when it is switched off', async () => {
  const half = { inputs: [{ name: 'x', datatype: 'FP16', shape: [-1] }], outputs: [] }
  const whole = { inputs: [{ name: 'x', datatype: 'FP64', shape: [-1, 1] }], outputs: [] }
  for (const inline of [
    new InlineSession(adding(), half, 0.1),
    new InlineSession(adding(), whole, 0),
  ]) {
    observe(inline, 0.001, 16)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(inline.session).toBeUndefined()
  }
})

it('counts elements, not rows', () => {
  expect(InlineSession.fits(512)).toBe(true)
  expect(InlineSession.fits(513)).toBe(false)
})

it('answers alike before and after, closes while runs are inside, and fails as a thread does', async () => {
  await using runtime = new OnnxRuntime({ threads: 1, inlineBelowMs: 1000 })
  const model = await runtime.load(adding())
  for (let i = 0; i < 100; i++) {
    const { variable } = await model.run({ x: column(i) })
    expect(variable?.data).toEqual(Float64Array.of(i + 1))
    if (i % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  // Nobody waits for a thread now.
  const running = model.run({ x: column(1) })
  expect(runtime.pending).toBe(0)
  const wrong: Tensor = { datatype: 'FP32', shape: [1, 1], data: Float32Array.of(1) }
  await expect(model.run({ x: wrong })).rejects.toMatchObject({ code: 'INVALID_TENSOR' })
  const last = model.run({ x: column(2) })
  await model.close()
  expect((await running)['variable']?.data).toEqual(Float64Array.of(2))
  expect((await last)['variable']?.data).toEqual(Float64Array.of(3))
  await expect(model.run({ x: column(1) })).rejects.toMatchObject({ code: 'UNAVAILABLE' })
})
