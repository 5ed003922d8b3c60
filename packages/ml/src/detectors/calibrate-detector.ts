import { adwin } from './adwin.ts'
import { cusum } from './cusum.ts'
import { ddm } from './ddm.ts'
import type { OnlineDetector } from './detector.ts'
import { eddm } from './eddm.ts'
import { hddmA } from './hddm-a.ts'
import { hddmW } from './hddm-w.ts'
import { kswin } from './kswin.ts'
import { pageHinkley } from './page-hinkley.ts'
import { type CalibratedThreshold, calibrateRunLength } from './run-length.ts'
import { stepd } from './stepd.ts'

/** How a detector hangs on one number that makes it alarm more rarely the larger it is. */
interface Dial {
  /** The option of the detector that is set. */
  readonly option: string
  /** The option at a place of the dial. */
  readonly at: (place: number) => number
  readonly range: readonly [low: number, high: number]
  readonly make: (value: number) => OnlineDetector<unknown>
}

const itself = (place: number) => place
/** Significances are dialled by their negative logarithm. */
const significance = (place: number) => Math.exp(-place)
const SIGNIFICANCES = [0.1, 60] as const

const DIALS = {
  adwin: {
    option: 'delta',
    at: significance,
    range: SIGNIFICANCES,
    make: (delta) => adwin({ delta }),
  },
  cusum: { option: 'h', at: itself, range: [0.5, 60], make: (h) => cusum({ h }) },
  ddm: {
    option: 'drift',
    at: itself,
    range: [0.5, 30],
    make: (drift) => ddm({ drift, warning: (2 * drift) / 3 }),
  },
  eddm: {
    option: 'beta',
    at: (place) => 1 / (1 + place),
    range: [0.005, 5],
    make: (beta) => eddm({ beta, alpha: (1 + beta) / 2 }),
  },
  hddmA: {
    option: 'driftConfidence',
    at: significance,
    range: SIGNIFICANCES,
    make: (driftConfidence) =>
      hddmA({ driftConfidence, warningConfidence: driftConfidence ** 0.75 }),
  },
  hddmW: {
    option: 'driftConfidence',
    at: significance,
    range: SIGNIFICANCES,
    make: (driftConfidence) =>
      hddmW({ driftConfidence, warningConfidence: driftConfidence ** 0.75 }),
  },
  kswin: {
    option: 'alpha',
    at: significance,
    range: SIGNIFICANCES,
    make: (alpha) => kswin({ alpha }),
  },
  pageHinkley: {
    option: 'threshold',
    at: itself,
    range: [0.01, 1e6],
    make: (threshold) => pageHinkley({ threshold }),
  },
  stepd: {
    option: 'drift',
    at: significance,
    range: SIGNIFICANCES,
    make: (drift) => stepd({ drift, warning: drift ** 0.5 }),
  },
} as const satisfies Record<string, Dial>

export type DetectorName = keyof typeof DIALS

/** Detectors whose run length can be set. */
export const DETECTOR_NAMES = Object.keys(DIALS) as readonly DetectorName[]

export interface CalibratedDetector extends CalibratedThreshold {
  readonly detector: DetectorName
  /** The option of the detector that `threshold` is for; its other options stay as they are by default. */
  readonly option: string
}

/**
 * The setting at which a detector runs `target` updates on average between false alarms, by simulation on `inControl`
 * values (drawn with replacement): errors of 0 and 1 for DDM, EDDM, HDDM and STEPD, any numbers for the others.
 * Detectors that look only at every so many values, or at few distinct ones, are the nearest setting above the target.
 * @throws MlError when there are no values, or no setting reaches the target.
 */
export const calibrateDetector = (
  detector: DetectorName,
  inControl: Float64Array,
  options: { readonly target: number; readonly runs?: number; readonly seed?: number },
): CalibratedDetector => {
  const { option, at, range, make }: Dial = DIALS[detector]
  const found = calibrateRunLength((place) => make(at(place)), inControl, { ...options, range })
  return { detector, option, threshold: at(found.threshold), runLength: found.runLength }
}
