import { regularizedBeta } from './incomplete-beta.ts'
import { monotoneRoot } from './root.ts'

/** P(X <= x) of the Beta(a, b) distribution. */
export const betaCdf = (x: number, a: number, b: number): number =>
  x <= 0 ? 0 : x >= 1 ? 1 : regularizedBeta(x, a, b)

/** The x with P(X <= x) = p of the Beta(a, b) distribution. */
export const betaQuantile = (p: number, a: number, b: number): number =>
  p <= 0 ? 0 : p >= 1 ? 1 : monotoneRoot((x) => betaCdf(x, a, b), p, [0, 1])
