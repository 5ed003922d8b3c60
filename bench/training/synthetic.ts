import { numericColumn, permutation, seededRandom, type Table, tableOf } from '@kaizen/ml'

/**
 * A table of independent standard normal features `x0..` with a target `y` that depends on some of
 * them in a curved way and by pairs: a number, or 1 where noise lets the score exceed its middle.
 */
export const synthetic = (
  rows: number,
  features: number,
  task: 'regression' | 'classification',
): Table => {
  const random = seededRandom(7)
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const columns = Array.from({ length: features }, () =>
    Float64Array.from({ length: rows }, () => Math.fround(normal())),
  )
  const target = new Float64Array(rows)
  for (let row = 0; row < rows; row++) {
    const x = (feature: number): number => columns[feature]![row]!
    const score =
      Math.sin(2 * x(0)) + x(1) * x(2) + 0.5 * x(3) ** 2 + 0.7 * Math.abs(x(4)) + 0.3 * x(5) - 1
    const noisy = score + normal()
    target[row] = task === 'regression' ? noisy : Number(noisy > 0)
  }
  return tableOf([
    ...columns.map((values, index) => numericColumn(`x${index}`, values)),
    numericColumn('y', target),
  ])
}

/** The row numbers of a random fifth, to be held out, and of the rest. */
export const randomFifth = (table: Table, seed = 0): [Int32Array, Int32Array] => {
  const order = permutation(table.rowCount, seededRandom(seed))
  const cut = Math.round(table.rowCount / 5)
  return [order.slice(0, cut), order.slice(cut)]
}
