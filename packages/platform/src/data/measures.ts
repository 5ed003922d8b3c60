import { identifier, type Lake } from '../storage/index.ts'
import type { EventTimeSpec, Schema, VersionRecord } from './model.ts'
import { eventTimeSql } from './rules.ts'

/** What a version knows of its rows besides the rows: which columns miss values, and the span of event time. */
export interface Measures extends Pick<VersionRecord, 'schema' | 'minEventTime' | 'maxEventTime'> {
  readonly measuredBy: EventTimeSpec | null
}

/** Measures a relation in one scan. */
export async function measure(
  lake: Lake,
  relation: string,
  { schema, eventTime }: { readonly schema: Schema; readonly eventTime: EventTimeSpec | null },
): Promise<Measures> {
  const time = eventTime ? eventTimeSql(eventTime, schema) : undefined
  const present = schema.map(({ name }) => `count(${identifier(name)})`)
  const selected = ['count(*)', ...present, ...(time ? [`min(${time})`, `max(${time})`] : [])]
  const { columns } = await lake.query(`SELECT ${selected.join(', ')} FROM ${relation}`)
  const found = columns.map(({ values }) => Number(values[0]))
  const [rows = 0] = found
  const bound = (value: number | undefined): number | null =>
    value === undefined || Number.isNaN(value) ? null : value
  return {
    schema: schema.map((column, index) => ({
      ...column,
      nullable: (found[index + 1] ?? 0) < rows,
    })),
    minEventTime: time ? bound(found.at(-2)) : null,
    maxEventTime: time ? bound(found.at(-1)) : null,
    measuredBy: eventTime,
  }
}

/** Measures of the rows of both; they must have been measured by the same event time. */
export function joinMeasures(a: Measures, b: Measures): Measures {
  const missing = new Set(
    [...a.schema, ...b.schema].filter(({ nullable }) => nullable).map(({ name }) => name),
  )
  const bounds = (key: 'minEventTime' | 'maxEventTime'): readonly number[] =>
    [a[key], b[key]].filter((bound) => bound !== null)
  return {
    schema: b.schema.map((column) => ({ ...column, nullable: missing.has(column.name) })),
    minEventTime: bounds('minEventTime').toSorted((x, y) => x - y)[0] ?? null,
    maxEventTime: bounds('maxEventTime').toSorted((x, y) => y - x)[0] ?? null,
    measuredBy: b.measuredBy,
  }
}
