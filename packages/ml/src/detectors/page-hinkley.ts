import { detectorOf, type OnlineDetector, requireOption } from './detector.ts'

export interface PageHinkleyOptions {
  /** Values without a verdict at the start; 30 by default. */
  readonly minInstances?: number
  /** Changes of the mean up to this are tolerated; 0.005 by default. */
  readonly delta?: number
  /** Sum of deviations at which a change is called; 50 by default. */
  readonly threshold?: number
  /** Forgetting of the sum; 0.9999 by default. */
  readonly alpha?: number
  /** Direction of change; both by default. */
  readonly mode?: 'up' | 'down' | 'both'
}

export interface PageHinkleyState {
  n: number
  mean: number
  up: number
  lowestUp: number
  down: number
  highestDown: number
  hasDrifted: boolean
}

const fresh = (): PageHinkleyState => ({
  n: 0,
  mean: 0,
  up: 0,
  lowestUp: 0,
  down: 0,
  highestDown: 0,
  hasDrifted: false,
})

/** Page's and Hinkley's test of a change of the mean (Page 1954; Hinkley 1971), with forgetting. @throws MlError for an unknown mode. */
export const pageHinkley = (
  options: PageHinkleyOptions = {},
  state: PageHinkleyState = fresh(),
): OnlineDetector<PageHinkleyState> => {
  const { minInstances = 30, delta = 0.005, threshold = 50, alpha = 0.9999 } = options
  const { mode = 'both' } = options
  requireOption(
    ['up', 'down', 'both'].includes(mode),
    `the mode is '${mode}'`,
    'use up, down or both',
  )
  return detectorOf('page-hinkley', { ...state }, (s, value) => {
    if (s.hasDrifted) Object.assign(s, fresh())
    s.n++
    s.mean += (value - s.mean) / s.n
    const deviation = value - s.mean
    s.up = alpha * s.up + deviation - delta
    s.down = alpha * s.down + deviation + delta
    if (s.up < s.lowestUp) s.lowestUp = s.up
    if (s.down > s.highestDown) s.highestDown = s.down
    if (s.n < minInstances) return 'stable'
    s.hasDrifted =
      (mode !== 'down' && s.up - s.lowestUp > threshold) ||
      (mode !== 'up' && s.highestDown - s.down > threshold)
    return s.hasDrifted ? 'drift' : 'stable'
  })
}
