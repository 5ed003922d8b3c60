import type { SortState } from '../../shared/ui/table-model.ts'
import type { Run } from './wire.ts'

/** A column for a metric or parameter, written as MLflow's search does: `metrics.mae`. */
export type RunField = `metrics.${string}` | `params.${string}`

const shownAtFirst = 4

/** Every metric and parameter that the runs have, in order of name. */
export function fieldsOf(runs: readonly Run[]): readonly RunField[] {
  const metrics = new Set<string>()
  const params = new Set<string>()
  for (const run of runs) {
    for (const key of run.metrics.keys()) metrics.add(key)
    for (const key of run.params.keys()) params.add(key)
  }
  const sorted = (keys: Set<string>) => [...keys].sort((a, b) => a.localeCompare(b))
  return [
    ...sorted(metrics).map((key): RunField => `metrics.${key}`),
    ...sorted(params).map((key): RunField => `params.${key}`),
  ]
}

/** The chosen columns of an address, or the first few of each kind. */
export function chosenFields(
  all: readonly RunField[],
  chosen: string | undefined,
): readonly RunField[] {
  if (chosen === undefined) {
    const first = (prefix: string) =>
      all.filter((one) => one.startsWith(prefix)).slice(0, shownAtFirst)
    return [...first('metrics.'), ...first('params.')]
  }
  return chosen.split(',').filter((one): one is RunField => /^(metrics|params)\./.test(one))
}

export const toggleField = (chosen: readonly RunField[], field: RunField): string =>
  (chosen.includes(field) ? chosen.filter((one) => one !== field) : [...chosen, field]).join(',')

export const fieldName = (field: RunField): string => field.slice(field.indexOf('.') + 1)

const plainKey = /^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*$/

/** A sorted column as an `order_by` clause; keys with odd characters are quoted. */
export function orderClause(sort: SortState | null): string {
  if (!sort) return ''
  const dot = sort.column.indexOf('.')
  const entity = sort.column.slice(0, dot)
  const key = sort.column.slice(dot + 1)
  const column = dot < 0 ? sort.column : `${entity}.${plainKey.test(key) ? key : `\`${key}\``}`
  return `${column} ${sort.descending ? 'DESC' : 'ASC'}`
}

export function readOrder(order: string | undefined): SortState | null {
  const match = /^(.+) (ASC|DESC)$/.exec(order ?? '')
  return match?.[1]
    ? { column: match[1].replaceAll('`', ''), descending: match[2] === 'DESC' }
    : null
}
