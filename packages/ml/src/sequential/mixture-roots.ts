import { monotoneRoot } from '../special/root.ts'

/** The s > 0 at which an increasing log supermartingale reaches ln(1 / alpha). */
export const crossing = (logSupermartingale: (s: number) => number, alpha: number): number => {
  const target = Math.log(1 / alpha)
  let upper = 1
  while (logSupermartingale(upper) < target && upper < 1e300) upper *= 2
  return monotoneRoot(logSupermartingale, target, [0, upper])
}
