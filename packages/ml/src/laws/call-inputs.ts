import * as ml from '../index.ts'

/** Arguments for one call of a public function, made anew each time. */
export type Call = () => readonly unknown[]

const random = ml.seededRandom(31)
export const ROWS = 60
export const drawn = Array.from({ length: ROWS }, () => random())
export const others = Array.from({ length: ROWS }, () => random() * 2)
export const bits = drawn.map((x) => (x > 0.45 ? 1 : 0))
export const names = others.map((x) => 'abc'[Math.floor(1.5 * x)]!)

export const a = () => Float64Array.from(drawn)
export const b = () => Float64Array.from(others)
export const y = () => Float64Array.from(bits)
export const p = () => Float64Array.from(others, (x) => (x > 1 ? 1 : 0))
export const points = () => drawn.map((x, i) => Float64Array.of(x, others[i]!))
export const cells = () => ml.categoryCells(names, [...names.slice(10), 'a', 'd'])
export const binary = () => ml.categoryCells(bits, [...bits.slice(5), 0, 1, 1])
export const fair = () => ({ label: y(), prediction: p(), groups: names })
export const scored = () => ({
  label: y(),
  score: a(),
  groups: names.map((x) => (x === 'a' ? 'a' : 'b')),
})
export const table = () =>
  ml.tableOf([ml.numericColumn('x', a()), ml.categoricalColumn('c', names)])
export const labelled = () =>
  ml.tableOf([ml.numericColumn('x', a()), ml.numericColumn('z', b()), ml.numericColumn('y', y())])
export const shares = () => [a(), Float64Array.from(drawn, (x) => 1 - x)]
export const predict = (rows: readonly Float64Array[]) =>
  rows.map((row) => 2 * row[0]! - row[1]! ** 2)
export const ensemble = () => ({
  features: 2,
  base: 0.5,
  scale: 1,
  trees: [
    {
      left: Int32Array.of(1, -1, -1),
      right: Int32Array.of(2, -1, -1),
      feature: Int32Array.of(0, -1, -1),
      threshold: Float64Array.of(0.5, 0, 0),
      value: Float64Array.of(0, 1, 3),
      cover: Float64Array.of(10, 4, 6),
    },
  ],
})
export const interval = { alpha: 0.05, vOpt: 10, alphaOpt: 0.05 }
export const texts = (word: string) => names.map((name, i) => `${name} ${word} number ${i % 7}.`)
export const arms = () =>
  [0.2, 0.5].map((reward) => ml.withReward({ count: 0, sum: 0, sumSquares: 0 }, reward, 1))
export const cbpe = () =>
  ml.requireOk(ml.fitCbpe(y(), a(), { metric: 'roc_auc', chunkSize: 20, calibrate: true }))
export const multiclass = () =>
  ml.requireOk(
    ml.fitMulticlassCbpe(y(), shares(), {
      metric: 'f1',
      chunkSize: 20,
      calibrate: [true, false],
    }),
  )
export const randomised = () => ml.fitRandomisedThresholds(scored())
export const encoded = () => ({ rowCount: ROWS, columns: [Float32Array.from(drawn)] })
export const chain = () => ml.fitPreprocessing(encoded(), [{ kind: 'numeric', name: 'x' }])
export const model = () => ml.fitModel({ trainer: 'linear', table: labelled(), target: 'y' })
export const lossesOf = (losses: readonly number[]) =>
  losses.reduce((arm, loss) => ml.withLoss(arm, loss), ml.EMPTY_ARM)
export const linear = () =>
  ml.withLinearReward(ml.noLinearRewards(2), { context: [1, 2], reward: 1 }, 1)
