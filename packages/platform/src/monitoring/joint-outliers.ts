import {
  fitIsolationForest,
  fitMahalanobis,
  isolationScores,
  mahalanobisDistances,
} from '@kaizen/ml/outliers'
import type { Table } from '../storage/index.ts'
import { drawnPlaces } from './drawn-places.ts'
import type { JointSample, MonitorDeclaration, ReferenceProfile, Statistic } from './model.ts'
import { lacking, statisticOf } from './statistic.ts'

type Method = MonitorDeclaration['outliers'][number]

/** Rows of the reference that are kept whole, and numeric columns of them. */
const sampleRows = 1024
const sampleColumns = 50
/** Half of the kept rows fit, the other half tell what is ordinary: fewer of these have no 99th percentile. */
const leastRows = 200
/** Rows of a window that are looked at. */
const lookedAt = 5000
/** Share of ordinary rows that are called outliers. */
const ordinary = 0.01
const trees = 50
const seed = 1

/** Numeric columns of drawn rows, whole, so that what columns do together can be told; null where there are none. */
export function jointSampleOf({ rowCount, columns }: Table): JointSample | null {
  const numeric = columns
    .flatMap((column) =>
      column.values instanceof Float64Array ? [{ name: column.name, values: column.values }] : [],
    )
    .filter(({ values }) => varies(values))
    .slice(0, sampleColumns)
  if (numeric.length === 0 || rowCount === 0) return null
  const places = drawnPlaces(rowCount, sampleRows)
  const middles = numeric.map(({ values }) => middleOf(values, places))
  const rows = places.map((row) =>
    numeric.map(({ values }, index) =>
      Number.isFinite(values[row]!) ? values[row]! : middles[index]!,
    ),
  )
  return { columns: numeric.map(({ name }) => name), middles, rows }
}

const varies = (values: Float64Array): boolean => {
  const first = values.find(Number.isFinite)
  return first !== undefined && values.some((value) => Number.isFinite(value) && value !== first)
}

/** Median of the present values at some places. */
function middleOf(values: Float64Array, places: readonly number[]): number {
  const present = Float64Array.from(places, (row) => values[row]!)
    .filter(Number.isFinite)
    .sort()
  return present[present.length >> 1] ?? 0
}

/**
 * Share of rows that lie further out than 99 % of the reference's rows, judged over all numeric columns together. A share
 * has drifted where it exceeds one in a hundred by more than three standard errors of both numbers of rows.
 */
export function jointOutliers(
  { joint, rows: referenceRows }: ReferenceProfile,
  inputs: Table,
  methods: readonly Method[],
): readonly Statistic[] {
  return methods.map((method) => {
    const figure = { metric: `outliers:${method}`, method, rows: inputs.rowCount, referenceRows }
    if (!joint || joint.rows.length < leastRows)
      return lacking(figure, {
        have: joint?.rows.length ?? 0,
        need: leastRows,
        of: 'reference rows',
      })
    if (inputs.rowCount === 0) return lacking(figure, { have: 0, need: 1, of: 'rows' })
    const [fitted, held] = [
      joint.rows.filter((_, row) => row % 2 === 0),
      joint.rows.filter((_, row) => row % 2 === 1),
    ]
    const current = rowsOf(inputs, joint)
    const scores = scorerOf(method, fitted)
    if (!scores)
      return statisticOf({
        ...figure,
        value: null,
        note: 'columns of the reference depend on each other',
      })
    const usual = scores(held).sort()
    const cut = usual[Math.ceil((1 - ordinary) * usual.length) - 1]!
    const found = scores(current)
    const share = found.reduce((sum, score) => sum + Number(score > cut), 0) / found.length
    const error = Math.sqrt(ordinary * (1 - ordinary) * (1 / found.length + 1 / held.length))
    const looked = found.length < inputs.rowCount ? `; ${found.length} rows looked at` : ''
    return statisticOf({
      ...figure,
      value: share,
      threshold: ordinary + 3 * error,
      note: `over ${joint.columns.length} numeric columns together${looked}`,
    })
  })
}

type Scorer = (rows: readonly (readonly number[])[]) => Float64Array

function scorerOf(method: Method, fitted: JointSample['rows']): Scorer | null {
  if (method === 'isolation') {
    const forest = fitIsolationForest(
      fitted.map((row) => [...row]),
      { trees, seed },
    )
    return (rows) =>
      isolationScores(
        forest,
        rows.map((row) => [...row]),
      )
  }
  const fit = fitMahalanobis(fitted.map((row) => [...row]))
  try {
    mahalanobisDistances(fit, [[...fitted[0]!]])
  } catch {
    return null
  }
  return (rows) =>
    mahalanobisDistances(
      fit,
      rows.map((row) => [...row]),
    ).squared
}

/** Rows of a window in the columns of the sample; what is missing stands in the middle, as in the sample. */
function rowsOf(inputs: Table, { columns, middles }: JointSample): readonly (readonly number[])[] {
  const found = columns.map((name) => inputs.columns.find((column) => column.name === name)?.values)
  return drawnPlaces(inputs.rowCount, lookedAt).map((row) =>
    found.map((values, index) => {
      const value = values instanceof Float64Array ? values[row]! : Number.NaN
      return Number.isFinite(value) ? value : middles[index]!
    }),
  )
}
