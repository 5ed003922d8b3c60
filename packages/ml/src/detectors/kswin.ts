import { kolmogorovSmirnovOfSorted } from '../drift/kolmogorov-smirnov.ts'
import { detectorOf, type OnlineDetector, requireOption } from './detector.ts'

export interface KswinOptions {
  /** Significance; 0.005 by default. */
  readonly alpha?: number
  /** Values kept, and newest ones among them that are compared; 100 and 30 by default. */
  readonly window?: number
  readonly stat?: number
  readonly seed?: number
}

export interface KswinState {
  values: number[]
  random: number
}

/** Differences of the distribution functions up to this are no drift, however significant. */
const SMALLEST_D = 0.1

/**
 * KSWIN (Raab, Heusinger and Schleif 2020): Kolmogorov and Smirnov's test of the newest values against a
 * random sample of the older ones in a sliding window. After a drift it starts anew, as River's does.
 * @throws MlError for a level outside 0 to 1, or a window below two samples.
 */
export const kswin = (
  { alpha = 0.005, window = 100, stat = 30, seed = 0 }: KswinOptions = {},
  state: KswinState = { values: [], random: (seed ^ 0x2545f491) | 1 },
): OnlineDetector<KswinState> => {
  requireOption(alpha > 0 && alpha < 1, `alpha is ${alpha}`, 'give a level between 0 and 1')
  requireOption(
    stat >= 1 && window >= 2 * stat,
    `the window of ${window} values does not hold two samples of ${stat}`,
    'give a window of at least twice the values that are compared',
  )
  return detectorOf('kswin', structuredClone(state), (s, value) => {
    s.values.push(value)
    if (s.values.length > window) s.values.shift()
    if (s.values.length < window) return 'stable'
    const older = s.values.slice(0, window - stat)
    for (let i = 0; i < stat; i++) {
      const j = i + (nextRandom(s) % (older.length - i))
      ;[older[i], older[j]] = [older[j]!, older[i]!]
    }
    const sample = Float64Array.from(older.slice(0, stat)).sort()
    const newest = Float64Array.from(s.values.slice(window - stat)).sort()
    const test = kolmogorovSmirnovOfSorted(sample, newest, { method: 'exact' })
    if (test.status !== 'ok' || test.statistic <= SMALLEST_D || test.pValue! > alpha)
      return 'stable'
    s.values = []
    return 'drift'
  })
}

/** xorshift32 (Marsaglia 2003), part of the state. */
const nextRandom = (s: KswinState): number => {
  let x = s.random
  x ^= x << 13
  x ^= x >>> 17
  x ^= x << 5
  s.random = x
  return x >>> 0
}
