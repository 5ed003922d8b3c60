import type { Forest } from './forest.ts'

/** The leaf that a row ends in, by the definition of the operator; the row's values begin at `at`. */
export function leafOf(
  forest: Forest,
  root: number,
  row: { readonly values: ArrayLike<number>; readonly at: number },
): number {
  const { feature, missingTrue, whenTrue, whenFalse } = forest
  let place = root
  while (place >= 0) {
    const value = row.values[row.at + feature[place]!]!
    const isTrue = passes(forest, place, value) || (missingTrue[place] === 1 && Number.isNaN(value))
    place = isTrue ? whenTrue[place]! : whenFalse[place]!
  }
  return ~place
}

/** In the order of `splitTests`. */
function passes({ test, split, members }: Forest, node: number, value: number): boolean {
  const bound = split[node]!
  switch (test[node]) {
    case 0:
      return value <= bound
    case 1:
      return value < bound
    case 2:
      return value >= bound
    case 3:
      return value > bound
    case 4:
      return value === bound
    case 5:
      return value !== bound
    default:
      return members?.[node]?.has(value) ?? false
  }
}
