import { type Table, trainers } from '@kaizen/ml'

export const features = 20
export const featureNames: readonly string[] = Array.from({ length: features }, (_, i) => `x${i}`)

/** Numbers from 0 to 1 that are the same in every run. */
export function seeded(seed = 1): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** 20 numbers and one of 3 classes that depends on some of them. */
function trainingTable(count: number): Table {
  const random = seeded()
  const columns = featureNames.map((name) => ({
    name,
    kind: 'numeric' as const,
    values: Float64Array.from({ length: count }, random),
  }))
  const [a, b, c] = columns
  const codes = Int32Array.from({ length: count }, (_, row) => {
    const sum = a!.values[row]! + b!.values[row]! * c!.values[row]! + 0.3 * random()
    return sum < 0.6 ? 0 : sum < 1 ? 1 : 2
  })
  const dictionary = ['low', 'middle', 'high']
  return {
    rowCount: count,
    columns: [...columns, { name: 'class', kind: 'categorical', codes, dictionary }],
  } as Table
}

/** The model of the figures: a boosted-tree classifier of 100 rounds, 20 float features and 3 classes, as ONNX. */
export const classifier = (): Uint8Array =>
  trainers['gradient-boosting'].fit(trainingTable(4000), 'class', { iterations: 100 }).toOnnx()
