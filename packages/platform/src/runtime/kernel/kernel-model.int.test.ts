import { readFileSync } from 'node:fs'
import { seededRandom } from '@kaizen/ml'
import { describe, expect, it } from 'vitest'
import type { Datatype } from '../datatypes.ts'
import type { Tensor } from '../model.ts'
import { OnnxSession } from '../onnx/onnx-session.ts'
import { KernelModel } from './kernel-model.ts'

/** Models that converters of other libraries wrote; `foreign_models.py` says how. */
const file = new URL('./fixtures/foreign-models.json', import.meta.url)
const { models } = JSON.parse(readFileSync(file, 'utf8')) as {
  readonly models: Record<string, string>
}

/** What the kernel leaves to onnxruntime, which has rules of its own for it or says that it has another shape. */
const left =
  /PROBIT|^two classes|^score of class 1|^random forest, two numbers$|^logistic regression on float64$/
/** Sums of products, which onnxruntime adds in float32 in an order of its own. */
const linear = /logistic|regression|ridge|lasso/
/** Scores of float64 whose sums are the same, which then go through exponentials of other libraries. */
const rounded = /^float64 classes SOFTMAX/

const edges = [0, -0, 1, -1, 1e-45, 3.4e38, -3.4e38, Infinity, -Infinity, Number.NaN, Number.NaN]
const towns = ['Bern', 'Genf', 'Chur', 'Basel', '']

function randomInput(
  spec: { readonly datatype: string; readonly shape: readonly number[] },
  rows: number,
  { random, wild }: { readonly random: () => number; readonly wild: boolean },
): Tensor {
  const width = spec.shape[1]!
  const length = rows * width
  const datatype = spec.datatype as Datatype
  const number = (): number =>
    wild && random() < 0.3 ? edges[Math.floor(random() * edges.length)]! : random() * 6 - 3
  const numbers = Array.from({ length }, number)
  const shape = [rows, width]
  switch (datatype) {
    case 'FP32':
      return { datatype, shape, data: Float32Array.from(numbers) }
    case 'FP64':
      return { datatype, shape, data: Float64Array.from(numbers) }
    case 'INT64':
      return {
        datatype,
        shape,
        data: BigInt64Array.from(numbers, (each) =>
          BigInt(Number.isFinite(each) ? Math.trunc(Math.max(-9e15, Math.min(9e15, each * 3))) : 0),
        ),
      }
    default:
      return {
        datatype,
        shape,
        data: numbers.map(() => towns[Math.floor(random() * towns.length)]!),
      }
  }
}

/** Steps between neighbouring float32 numbers that two numbers lie apart. */
function ulps(a: number, b: number): number {
  if (Object.is(a, b) || (a === 0 && b === 0)) return 0
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.POSITIVE_INFINITY
  const bits = new Int32Array(Float32Array.of(a, b).buffer)
  const [x, y] = [...bits].map((each) => (each < 0 ? -(each & 0x7fffffff) : each)) as [
    number,
    number,
  ]
  return Math.abs(x - y)
}

/** Where the answers of both runtimes differ the most. */
function compare(
  bytes: Uint8Array,
  options: {
    readonly random: () => number
    readonly wild: boolean
    readonly rows: readonly number[]
  },
): { readonly ulps: number; readonly relative: number; readonly others: number } {
  const kernel = KernelModel.open(bytes)!
  const session = OnnxSession.open(bytes)
  let [most, relative, others] = [0, 0, 0]
  for (const rows of options.rows) {
    const inputs = kernel.signature.inputs.map((spec) => randomInput(spec, rows, options))
    const [ours, theirs] = [kernel.run(inputs).outputs, session.run(inputs).outputs]
    ours.forEach((tensor, i) => {
      const other = theirs[i]!
      expect(tensor.datatype).toBe(other.datatype)
      expect(tensor.shape).toEqual([...other.shape])
      for (let j = 0; j < other.data.length; j++) {
        const [a, b] = [tensor.data[j]!, other.data[j]!]
        if (typeof a !== 'number') others += Number(a !== b)
        else {
          most = Math.max(most, ulps(a, b as number))
          if (!Object.is(a, b))
            relative = Math.max(relative, Math.abs(a - (b as number)) / Math.max(1, Math.abs(a)))
        }
      }
    })
  }
  session.release()
  return { ulps: most, relative, others }
}

describe.each(Object.keys(models))('%s', (name) => {
  const bytes = Buffer.from(models[name]!, 'base64')
  it('has the signature and gives the answers that onnxruntime has and gives', () => {
    const kernel = KernelModel.open(bytes)
    if (left.test(name)) {
      expect(kernel).toBeUndefined()
      return
    }
    expect(kernel?.signature).toEqual(OnnxSession.open(bytes).signature)
    const random = seededRandom(name.length)
    for (const wild of [false, true]) {
      const found = compare(bytes, { random, wild, rows: [0, 1, 2, 5, 33, 200] })
      // Sums in float32 overflow where those in float64 do not.
      if (!(wild && linear.test(name))) expect(found.others).toBe(0)
      if (linear.test(name)) expect(found.relative).toBeLessThan(5e-7)
      else expect(found.ulps).toBeLessThanOrEqual(rounded.test(name) ? 2 : 0)
    }
  })
})
