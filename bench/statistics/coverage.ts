import {
  aucInterval,
  bootstrapIntervals,
  differenceIntervals,
  proportionIntervals,
  type Random,
  seededRandom,
} from '@kaizen/ml'
import { normal } from './guarantees.ts'

type Interval = readonly [lower: number, upper: number]

/** An interval drawn afresh, and the truth that it should hold. */
export interface Covered {
  readonly draw: (random: Random) => Interval | null
  readonly truth: number
  readonly about: string
  /** The share of intervals that hold the truth is at least this, by the literature; 0.95 is what they are called. */
  readonly least: number
}

const count = (random: Random, trials: number, share: number): number => {
  let successes = 0
  for (let i = 0; i < trials; i++) if (random() < share) successes++
  return successes
}

const proportion =
  (name: keyof ReturnType<typeof proportionIntervals>) =>
  (random: Random): Interval =>
    proportionIntervals(count(random, 40, 0.1), 40)[name] as Interval
const difference =
  (name: keyof ReturnType<typeof differenceIntervals>) =>
  (random: Random): Interval =>
    differenceIntervals([count(random, 40, 0.3), 40], [count(random, 60, 0.2), 60])[
      name
    ] as Interval
const bootstrap =
  (name: 'percentile' | 'basic' | 'bca') =>
  (random: Random): Interval | null => {
    const values = Float64Array.from({ length: 40 }, () => -Math.log(1 - random()))
    const mean = (sample: Float64Array) => sample.reduce((sum, x) => sum + x, 0) / sample.length
    const seed = Math.floor(random() * 1e9)
    const found = bootstrapIntervals(values, mean, { resamples: 999, confidence: 0.95, seed })
    return found.status === 'ok' ? found[name] : null
  }

const SHARE = 'share 0.1 of 40'
const GAP = 'share 0.3 of 40 less 0.2 of 60'
const MEAN = 'mean of 40, exponential'

/** Normal scores of two classes a deviation apart: the area is the normal probability of 1 / sqrt(2). */
const AREA = 0.7602499389065233

export const INTERVALS: Readonly<Record<string, Covered>> = {
  wilson: { draw: proportion('wilson'), truth: 0.1, about: SHARE, least: 0.93 },
  'clopper-pearson': { draw: proportion('clopperPearson'), truth: 0.1, about: SHARE, least: 0.95 },
  'agresti-coull': { draw: proportion('agrestiCoull'), truth: 0.1, about: SHARE, least: 0.93 },
  jeffreys: { draw: proportion('jeffreys'), truth: 0.1, about: SHARE, least: 0.92 },
  'normal (Wald)': { draw: proportion('normal'), truth: 0.1, about: SHARE, least: 0.85 },
  newcombe: { draw: difference('newcombe'), truth: 0.1, about: GAP, least: 0.94 },
  'wald, difference': { draw: difference('wald'), truth: 0.1, about: GAP, least: 0.92 },
  'agresti-caffo': { draw: difference('agrestiCaffo'), truth: 0.1, about: GAP, least: 0.94 },
  'bootstrap, percentile': { draw: bootstrap('percentile'), truth: 1, about: MEAN, least: 0.9 },
  'bootstrap, basic': { draw: bootstrap('basic'), truth: 1, about: MEAN, least: 0.88 },
  'bootstrap, BCa': { draw: bootstrap('bca'), truth: 1, about: MEAN, least: 0.91 },
  'delong, area': {
    draw: (random) => {
      const label = Float64Array.from({ length: 100 }, (_, i) => i % 2)
      const found = aucInterval(
        label,
        label.map((y) => y + normal(random)),
      )
      return found.status === 'ok' ? [found.lower, found.upper] : null
    },
    truth: AREA,
    about: 'area under the curve, 50 and 50 rows',
    least: 0.93,
  },
}

/** The share of intervals that hold the truth. */
export const coverage = (name: string, runs: number): number => {
  const { draw, truth } = INTERVALS[name]!
  const random = seededRandom(58)
  let held = 0
  for (let i = 0; i < runs; i++) {
    const interval = draw(random)
    if (interval && interval[0] <= truth && truth <= interval[1]) held++
  }
  return held / runs
}
