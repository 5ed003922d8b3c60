import type { Figure, Reach } from '../figure.ts'

/** What `statistics.ts` prints: CPU seconds by figure. */
export interface StatisticsResults {
  readonly kaizen: Readonly<Record<string, number>>
  readonly peers: Readonly<Record<string, number>>
}

interface Row {
  readonly name: string
  readonly what: string
  readonly peer?: string
  /** The peer's figure, where it has another name. */
  readonly peerName?: string
  readonly reach?: Reach
}

const ratio = (atMost: number): Reach => ({ of: 'ratio', atMost })
const figure = (atMost: number): Reach => ({ of: 'figure', atMost })

/** Work as a whole, in CPU seconds. */
const works: readonly Row[] = [
  { name: 'ks', what: 'Kolmogorov-Smirnov, 1M against 1M', peer: 'scipy', reach: ratio(1.5) },
  {
    name: 'treeShap',
    what: 'path-dependent TreeSHAP, 10k rows, 100 trees of depth 6',
    peer: 'shap',
    reach: ratio(1.5),
  },
  {
    name: 'metricFrame',
    what: '9 metrics by group, 32,561 rows',
    peer: 'fairlearn',
    reach: ratio(1 / 30),
  },
  {
    name: 'metricFrameBootstrap',
    what: 'the same with 100 bootstraps',
    peer: 'fairlearn',
    reach: ratio(1 / 30),
  },
  {
    name: 'cbpe',
    what: 'CBPE, 6 metrics, fit and estimate on 500k rows each',
    peer: 'nannyml',
    reach: figure(0.5),
  },
  {
    name: 'profile',
    what: 'mergeable profile of 1M × 20 numbers (whylogs: 16 of numbers, 4 of categories)',
    peer: 'whylogs',
    peerName: 'profileTable',
    reach: figure(2.5),
  },
  {
    name: 'summary',
    what: 'summary of 100k × 20 columns',
    peer: 'evidently',
    reach: figure(0.3),
  },
  {
    name: 'driftReport',
    what: 'drift of all columns with automatic tests, 1M × 20 against 1M × 20 (Kaizen from Parquet, Evidently from memory)',
    peer: 'evidently',
    reach: figure(3),
  },
  {
    name: 'driftReport',
    what: 'the same (NannyML: Kolmogorov-Smirnov and chi-square, from memory)',
    peer: 'nannyml',
    peerName: 'driftTests',
  },
  {
    name: 'driftReport',
    what: 'the same (NannyML: Jensen-Shannon, from memory)',
    peer: 'nannyml',
    peerName: 'driftDistances',
  },
]

/** Online detectors: CPU time an update. */
const detectors: readonly Row[] = [
  { name: 'adwin', what: 'ADWIN', reach: ratio(1) },
  { name: 'ddm', what: 'DDM', reach: ratio(1) },
  { name: 'eddm', what: 'EDDM' },
  { name: 'hddmA', what: 'HDDM-A', reach: ratio(1 / 10) },
  { name: 'hddmW', what: 'HDDM-W', reach: ratio(1 / 10) },
  { name: 'pageHinkley', what: 'Page-Hinkley' },
  { name: 'kswin', what: 'KSWIN', reach: ratio(1 / 10) },
]

/** Wall time and memory of the comparison of all columns, which no CPU time says. */
const otherFigures = (kaizen: StatisticsResults['kaizen']): Figure[] => {
  const { driftWall: wall, driftPeakMb: peak } = kaizen
  const what = 'drift of all columns, 1M × 20'
  return [
    ...(wall === undefined
      ? []
      : [{ what: `${what}, wall`, kaizen: wall, unit: 's', reach: figure(2) }]),
    ...(peak === undefined
      ? []
      : [{ what: `${what}, peak of memory`, kaizen: peak, unit: 'MB', reach: figure(600) }]),
  ]
}

export function statisticsFigures({ kaizen, peers }: StatisticsResults): readonly Figure[] {
  const rowOf =
    (unit: string, times: number) =>
    ({ name, what, peer, peerName = name, reach }: Row): Figure[] => {
      const own = kaizen[name]
      const theirs = peers[peerName]
      if (own === undefined) return []
      return [
        {
          what: `${what}, CPU`,
          kaizen: own * times,
          unit,
          ...(peer !== undefined && theirs !== undefined
            ? { peer: { name: peer, value: theirs * times } }
            : {}),
          ...(reach ? { reach } : {}),
        },
      ]
    }
  return [
    ...works.flatMap(rowOf('s', 1)),
    ...otherFigures(kaizen),
    ...detectors
      .map((row) => ({ ...row, what: `${row.what}, an update`, peer: 'river' }))
      .flatMap(rowOf('ns', 1e9)),
  ]
}
