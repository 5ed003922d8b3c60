import { detectorOf, type OnlineDetector, requireOption, type Signal } from './detector.ts'

export interface EddmOptions {
  /** Values that set no level, and errors without a verdict, at the start; 30 by default. */
  readonly warmStart?: number
  /** Levels of the distance between errors, relative to the highest seen; 0.95 and 0.9 by default. */
  readonly alpha?: number
  readonly beta?: number
}

export interface EddmState {
  n: number
  errors: number
  lastError: number
  mean: number
  m2: number
  highest: number
  signal: Signal
}

const fresh = (): EddmState => ({
  n: 0,
  errors: 0,
  lastError: 0,
  mean: 0,
  m2: 0,
  highest: 0,
  signal: 'stable',
})

/** The early drift detection method (Baena-García et al. 2006): errors that come closer together. @throws MlError for alpha below beta. */
export const eddm = (
  { warmStart = 30, alpha = 0.95, beta = 0.9 }: EddmOptions = {},
  state: EddmState = fresh(),
): OnlineDetector<EddmState> => {
  requireOption(
    alpha >= beta,
    `alpha ${alpha} is below beta ${beta}`,
    'the warning comes before the alarm: give alpha the higher level',
  )
  return detectorOf('eddm', { ...state }, (s, value) => {
    if (s.signal === 'drift') Object.assign(s, fresh())
    s.n++
    if (value !== 1) return s.signal
    s.errors++
    const distance = s.n - s.lastError
    s.lastError = s.n
    const delta = distance - s.mean
    s.mean += delta / s.errors
    s.m2 += delta * (distance - s.mean)
    const reach = s.mean + 2 * Math.sqrt(s.errors > 1 ? s.m2 / (s.errors - 1) : 0)
    if (s.n <= warmStart) return s.signal
    if (reach > s.highest) s.highest = reach
    else if (s.errors > warmStart) {
      const level = reach / s.highest
      s.signal = level < beta ? 'drift' : level < alpha ? 'warning' : 'stable'
    }
    return s.signal
  })
}
