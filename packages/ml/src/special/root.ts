/**
 * The argument at which a non-decreasing function reaches `target`, between `lower` and `upper`:
 * bisection until the bracket is as tight as doubles allow.
 */
export const monotoneRoot = (
  f: (x: number) => number,
  target: number,
  bracket: readonly [lower: number, upper: number],
): number => {
  let [lower, upper] = bracket
  for (let step = 0; step < 2000; step++) {
    const middle = lower + (upper - lower) / 2
    if (middle <= lower || middle >= upper) break
    if (f(middle) < target) lower = middle
    else upper = middle
  }
  return lower + (upper - lower) / 2
}

/** The smallest power-of-two bracket [0, 2^k] at whose end the function has reached the target. */
export const growBracket = (f: (x: number) => number, target: number): [number, number] => {
  let upper = 1
  while (f(upper) < target && upper < 1e300) upper *= 2
  return [0, upper]
}
