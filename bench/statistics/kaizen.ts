/** CPU seconds of Kaizen's own statistics on the given inputs, one thread. */
import {
  adwin,
  categoricalColumn,
  ddm,
  eddm,
  estimateCbpeMetrics,
  fitCbpeMetrics,
  groupMetrics,
  hddmA,
  hddmW,
  kolmogorovSmirnov,
  kswin,
  numericColumn,
  type OnlineDetector,
  pageHinkley,
  profileColumn,
  seededRandom,
  summarizeProfile,
  type TreeEnsemble,
  treeShap,
} from '@kaizen/ml'
import type { Inputs } from './inputs.ts'

export type Seconds = Readonly<Record<string, number>>

/** The least CPU seconds of a few runs, after one to warm up. */
const measured = (work: () => unknown, repeat = 3): number => {
  work()
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < repeat; i++) {
    const before = process.cpuUsage()
    work()
    const { user, system } = process.cpuUsage(before)
    least = Math.min(least, (user + system) / 1e6)
  }
  return least
}

const NINE = [
  'accuracy',
  'selectionRate',
  'truePositiveRate',
  'falsePositiveRate',
  'trueNegativeRate',
  'falseNegativeRate',
  'precision',
  'f1',
  'count',
] as const

/** One run and 100 resampled ones of nine figures by group. */
const frames = ({ label, decision, group }: Inputs): Seconds => {
  const column = {
    kind: 'categorical',
    name: 'group',
    codes: Int32Array.from(group),
    dictionary: ['f', 'm'],
  } as const
  const [y, p] = [Float64Array.from(label), Float64Array.from(decision)]
  const whole = () => groupMetrics({ label: y, prediction: p, groups: column }, NINE)
  return {
    metricFrame: measured(whole),
    metricFrameBootstrap: measured(() => resampled({ y, p, column }), 1),
  }
}

const resampled = ({
  y,
  p,
  column,
}: {
  readonly y: Float64Array
  readonly p: Float64Array
  readonly column: {
    readonly kind: 'categorical'
    readonly name: string
    readonly codes: Int32Array
    readonly dictionary: readonly string[]
  }
}): void => {
  const random = seededRandom(1)
  const weights = new Float64Array(y.length)
  for (let draw = 0; draw < 100; draw++) {
    weights.fill(0)
    for (let i = 0; i < y.length; i++) weights[Math.floor(random() * y.length)]!++
    groupMetrics({ label: y, prediction: p, groups: column, weights }, NINE)
  }
}

/** CPU seconds an update. */
const detectors = ({ stream }: Inputs): Seconds => {
  const makers: Readonly<
    Record<string, readonly [make: () => OnlineDetector<unknown>, updates: number]>
  > = {
    adwin: [() => adwin(), 200_000],
    ddm: [() => ddm(), 200_000],
    eddm: [() => eddm(), 200_000],
    hddmA: [() => hddmA(), 200_000],
    hddmW: [() => hddmW(), 200_000],
    pageHinkley: [() => pageHinkley(), 200_000],
    kswin: [() => kswin(), 20_000],
  }
  return Object.fromEntries(
    Object.entries(makers).map(([name, [make, updates]]) => [
      name,
      measured(() => {
        const { update } = make()
        for (let i = 0; i < updates; i++) update(stream[i]!)
      }) / updates,
    ]),
  )
}

const METRICS = ['roc_auc', 'f1', 'accuracy', 'precision', 'recall', 'specificity'] as const

const estimates = ({ score1, truth1, score2 }: Inputs): Seconds => {
  const truth = Float64Array.from(truth1)
  const size = score1.length / 10
  return {
    cbpe: measured(() => {
      const fitted = fitCbpeMetrics(truth, score1, {
        metrics: METRICS,
        threshold: 0.5,
        chunkSize: size,
      })
      if (fitted.status !== 'ok') throw new Error('no estimate')
      for (let from = 0; from < score2.length; from += size) {
        estimateCbpeMetrics(fitted.references, score2.subarray(from, from + size))
      }
    }),
  }
}

/** Mergeable profiles of twenty columns of a million. */
const profiles = ({ a, b }: Inputs): void => {
  for (let i = 0; i < 20; i++) {
    profileColumn({ kind: 'numeric', name: `x${i}`, values: i % 2 === 0 ? a : b })
  }
}

/** Profiles and their figures of 100 000 rows of twenty columns: sixteen of numbers, four of categories. */
const summaries = ({ a, b }: Inputs): Seconds => {
  const categories = [2, 5, 20, 200].map((size, k) =>
    categoricalColumn(
      `s${k}`,
      Array.from({ length: 100_000 }, (_, i) => `c${Math.floor(Math.abs(a[i]!) * 1e6) % size}`),
    ),
  )
  const numbers = Array.from({ length: 16 }, (_, k) =>
    numericColumn(`x${k}`, (k % 2 === 0 ? a : b).subarray(0, 100_000)),
  )
  return {
    summary: measured(() =>
      [...numbers, ...categories].map((column) => summarizeProfile(profileColumn(column))),
    ),
  }
}

/** The figures that need no ensemble, by the name under which each can be measured alone. */
export const kaizenParts: Readonly<Record<string, (inputs: Inputs) => Seconds>> = {
  ks: ({ a, b }) => ({
    ks: measured(() => kolmogorovSmirnov(a, b, { method: 'asymptotic' })),
  }),
  profile: (inputs) => ({ profile: measured(() => profiles(inputs), 2) }),
  summary: summaries,
  metricFrame: frames,
  detectors,
  cbpe: estimates,
}

/** All figures of Kaizen. */
export const measureKaizen = (inputs: Inputs, ensemble: TreeEnsemble): Seconds => {
  const rows = Array.from({ length: 10_000 }, (_, i) => inputs.rows.subarray(i * 10, (i + 1) * 10))
  return {
    treeShap: measured(() => treeShap(ensemble, rows)),
    ...Object.assign({}, ...Object.values(kaizenParts).map((part) => part(inputs))),
  }
}
