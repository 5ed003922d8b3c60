import { categoricalColumn, numericColumn, tableOf } from '@kaizen/ml/data'
import { trainers } from '@kaizen/ml/estimators'
import { seededRandom } from '@kaizen/ml/random'
import { describe, expect, it } from 'vitest'
import type { Tensor } from '../model.ts'
import { OnnxSession } from '../onnx/onnx-session.ts'
import { KernelModel } from './kernel-model.ts'

const random = seededRandom(11)
const count = 400
const towns = ['Bern', 'Genf', 'Chur', 'Zug']
const numbers = (gaps: number): Float32Array =>
  Float32Array.from({ length: count }, () => (random() < gaps ? Number.NaN : random() * 10))
const [a, b, c] = [numbers(0), numbers(0.1), numbers(0)]
const town = Array.from({ length: count }, () =>
  random() < 0.1 ? null : towns[Math.floor(random() * towns.length)]!,
)
const score = Float64Array.from(
  { length: count },
  (_, i) => a[i]! * 0.7 + (b[i]! || 3) * c[i]! * 0.1 + (town[i] === 'Chur' ? 4 : 0) + random(),
)
const features = [
  numericColumn('a', a),
  numericColumn('b', b),
  numericColumn('c', c),
  categoricalColumn('town', town),
]
const targets = {
  number: numericColumn('y', score),
  two: categoricalColumn(
    'y',
    Array.from(score, (each) => (each > 8 ? 'yes' : 'no')),
  ),
  three: categoricalColumn(
    'y',
    Array.from(score, (each) => (each > 10 ? 'c' : each > 7 ? 'b' : 'a')),
  ),
}
const boosting = trainers['gradient-boosting']
const kinds = ['number', 'two', 'three'] as const

/** Rows with gaps, unknown categories and the ends of what numbers are. */
function rowsOf(count: number): Tensor[] {
  const draws = seededRandom(count)
  const wild = [Number.NaN, Infinity, -Infinity, 0, -0, 1e-45, 3.4e38]
  const shape = [count, 1]
  const number = (): Tensor => ({
    datatype: 'FP32',
    shape,
    data: Float32Array.from({ length: count }, () =>
      draws() < 0.2 ? wild[Math.floor(draws() * wild.length)]! : draws() * 12 - 1,
    ),
  })
  const names = [...towns, '', 'Atlantis']
  const data = Array.from({ length: count }, () => names[Math.floor(draws() * names.length)]!)
  return [number(), number(), number(), { datatype: 'BYTES', shape, data }]
}

function answersOf(bytes: Uint8Array, rows: number) {
  const kernel = KernelModel.open(bytes)
  const session = OnnxSession.open(bytes)
  expect(kernel?.signature).toEqual(session.signature)
  const inputs = rowsOf(rows)
  const answers = { ours: kernel!.run(inputs).outputs, theirs: session.run(inputs).outputs }
  session.release()
  return answers
}

describe.each(kinds)('boosted trees for %s', (kind) => {
  const table = tableOf([...features, targets[kind]])
  const model = boosting.fit(table, 'y', { iterations: 20, seed: 1 }).toOnnx()
  it.each([0, 1, 3, 300])('give %i rows what onnxruntime gives them', (rows) => {
    const { ours, theirs } = answersOf(model, rows)
    ours.forEach((tensor, i) => {
      expect(tensor.shape).toEqual([...theirs[i]!.shape])
      // Exponentials in float64 may differ in the last digit, of which float32 shows none.
      expect([...tensor.data]).toEqual([...theirs[i]!.data])
    })
  })
})

describe('linear models', () => {
  it.each([
    ['linear', 'number'],
    ['logistic', 'two'],
    ['logistic', 'three'],
  ] as const)('%s for %s', (trainer, kind) => {
    const table = tableOf([...features, targets[kind]])
    const { ours, theirs } = answersOf(trainers[trainer].fit(table, 'y', {}).toOnnx(), 200)
    ours.forEach((tensor, i) => {
      const other = theirs[i]!
      for (let j = 0; j < other.data.length; j++) {
        const [mine, given] = [tensor.data[j]!, other.data[j]!]
        if (typeof mine !== 'number') expect(mine).toBe(given)
        else if (Number.isFinite(mine)) expect(mine).toBeCloseTo(given as number, 5)
        else expect(mine).toBe(given)
      }
    })
  })
})
