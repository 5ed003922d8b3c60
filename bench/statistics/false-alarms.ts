import {
  adwin,
  cusum,
  ddm,
  eddm,
  hddmA,
  hddmW,
  kswin,
  type OnlineDetector,
  pageHinkley,
  type Random,
  type RunLength,
  runLength,
  seededRandom,
  stepd,
} from '@kaizen/ml'
import { normal } from './guarantees.ts'

interface Watched {
  readonly make: () => OnlineDetector<unknown>
  readonly sees: 'values' | 'errors'
}

/** The online detectors with their defaults. */
export const DETECTORS: Readonly<Record<string, Watched>> = {
  adwin: { make: () => adwin(), sees: 'values' },
  'page-hinkley': { make: () => pageHinkley(), sees: 'values' },
  kswin: { make: () => kswin(), sees: 'values' },
  cusum: { make: () => cusum({ warmUp: 500 }), sees: 'values' },
  ddm: { make: () => ddm(), sees: 'errors' },
  eddm: { make: () => eddm(), sees: 'errors' },
  'hddm-a': { make: () => hddmA(), sees: 'errors' },
  'hddm-w': { make: () => hddmW(), sees: 'errors' },
  stepd: { make: () => stepd(), sees: 'errors' },
}

const HEALTHY = 500
const draws = {
  values: (random: Random, hasChanged: boolean) => normal(random) + (hasChanged ? 1 : 0),
  errors: (random: Random, hasChanged: boolean) => (random() < (hasChanged ? 0.5 : 0.2) ? 1 : 0),
} as const

/** Values until the first alarm where nothing changes, and from a change on after 500 healthy values. */
export const healthyRun = (
  name: string,
  runs: number,
  limit = 20_000,
): { readonly healthy: RunLength; readonly changed: RunLength } => {
  const { make, sees } = DETECTORS[name]!
  const draw = draws[sees]
  // The healthy values of each run are drawn from a generator of their own, so that all runs differ.
  const before = seededRandom(17)
  const warmed = () => {
    const detector = make()
    for (let i = 0; i < HEALTHY; i++) detector.update(draw(before, false))
    return detector
  }
  return {
    healthy: runLength(make, (random) => draw(random, false), { runs, limit, seed: 5 }),
    changed: runLength(warmed, (random) => draw(random, true), { runs, limit: 2000, seed: 6 }),
  }
}
