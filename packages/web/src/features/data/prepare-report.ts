import type { DataReport, VersionComparison } from '@kaizen/contracts'
import { formatPlain, formatShare } from '../../shared/format/number.ts'

/** One cell of the matrix of associations; null where two columns could not be compared. */
export interface MatrixCell {
  readonly a: string
  readonly b: string
  readonly value: number | null
  readonly title: string
}
export interface Matrix {
  readonly columns: readonly string[]
  readonly rows: readonly { readonly column: string; readonly cells: readonly MatrixCell[] }[]
}

const measures: Readonly<Record<DataReport['associations'][number]['method'], string>> = {
  spearman: 'Spearman',
  'cramers-v': "Cramér's V",
  'correlation-ratio': 'correlation ratio',
}

/** The associations as a square of all columns that take part, in the order of the data. */
export function associationMatrix({ columns, associations }: DataReport): Matrix {
  const known = new Map(
    associations.flatMap((each) => [
      [key(each.a, each.b), each],
      [key(each.b, each.a), each],
    ]),
  )
  const names = columns
    .map(({ name }) => name)
    .filter((name) => associations.some(({ a, b }) => a === name || b === name))
  const cell = (a: string, b: string): MatrixCell => {
    if (a === b) return { a, b, value: null, title: a }
    const found = known.get(key(a, b))
    const value = found?.value ?? null
    return {
      a,
      b,
      value,
      title: `${a} and ${b}: ${value === null || !found ? 'not comparable' : `${measures[found.method]} ${value.toFixed(3)}`}`,
    }
  }
  return {
    columns: names,
    rows: names.map((a) => ({ column: a, cells: names.map((b) => cell(a, b)) })),
  }
}

const key = (a: string, b: string): string => JSON.stringify([a, b])

export interface Relation {
  readonly column: string
  readonly other: string
  readonly measure: string
  readonly value: number
}

/** The strongest relations: with the target where there is one, else of any two columns. */
export const strongestRelations = ({
  associations,
  pearson,
  target,
}: DataReport): readonly Relation[] =>
  [
    ...associations.map((each) => ({ ...each, measure: measures[each.method] })),
    ...pearson.map((each) => ({ ...each, measure: 'Pearson' })),
  ]
    .flatMap(({ a, b, measure, value }) => {
      if (value === null || (target !== null && a !== target && b !== target)) return []
      const [column, other] = target !== null && a === target ? [b, a] : [a, b]
      return [{ column, other, measure, value }]
    })
    .sort((x, y) => Math.abs(y.value) - Math.abs(x.value))

/** What is said of how a column's distribution changed. */
export function driftWords({ drift }: VersionComparison['columns'][number]): string {
  if (!('test' in drift)) return drift.reason
  const p = drift.pValue === null ? '' : `, p ${formatPlain(drift.pValue)}`
  return `${drift.test} ${formatPlain(drift.statistic)}${p}, threshold ${formatPlain(drift.threshold)}`
}

/** Before and after of a figure that may be missing. */
export const beforeAfter = (
  change: { readonly before: number | null; readonly after: number | null },
  format: (value: number | null) => string = formatPlain,
): string => `${format(change.before)} → ${format(change.after)}`

export const shareChange = (change: {
  readonly before: number | null
  readonly after: number | null
}): string => beforeAfter(change, formatShare)
