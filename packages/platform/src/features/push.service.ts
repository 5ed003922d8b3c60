import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Column, type JsonValue, KaizenError } from '@kaizen/contracts'
import type { Actor } from '../kernel/index.ts'
import { identifier, literal, type Table } from '../storage/index.ts'
import { isAggregated } from './aggregates.ts'
import { cellOf, invalid, keyPart, keyText, microsecondsOf, timeText } from './cells.ts'
import type { FeatureDefinitions } from './definitions.service.ts'
import type { FeatureDeps } from './dependencies.ts'
import type { Materializer } from './materializer.ts'
import type { Feature, OnlineRow, PushAnswer, ResolvedView } from './model.ts'
import { changeState, ensureSet } from './online-sets.store.ts'
import { columnOfFeature, keepUsOf, listed, valuesDigest } from './rules.ts'
import { sqlTypeOf } from './view-relation.ts'

type GivenRow = Readonly<Record<string, JsonValue>>

export interface Push {
  readonly rows: readonly GivenRow[]
  readonly to: 'online' | 'offline' | 'online_and_offline'
}

/** Takes rows from elsewhere, such as a stream: into the online store, into the dataset, or both. */
export class FeaturePush {
  readonly #deps: FeatureDeps
  readonly #definitions: FeatureDefinitions
  readonly #materializer: Materializer

  constructor(deps: FeatureDeps, definitions: FeatureDefinitions, materializer: Materializer) {
    this.#deps = deps
    this.#definitions = definitions
    this.#materializer = materializer
  }

  /** All rows or, where one does not fit, none. @throws NOT_FOUND, INVALID_REQUEST, INVALID_DATA */
  async push(actor: Actor, name: string, { rows, to }: Push): Promise<PushAnswer> {
    const view = await this.#definitions.resolve(name)
    if (isAggregated(view.definition)) return this.#counted(actor, view, { rows, to })
    const parsed = rows.map((row, index) => parseRow(view, row, index))
    const version = to === 'online' ? null : await this.#offline(actor, view, rows)
    const written = to === 'offline' ? 0 : await this.#online(actor, view, parsed)
    return { rows: rows.length, written, datasetVersion: version }
  }

  /** Aggregates count rows of their dataset: those that come stand there first, and then the windows are counted again. */
  async #counted(actor: Actor, view: ResolvedView, { rows, to }: Push): Promise<PushAnswer> {
    if (to === 'online') {
      throw new KaizenError(
        'INVALID_REQUEST',
        `the feature view "${view.name}" aggregates rows of its dataset, and cannot count what only stands online`,
        { hint: 'Push to online_and_offline.' },
      )
    }
    for (const [index, row] of rows.entries()) identityOf(view, row, index)
    const version = await this.#offline(actor, view, rows)
    if (to === 'online_and_offline') await this.#materializer.request(actor, view.name)
    return { rows: rows.length, written: 0, datasetVersion: version }
  }

  async #online(actor: Actor, view: ResolvedView, rows: readonly OnlineRow[]): Promise<number> {
    const { database, online, audit, clock } = this.#deps
    const set = await database.write((tx) => ensureSet(tx, view.name, valuesDigest(view)))
    const newest = newestOf(rows)
    return online.write({
      set: set.no,
      rows: newest,
      keepUs: keepUsOf(view.definition),
      record: async (tx, written) => {
        const newestEvent = Math.floor(Math.max(...newest.map(({ eventUs }) => eventUs)) / 1000)
        await changeState(tx, set.no, (state) => ({
          ...state,
          newestEvent: Math.max(state.newestEvent ?? Number.NEGATIVE_INFINITY, newestEvent),
          writtenAt: clock.now(),
        }))
        await audit.append(tx, {
          actor,
          type: 'features.rows.pushed',
          subject: `feature-view:${view.name}`,
          data: { version: view.version, rows: rows.length, written },
        })
      },
    })
  }

  /** Appends the rows, older ones too: what was known is history, whatever is newest. */
  async #offline(actor: Actor, view: ResolvedView, rows: readonly GivenRow[]): Promise<number> {
    const { data, lake, ids, workFolder } = this.#deps
    const { dataset } = view.definition.source
    const { latestVersion } = await data.get(dataset)
    const schema =
      latestVersion === null
        ? schemaOfView(view)
        : (await data.version(dataset, latestVersion)).schema
    const name = ids.next('push')
    const [texts, typed] = [`${name}-text.parquet`, `${name}.parquet`].map((file) =>
      join(workFolder, file),
    ) as [string, string]
    try {
      await lake.writeTable(textTable(schema, rows), texts)
      const columns = schema.map(
        ({ name: column, type }) =>
          `CAST(${identifier(column)} AS ${sqlTypeOf(type)}) AS ${identifier(column)}`,
      )
      await lake.copyToParquet(
        `SELECT ${columns.join(', ')} FROM read_parquet(${literal(texts)})`,
        typed,
      )
      const version = await data.addFile(dataset, {
        path: typed,
        format: 'parquet',
        mode: 'append',
        actor,
        origin: { kind: 'feature-push', view: view.name, rows: rows.length },
      })
      return version.version
    } finally {
      await Promise.all([texts, typed].map((path) => rm(path, { force: true })))
    }
  }
}

