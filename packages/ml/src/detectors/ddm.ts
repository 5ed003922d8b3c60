import { detectorOf, type OnlineDetector } from './detector.ts'

export interface DdmOptions {
  /** Values without a verdict at the start; 30 by default. */
  readonly warmStart?: number
  /** Standard deviations above the lowest error rate; 2 and 3 by default. */
  readonly warning?: number
  readonly drift?: number
}

export interface DdmState {
  n: number
  errors: number
  lowestRate: number
  lowestDeviation: number
  /** Null before there is a lowest level. */
  lowest: number | null
  hasDrifted: boolean
}

const fresh = (): DdmState => ({
  n: 0,
  errors: 0,
  lowestRate: 0,
  lowestDeviation: 0,
  lowest: null,
  hasDrifted: false,
})

/** The drift detection method for error rates (Gama, Medas, Castillo and Rodrigues 2004). */
export const ddm = (
  { warmStart = 30, warning = 2, drift = 3 }: DdmOptions = {},
  state: DdmState = fresh(),
): OnlineDetector<DdmState> =>
  detectorOf('ddm', { ...state }, (s, value) => {
    if (s.hasDrifted) Object.assign(s, fresh())
    s.n++
    s.errors += value
    const rate = s.errors / s.n
    const deviation = Math.sqrt((rate * (1 - rate)) / s.n)
    if (s.n <= warmStart) return 'stable'
    const level = rate + deviation
    if (s.lowest === null || level <= s.lowest) {
      s.lowest = level
      s.lowestRate = rate
      s.lowestDeviation = deviation
    }
    s.hasDrifted = level > s.lowestRate + drift * s.lowestDeviation
    if (s.hasDrifted) return 'drift'
    return level > s.lowestRate + warning * s.lowestDeviation ? 'warning' : 'stable'
  })
