import type { Forest } from './forest.ts'
import type { LaneType } from './lane-walk.ts'

/** Numbers that comparisons are tried out on: exact, between two float32, and at the ends of what there is. */
const bounds = [
  0,
  -0,
  1,
  -1,
  0.1,
  Math.fround(0.1),
  1e-45,
  -1e-45,
  5e-324,
  3.4e38,
  -3.4e38,
  1e300,
  -1e300,
  2 ** 24 + 1,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
]

export interface ForestOptions {
  readonly trees: number
  readonly targets: number
  readonly tests: 'leq' | 'lt' | 'gte' | 'gt' | 'comparisons' | 'all'
  readonly precision: 'float32' | 'float64'
}

const kinds = { leq: [0], lt: [1], gte: [2], gt: [3], comparisons: [0, 1, 2, 3] } as const

/** A forest of trees of any shape whose leaves give every score; bounds and weights are of its precision. */
export function randomForest(random: () => number, options: ForestOptions): Forest {
  const { trees, targets, precision } = options
  const round = precision === 'float32' ? Math.fround : (value: number) => value
  const features = 4
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
  const tests = options.tests === 'all' ? [0, 1, 2, 3, 4, 5, 6] : kinds[options.tests]
  const [feature, test, split, missing]: number[][] = [[], [], [], []]
  const [whenTrue, whenFalse, roots, target, weight]: number[][] = [[], [], [], [], []]
  const members: (ReadonlySet<number> | undefined)[] = []
  const start = [0]
  const grow = (depth: number): number => {
    if (depth === 0 || random() < 0.2) {
      for (let each = 0; each < targets; each++) {
        target!.push(each)
        weight!.push(round(random() - 0.4))
      }
      start.push(weight!.length)
      return ~(start.length - 2)
    }
    const node = feature!.length
    feature!.push(Math.floor(random() * features))
    test!.push(pick(tests))
    split!.push(round(random() < 0.5 ? pick(bounds) : random() * 4 - 2))
    missing!.push(Number(random() < 0.5))
    members.push(new Set([pick(bounds), pick(bounds)]))
    whenTrue!.push(0)
    whenFalse!.push(0)
    whenTrue![node] = grow(depth - 1)
    whenFalse![node] = grow(depth - 1)
    return node
  }
  for (let tree = 0; tree < trees; tree++) roots!.push(grow(1 + Math.floor(random() * 6)))
  return {
    features,
    targets,
    roots: Int32Array.from(roots!),
    feature: Int32Array.from(feature!),
    test: Uint8Array.from(test!),
    split: Float64Array.from(split!),
    missingTrue: Uint8Array.from(missing!),
    whenTrue: Int32Array.from(whenTrue!),
    whenFalse: Int32Array.from(whenFalse!),
    members,
    weightStart: Int32Array.from(start),
    weightTarget: Int32Array.from(target!),
    weight: Float64Array.from(weight!),
    precision,
  }
}

/** Rows whose values are often those that the forest compares with, or missing. */
export function randomRows(
  random: () => number,
  { features, split }: Forest,
  { rows, cells }: { readonly rows: number; readonly cells: LaneType },
): Float32Array | Float64Array {
  const values = [...bounds, ...split, Number.NaN, Number.NaN]
  const value = (): number =>
    random() < 0.6 ? values[Math.floor(random() * values.length)]! : random() * 4 - 2
  const Values = cells === 'float32' ? Float32Array : Float64Array
  return Values.from(Array.from({ length: rows * features }, value))
}
