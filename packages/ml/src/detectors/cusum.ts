import type { OnlineDetector, Signal } from './detector.ts'

export interface CusumOptions {
  /** Values from which mean and standard deviation are learnt; 30 by default. */
  readonly warmUp?: number
  /** Shift that is tolerated and sum at which an alarm is raised, in standard deviations; 0.5 and 5. */
  readonly k?: number
  readonly h?: number
  readonly sides?: 'up' | 'down' | 'both'
}

export interface CusumState {
  n: number
  /** The first value, from which the others are measured: far from 0 their spread would lose its digits. */
  origin?: number
  /** The mean less the origin. */
  mean: number
  m2: number
  up: number
  down: number
  direction: 'up' | 'down' | null
}

export interface Cusum extends OnlineDetector<CusumState> {
  /** Direction of the newest alarm. */
  readonly direction: 'up' | 'down' | null
  readonly mean: number
  /** With divisor n - 1. */
  readonly standardDeviation: number
}

/**
 * Page's cumulative sums (1954) of standardised deviations from the mean of the first values. After an
 * alarm both sums start at 0; mean and deviation stay.
 */
export const cusum = (
  { warmUp = 30, k = 0.5, h = 5, sides = 'both' }: CusumOptions = {},
  state: CusumState = { n: 0, mean: 0, m2: 0, up: 0, down: 0, direction: null },
): Cusum => {
  const s = { ...state }
  const deviation = () => Math.sqrt(s.m2 / (Math.min(s.n, warmUp) - 1))
  return {
    name: 'cusum',
    update: (value): Signal => {
      if (!Number.isFinite(value)) return 'stable'
      if (s.n === 0) s.origin = value
      const x = value - (s.origin ?? 0)
      s.n++
      if (s.n <= warmUp) {
        const delta = x - s.mean
        s.mean += delta / s.n
        s.m2 += delta * (x - s.mean)
        return 'stable'
      }
      const sd = deviation()
      s.up = Math.max(0, s.up + x - s.mean - k * sd)
      s.down = Math.max(0, s.down + s.mean - x - k * sd)
      const isUp = sides !== 'down' && s.up > h * sd
      const isDown = sides !== 'up' && s.down > h * sd
      if (!isUp && !isDown) return 'stable'
      s.up = 0
      s.down = 0
      s.direction = isUp ? 'up' : 'down'
      return 'drift'
    },
    snapshot: () => ({ ...s }),
    get direction() {
      return s.direction
    },
    get mean() {
      return s.mean + (s.origin ?? 0)
    },
    get standardDeviation() {
      return deviation()
    },
  }
}
