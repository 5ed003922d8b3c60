import { fieldName, type RunField } from './prepare.ts'
import type { Run } from './wire.ts'

/** What runs are grouped by: a parameter or a tag. */
export type GroupField = `params.${string}` | `tags.${string}`

export const readGroupField = (text: string | undefined): GroupField | null =>
  text !== undefined && /^(params|tags)\../.test(text) ? (text as GroupField) : null

/** Parameters first, then tags that people set; tags of the system tell almost every run apart. */
export function groupFieldsOf(runs: readonly Run[]): readonly GroupField[] {
  const keys = (kind: 'params' | 'tags') =>
    [...new Set(runs.flatMap((run) => [...run[kind].keys()]))].sort((a, b) => a.localeCompare(b))
  return [
    ...keys('params').map((key): GroupField => `params.${key}`),
    ...keys('tags')
      .filter((key) => !key.startsWith('mlflow.'))
      .map((key): GroupField => `tags.${key}`),
  ]
}

export interface RunGroup {
  /** Null holds the runs without a value. */
  readonly value: string | null
  readonly runs: readonly Run[]
  readonly metrics: ReadonlyMap<string, MetricSummary>
}
export interface MetricSummary {
  /** How many runs have a finite value. */
  readonly count: number
  readonly mean: number
  readonly least: { readonly run: Run; readonly value: number }
  readonly greatest: { readonly run: Run; readonly value: number }
}

/** Runs by the value of a field, largest group first. */
export function groupRuns(
  runs: readonly Run[],
  field: GroupField,
  metrics: readonly RunField[],
): readonly RunGroup[] {
  const kind = field.startsWith('params.') ? 'params' : 'tags'
  const key = field.slice(field.indexOf('.') + 1)
  const groups = Map.groupBy(runs, (run) => run[kind].get(key) ?? null)
  return [...groups]
    .map(([value, members]) => ({
      value,
      runs: members,
      metrics: new Map(
        metrics.flatMap((metric) => {
          const summary = summaryOf(members, fieldName(metric))
          return summary ? [[fieldName(metric), summary] as const] : []
        }),
      ),
    }))
    .sort((a, b) => b.runs.length - a.runs.length)
}

function summaryOf(runs: readonly Run[], metric: string): MetricSummary | null {
  const values = runs.flatMap((run) => {
    const value = run.metrics.get(metric)
    return value !== undefined && Number.isFinite(value) ? [{ run, value }] : []
  })
  const first = values[0]
  if (!first) return null
  return {
    count: values.length,
    mean: values.reduce((sum, one) => sum + one.value, 0) / values.length,
    least: values.reduce((a, b) => (b.value < a.value ? b : a), first),
    greatest: values.reduce((a, b) => (b.value > a.value ? b : a), first),
  }
}

const plainKey = /^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*$/

/** The filter that leaves the runs of one group; null where the language has no word for it. */
export function groupFilter(
  field: GroupField,
  value: string | null,
  filter: string,
): string | null {
  const dot = field.indexOf('.')
  const key = field.slice(dot + 1)
  if (key.includes('`')) return null
  const name = `${field.slice(0, dot)}.${plainKey.test(key) ? key : `\`${key}\``}`
  const quote = value?.includes("'") ? '"' : "'"
  if (value?.includes(quote)) return null
  const clause = value === null ? `${name} IS NULL` : `${name} = ${quote}${value}${quote}`
  return filter === '' ? clause : `${filter} AND ${clause}`
}
