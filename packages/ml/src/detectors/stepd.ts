import { normalTwoSided } from '../special/normal.ts'
import { detectorOf, type OnlineDetector } from './detector.ts'

export interface StepdOptions {
  /** Newest values that are compared with all before them; 30 by default. */
  readonly window?: number
  /** Significance of drift and of warning; 0.003 and 0.05 by default. */
  readonly drift?: number
  readonly warning?: number
}

export interface StepdState {
  olderCount: number
  olderErrors: number
  recent: number[]
  hasDrifted: boolean
}

const fresh = (): StepdState => ({ olderCount: 0, olderErrors: 0, recent: [], hasDrifted: false })

/**
 * STEPD (Nishida and Yamauchi 2007): the test of equal proportions, with continuity correction, of recent
 * errors against all before. Only a rising error rate counts.
 */
export const stepd = (
  { window = 30, drift = 0.003, warning = 0.05 }: StepdOptions = {},
  state: StepdState = fresh(),
): OnlineDetector<StepdState> =>
  detectorOf('stepd', structuredClone(state), (s, value) => {
    if (s.hasDrifted) Object.assign(s, fresh())
    s.recent.push(value)
    if (s.recent.length > window) {
      s.olderCount++
      s.olderErrors += s.recent.shift()!
    }
    if (s.olderCount < window) return 'stable'
    const recentErrors = s.recent.reduce((sum, error) => sum + error, 0)
    const [before, after] = [s.olderErrors / s.olderCount, recentErrors / window]
    const pooled = (s.olderErrors + recentErrors) / (s.olderCount + window)
    const reciprocals = 1 / s.olderCount + 1 / window
    const gap = Math.abs(before - after) - reciprocals / 2
    const spread = Math.sqrt(pooled * (1 - pooled) * reciprocals)
    if (after <= before || spread === 0) return 'stable'
    const pValue = normalTwoSided(Math.max(0, gap) / spread)
    s.hasDrifted = pValue < drift
    return s.hasDrifted ? 'drift' : pValue < warning ? 'warning' : 'stable'
  })
