import { detectorOf, type OnlineDetector } from './detector.ts'

export interface HddmOptions {
  /** Significance of drift and of warning; 0.001 and 0.005 by default. */
  readonly driftConfidence?: number
  readonly warningConfidence?: number
  /** Whether a falling mean is drift too; false by default. */
  readonly twoSided?: boolean
}

export interface HddmAState {
  n: number
  sum: number
  /** The part of the stream up to its lowest, and up to its highest upper bound. */
  nLow: number
  sumLow: number
  nHigh: number
  sumHigh: number
}

const fresh = (): HddmAState => ({ n: 0, sum: 0, nLow: 0, sumLow: 0, nHigh: 0, sumHigh: 0 })

/**
 * HDDM-A (Frías-Blanco et al. 2015): Hoeffding's bound on the mean of the whole stream against that of its
 * best part. Values in [0, 1].
 */
export const hddmA = (
  { driftConfidence = 0.001, warningConfidence = 0.005, twoSided = false }: HddmOptions = {},
  state: HddmAState = fresh(),
): OnlineDetector<HddmAState> => {
  const driftLog = Math.log(1 / driftConfidence)
  return detectorOf('hddm-a', { ...state }, (s, value) => {
    s.n++
    s.sum += value
    const mean = s.sum / s.n
    const radius = Math.sqrt(driftLog / (2 * s.n))
    if (s.nLow === 0 || s.sumLow / s.nLow + Math.sqrt(driftLog / (2 * s.nLow)) >= mean + radius) {
      s.nLow = s.n
      s.sumLow = s.sum
    }
    if (
      s.nHigh === 0 ||
      s.sumHigh / s.nHigh - Math.sqrt(driftLog / (2 * s.nHigh)) <= mean - radius
    ) {
      s.nHigh = s.n
      s.sumHigh = s.sum
    }
    const rise = s.nLow < s.n ? mean - s.sumLow / s.nLow : 0
    const fall = s.nHigh < s.n ? s.sumHigh / s.nHigh - mean : 0
    const exceeds = (gap: number, before: number, confidence: number) =>
      before < s.n && gap >= bound(s.n, before, confidence)
    const isDrift =
      exceeds(rise, s.nLow, driftConfidence) ||
      (twoSided && exceeds(fall, s.nHigh, driftConfidence))
    if (isDrift) {
      Object.assign(s, fresh())
      return 'drift'
    }
    const isWarning =
      exceeds(rise, s.nLow, warningConfidence) ||
      (twoSided && exceeds(fall, s.nHigh, warningConfidence))
    return isWarning ? 'warning' : 'stable'
  })
}

const bound = (n: number, before: number, confidence: number): number => {
  const m = ((n - before) / before) * (1 / n)
  return Math.sqrt((m / 2) * Math.log(2 / confidence))
}
