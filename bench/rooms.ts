import type { Figure, Reach } from './figure.ts'
import { peerFigures } from './serving/peer-figures.ts'
import type { LogCost, Swap } from './serving/swap.ts'
import { statisticsFigures } from './statistics/figures.ts'

/** A folder of `bench/` with a program that measures. */
export interface Room {
  readonly name: string
  readonly title: string
  /** The program, relative to `bench/`; it prints its results as JSON, or writes them to `results.json` of its folder. */
  readonly program: string
  /** Where its results are kept, relative to `bench/`; `results.json` of the folder of its name unless told. */
  readonly results?: string
  readonly figuresOf: (results: never) => readonly Figure[]
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

interface StartResults {
  readonly serverMs: readonly number[]
  readonly nodeMs: readonly number[]
  readonly residentMb: readonly number[]
}

interface TrainingResults {
  readonly results: readonly {
    readonly case: string
    readonly rows: number
    readonly features: number
    readonly seconds: Readonly<Record<string, readonly number[]>>
    readonly scores: Readonly<Record<string, Readonly<Record<string, number>> | undefined>>
  }[]
}

function trainingFigures({ results }: TrainingResults): readonly Figure[] {
  return results.flatMap(({ case: name, rows, features, seconds, scores }) => {
    const data = `${name}, ${rows.toLocaleString('en-US')} × ${features}`
    const timeOfFit = (peer: string, atMost: number): Figure => ({
      what: `fit of ${data}`,
      kaizen: median(seconds['kaizen'] ?? []),
      unit: 's',
      peer: { name: peer, value: median(seconds[peer] ?? []) },
      reach: { of: 'ratio', atMost },
    })
    const quality = Object.entries(scores['kaizen'] ?? {}).map(([score, value]): Figure => {
      const peer = scores['scikit-learn']?.[score]
      const reach = scoresToReach[`${name} ${score}`]
      return {
        what: `${name}: ${score}`,
        kaizen: value,
        unit: '',
        ...(peer === undefined ? {} : { peer: { name: 'scikit-learn', value: peer } }),
        ...(reach === undefined ? {} : { reach: { of: 'figure' as const, ...reach } }),
      }
    })
    return [timeOfFit('scikit-learn', 1), timeOfFit('lightgbm', 2), ...quality]
  })
}

const scoresToReach: Readonly<
  Record<string, { readonly atLeast?: number; readonly atMost?: number }>
> = {
  'adult auc': { atLeast: 0.927 },
  'adult logLoss': { atMost: 0.277 },
  'bike rmse': { atMost: 41 },
}

interface TrackingResults {
  readonly rows: readonly {
    readonly work: string
    readonly unit: string
    readonly kaizen: number
    readonly mlflow: number | null
  }[]
}

const trackingFigures = ({ rows }: TrackingResults): readonly Figure[] =>
  rows.map(({ work, unit, kaizen, mlflow }) => ({
    what: work,
    kaizen,
    unit,
    ...(mlflow === null ? {} : { peer: { name: 'mlflow', value: mlflow } }),
    ...(work === 'log-metric, 32 clients'
      ? { reach: { of: 'figure' as const, atLeast: 8000 } }
      : work.startsWith('OTLP traces')
        ? { reach: { of: 'ratio' as const, atLeast: 15 } }
        : {}),
  }))

/** Bounds of what the room of reads measures: on Kaizen's figure, or on its ratio to the peer's in the same run. */
const readsToReach: readonly (readonly [begins: string, reach: Reach])[] = [
  ['start to', { of: 'figure', atMost: 800 }],
  ['memory while idle', { of: 'figure', atMost: 200 }],
  ['search: 100 newest', { of: 'ratio', atMost: 4 / 46 }],
  ['search: 100 runs', { of: 'ratio', atMost: 6 / 87 }],
  ['search: 1,000 runs', { of: 'ratio', atMost: 40 / 519 }],
  ['all runs in pages of 1,000, by time', { of: 'ratio', atMost: 0.8 / 10.1 }],
  ['all runs in pages of 1,000, by a metric', { of: 'ratio', atMost: 0.8 / 11.9 }],
  ['history of', { of: 'ratio', atMost: 60 / 1812 }],
  ['the same, sampled', { of: 'ratio', atMost: 6 / 93 }],
]

const onPostgres = 'PostgreSQL: '

/** On PostgreSQL half of a ratio is enough. */
function halved(reach: Reach | undefined): Reach | undefined {
  if (reach?.of !== 'ratio') return undefined
  const { atMost, atLeast } = reach
  return {
    of: 'ratio',
    ...(atMost === undefined ? {} : { atMost: atMost * 2 }),
    ...(atLeast === undefined ? {} : { atLeast: atLeast / 2 }),
  }
}

function readsReach(work: string): Reach | undefined {
  if (work.startsWith(onPostgres)) return halved(readsReach(work.slice(onPostgres.length)))
  if (work.includes('memory grows')) return { of: 'figure', atMost: 64 }
  if (work.startsWith('artifact')) return { of: 'ratio', atLeast: 2 }
  if (work.endsWith('1 clients, quick acknowledgement')) return { of: 'ratio', atLeast: 10 }
  if (work.endsWith('8 clients, quick acknowledgement')) return { of: 'ratio', atLeast: 20 }
  return readsToReach.find(([begins]) => work.startsWith(begins))?.[1]
}

const readsFigures = ({ rows }: TrackingResults): readonly Figure[] =>
  rows.map(({ work, unit, kaizen, mlflow }) => {
    const reach = readsReach(work)
    return {
      what: work,
      kaizen,
      unit,
      ...(mlflow === null ? {} : { peer: { name: 'mlflow', value: mlflow } }),
      ...(reach === undefined ? {} : { reach }),
    }
  })

interface SearchResults {
  readonly rows: readonly {
    readonly database: string
    readonly kind: string
    readonly firstMs: number
    readonly deepMs: number | null
  }[]
}

/** Of each database the slowest kind of search, by its first and by a deep page. */
function searchFigures({ rows }: SearchResults): readonly Figure[] {
  const databases = [...new Set(rows.map(({ database }) => database))]
  return databases.flatMap((database) =>
    (['firstMs', 'deepMs'] as const).flatMap((page) => {
      const own = rows.filter((row) => row.database === database)
      const [slowest] = own.toSorted((a, b) => (b[page] ?? 0) - (a[page] ?? 0))
      if (!slowest) return []
      const place = page === 'firstMs' ? 'first page' : 'deep page'
      return {
        what: `${database}: ${place} of 100 runs, the slowest of ${own.length} kinds (${slowest.kind})`,
        kaizen: slowest[page] ?? Number.NaN,
        unit: 'ms',
        reach: { of: 'figure', atMost: 50 },
      }
    }),
  )
}

interface QualityResults {
  readonly cpuSeconds: {
    readonly kaizen: readonly number[]
    readonly greatExpectations: readonly number[]
  }
}

const qualityFigures = ({ cpuSeconds }: QualityResults): readonly Figure[] => [
  {
    what: '20 expectations on 1,000,000 rows, CPU',
    kaizen: median(cpuSeconds.kaizen),
    unit: 's',
    peer: { name: 'Great Expectations on pandas', value: median(cpuSeconds.greatExpectations) },
    reach: { of: 'figure', atMost: 0.4 },
  },
]

interface PipelineResults {
  readonly overheadPerStepMs: number
  readonly stepStartMs: number
  readonly cachedSteps: number
  readonly cachedGraphMs: number
}

const pipelineFigures = (results: PipelineResults): readonly Figure[] => [
  {
    what: "a step, beyond its process's own start",
    kaizen: results.overheadPerStepMs,
    unit: 'ms',
    reach: { of: 'figure', atMost: 50 },
  },
  {
    what: 'from the end of a step to the code of the next',
    kaizen: results.stepStartMs,
    unit: 'ms',
    reach: { of: 'figure', atMost: 200 },
  },
  {
    what: `a graph of ${results.cachedSteps.toLocaleString('en-US')} steps, all in the cache`,
    kaizen: results.cachedGraphMs,
    unit: 'ms',
    reach: { of: 'figure', atMost: 1000 },
  },
]

interface ServingResults {
  readonly results: readonly {
    readonly server: string
    readonly open: Readonly<Record<string, { readonly p50Ms: number; readonly p99Ms: number }>>
    readonly closed: readonly {
      readonly clients: number
      readonly perSecond: number
      readonly cpuMicroseconds: number
    }[]
    readonly residentMb: number
    readonly swap?: Swap
    readonly log?: LogCost
  }[]
}

function servingFigures({ results }: ServingResults): readonly Figure[] {
  const kaizen = results.find(({ server }) => server === 'kaizen')
  const floor = results.find(({ server }) => server === 'floor')
  if (!kaizen || !floor) return []
  const name = 'bare server'
  return [
    ...Object.entries(kaizen.open).map(
      ([load, own]): Figure => ({
        what: `p99 of single rows at ${load}`,
        kaizen: own.p99Ms,
        unit: 'ms',
        peer: { name, value: floor.open[load]?.p99Ms ?? Number.NaN },
        ...(load in p99ToReach ? { reach: { of: 'figure', atMost: p99ToReach[load]! } } : {}),
      }),
    ),
    ...kaizen.closed.flatMap(({ clients, perSecond, cpuMicroseconds }, index): Figure[] => [
      {
        what: `single rows, ${clients} connections`,
        kaizen: perSecond,
        unit: '/s',
        peer: { name, value: floor.closed[index]?.perSecond ?? Number.NaN },
        reach: { of: 'ratio', atLeast: 0.6 },
      },
      {
        what: `processor time of one, ${clients} connections`,
        kaizen: cpuMicroseconds,
        unit: 'µs',
        peer: { name, value: floor.closed[index]?.cpuMicroseconds ?? Number.NaN },
        reach: { of: 'ratio', atMost: 1.5 },
      },
    ]),
    {
      what: 'memory with one model after all of this',
      kaizen: kaizen.residentMb,
      unit: 'MB',
      peer: { name, value: floor.residentMb },
      reach: { of: 'figure', atMost: 200 },
    },
    ...(kaizen.log ? [logFigure(kaizen.log)] : []),
    ...(kaizen.swap ? swapFigures(kaizen.swap) : []),
  ]
}

const p99ToReach: Readonly<Record<string, number>> = { '1000/s': 5, '200/s, training': 10 }

const logFigure = ({ p50Ms, p50MsWithoutLog }: LogCost): Figure => ({
  what: 'p50 of single rows at 1000/s with the prediction log',
  kaizen: median(p50Ms),
  unit: 'ms',
  peer: { name: 'without it', value: median(p50MsWithoutLog) },
  reach: { of: 'ratio', atMost: 1.05 },
})

const swapFigures = ({ requests, lost, wrong, p99MsOfItsSecond }: Swap): readonly Figure[] => [
  {
    what: `answers lost or wrong of ${requests} while a version is swapped at 1000/s`,
    kaizen: lost + wrong,
    unit: '',
    reach: { of: 'figure', atMost: 0 },
  },
  {
    what: 'p99 in the second of the swap',
    kaizen: p99MsOfItsSecond,
    unit: 'ms',
    reach: { of: 'figure', atMost: 20 },
  },
]

/** Every room, in the order of the page. */
interface MonitoringResults {
  readonly cpuSeconds: readonly number[]
  readonly longestPauseMs: readonly number[]
  readonly idlePauseMs: readonly number[]
}

export const rooms: readonly Room[] = [
  {
    name: 'start',
    title: 'Start',
    program: 'start/start.ts',
    figuresOf: ({ serverMs, nodeMs, residentMb }: StartResults) => [
      {
        what: 'from the command to the first answer of `/health`',
        kaizen: median(serverMs),
        unit: 'ms',
        peer: { name: 'Node with an empty program', value: median(nodeMs) },
        reach: { of: 'figure', atMost: 700 },
      },
      {
        what: 'memory while idle',
        kaizen: median(residentMb),
        unit: 'MB',
        reach: { of: 'figure', atMost: 150 },
      },
    ],
  },
  {
    name: 'training',
    title: 'Training',
    program: 'training/gradient-boosting.ts',
    figuresOf: trainingFigures,
  },
  {
    name: 'monitoring',
    title: 'Monitoring',
    program: 'monitoring/closing.ts',
    figuresOf: ({ cpuSeconds, longestPauseMs, idlePauseMs }: MonitoringResults) => [
      {
        what: 'closing an hourly window of 100,000 predictions × 50 features: CPU time of all threads',
        kaizen: median(cpuSeconds),
        unit: 's',
        reach: { of: 'figure', atMost: 2 },
      },
      {
        what: 'longest pause of the thread that answers predictions meanwhile',
        kaizen: median(longestPauseMs),
        unit: 'ms',
        peer: { name: 'the same thread while it does nothing', value: median(idlePauseMs) },
      },
    ],
  },
  {
    name: 'tracking',
    title: 'Tracking and durable events',
    program: 'tracking/tracking.ts',
    figuresOf: trackingFigures,
  },
  {
    name: 'reads',
    title: 'Tracking: search, curves, artifacts, start and memory',
    program: 'reads/reads.ts',
    figuresOf: readsFigures,
  },
  {
    name: 'searches',
    title: 'Tracking: every kind of search of 100,000 runs with 50 metrics and 50 parameters',
    program: 'searches/searches.ts',
    figuresOf: searchFigures,
  },
  {
    name: 'quality',
    title: 'Data quality',
    program: 'quality/expectations.ts',
    figuresOf: qualityFigures,
  },
  {
    name: 'statistics',
    title: 'Statistics',
    program: 'statistics/statistics.ts',
    figuresOf: statisticsFigures,
  },
  {
    name: 'pipelines',
    title: 'Pipelines',
    program: 'pipelines/overhead.ts',
    figuresOf: pipelineFigures,
  },
  {
    name: 'serving',
    title: 'Serving',
    program: 'serving/serving.ts',
    figuresOf: servingFigures,
  },
  {
    name: 'peers',
    title: 'Serving beside other servers',
    program: 'serving/peers.ts',
    results: 'serving/peers.json',
    figuresOf: peerFigures,
  },
]