/** What a row must have, checked before any row is written. @throws INVALID_REQUEST */
const parseRow = (view: ResolvedView, row: GivenRow, index: number): OnlineRow => {
  const identity = identityOf(view, row, index)
  return told(index, () => {
    const { features } = view.definition
    const needed = features.map(columnOfFeature).find((column) => !Object.hasOwn(row, column))
    if (needed !== undefined)
      throw invalid(`"${needed}"`, 'it is missing', 'Send null for a value that there is none of.')
    const cells = features.map((feature) => cellOf(row[columnOfFeature(feature)], feature))
    return { ...identity, cells }
  })
}

/** Whose row it is, and of when. @throws INVALID_REQUEST */
const identityOf = (view: ResolvedView, row: GivenRow, index: number): Omit<OnlineRow, 'cells'> =>
  told(index, () => {
    const { source } = view.definition
    const parts = view.joinKeys.map((key) => keyPart(row[key.name] ?? null, key))
    const missing = view.joinKeys[parts.indexOf(null)]
    if (missing) throw invalid(`"${missing.name}"`, 'a join key is missing')
    return {
      key: keyText(parts as string[]),
      eventUs: eventOf(source.eventTime, row),
      createdUs: source.created === null ? null : (timeAt(row, source.created) ?? null),
    }
  })

function told<T>(index: number, parse: () => T): T {
  try {
    return parse()
  } catch (failure) {
    if (!(failure instanceof KaizenError)) throw failure
    throw new KaizenError(failure.code, `row ${index}: ${failure.message}`, {
      ...(failure.hint === undefined ? {} : { hint: failure.hint }),
    })
  }
}

function eventOf(
  { column, hourColumn }: ResolvedView['definition']['source']['eventTime'],
  row: GivenRow,
): number {
  const time = timeAt(row, column)
  if (time === undefined) throw invalid(`"${column}"`, 'the event time is missing')
  if (hourColumn === undefined) return time
  const hour = row[hourColumn]
  if (typeof hour === 'number' && Number.isInteger(hour)) return time + hour * 3_600_000_000
  throw invalid(`"${hourColumn}"`, 'the hour of the event time is no whole number')
}

function timeAt(row: GivenRow, column: string): number | undefined {
  const value = row[column] ?? null
  if (value === null) return undefined
  const us = microsecondsOf(value)
  if (us !== undefined) return us
  throw invalid(
    `"${column}"`,
    `${JSON.stringify(value).slice(0, 60)} is not a time`,
    'Write for example 2024-05-01T12:00:00Z.',
  )
}

/** The newest row of each key: by event time, by created time, and then the one that stands last. */
function newestOf(rows: readonly OnlineRow[]): readonly OnlineRow[] {
  const newest = new Map<string, OnlineRow>()
  for (const row of rows) {
    const other = newest.get(row.key)
    const isOlder =
      other !== undefined &&
      (row.eventUs < other.eventUs ||
        (row.eventUs === other.eventUs &&
          (row.createdUs ?? Number.NEGATIVE_INFINITY) <
            (other.createdUs ?? Number.NEGATIVE_INFINITY)))
    if (!isOlder) newest.set(row.key, row)
  }
  return [...newest.values()]
}

/** Columns that a dataset without any version begins with. */
function schemaOfView({ definition, joinKeys }: ResolvedView): readonly Column[] {
  const { source, features } = definition
  const column = (name: string, type: Feature['type']): Column => ({ name, type, nullable: true })
  const columns = [
    ...joinKeys.map(({ name, type }) => column(name, type)),
    column(source.eventTime.column, 'timestamp'),
    ...(source.eventTime.hourColumn === undefined
      ? []
      : [column(source.eventTime.hourColumn, 'integer')]),
    ...(source.created === null ? [] : [column(source.created, 'timestamp')]),
    ...features
      .filter(({ aggregate, column: of }) => !aggregate || of !== undefined)
      .map((feature) => column(columnOfFeature(feature), typeOfColumn(feature))),
  ]
  return [...new Map(columns.map((one) => [one.name, one])).values()]
}

/** What a column of the dataset holds, as far as a feature says it. */
const typeOfColumn = ({ type, aggregate }: Feature): Feature['type'] =>
  aggregate?.function === 'count' || aggregate?.function === 'distinct' ? 'string' : type

/** Rows as text, exactly as their columns will read it. @throws INVALID_REQUEST */
function textTable(schema: readonly Column[], rows: readonly GivenRow[]): Table {
  const known = new Set(schema.map(({ name }) => name))
  const unknown = rows.flatMap((row) => Object.keys(row)).find((name) => !known.has(name))
  if (unknown !== undefined) {
    throw new KaizenError(
      'INVALID_REQUEST',
      `the dataset has no column "${unknown.slice(0, 100)}"`,
      {
        hint: `Its columns are: ${listed([...known])}.`,
      },
    )
  }
  return {
    rowCount: rows.length,
    columns: schema.map(({ name, type }) => ({
      name,
      type: 'string',
      values: rows.map((row) => textOf(row[name] ?? null, { name, type })),
    })),
  }
}

function textOf(value: JsonValue, column: Feature): string | null {
  if (value === null) return null
  if (column.type === 'timestamp') {
    const us = microsecondsOf(value)
    if (us !== undefined) return timeText(us).slice(0, -1)
  }
  if (column.type === 'date') {
    const us = microsecondsOf(value)
    if (us !== undefined) return timeText(us).slice(0, 10)
  }
  return String(cellOf(value, column))
}
