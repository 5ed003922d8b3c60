import { KaizenError } from '@kaizen/contracts'
import { relationOf } from '../data/index.ts'
import type { Table } from '../storage/index.ts'
import { isAggregated } from './aggregates.ts'
import type { FeatureDefinitions } from './definitions.service.ts'
import type { FeatureDeps } from './dependencies.ts'
import * as materializations from './materializations.store.ts'
import type { ResolvedView } from './model.ts'
import { allOf } from './newest-rows.ts'
import { featureColumn, keyColumn, numberedRows, viewColumns } from './view-relation.ts'

/** Event time in [from, to), in milliseconds. */
interface Span {
  readonly from: number
  readonly to: number
}

/** Values of a view over time, a row for each entity and event time. */
export interface LoggedFeatures {
  /** Event times in milliseconds, ascending. */
  readonly at: Float64Array
  /** The features by name, each of its declared type. */
  readonly features: Table
  /** Entities that have a row. */
  readonly entities: number
  readonly datasetVersion: number
}

const materializationsAtOnce = 100

/** The rows that a view's values come from, by event time: what was pushed offline and what its dataset holds. */
export class OfflineLog {
  readonly #deps: FeatureDeps
  readonly #definitions: FeatureDefinitions
  /** By view what was found last, and of which versions: it is asked for at every tick. */
  readonly #spans = new Map<string, { readonly of: string; readonly span: Span | undefined }>()

  constructor(deps: FeatureDeps, definitions: FeatureDefinitions) {
    this.#deps = deps
    this.#definitions = definitions
  }

  /**
   * Of rows of one entity and event time the one that became known last counts, as in joins; rows without a key or time
   * are in no span. @throws NOT_FOUND, INVALID_DATA
   */
  async rows(name: string, { from, to }: Span): Promise<LoggedFeatures> {
    const { data, blobs, lake } = this.#deps
    const view = await this.#definitions.resolve(name)
    if (isAggregated(view.definition)) {
      throw new KaizenError('UNSUPPORTED', `the feature view "${name}" is one of aggregates`, {
        hint: 'Watch the dataset that it aggregates, or what an endpoint was given.',
      })
    }
    const version = await data.version(view.definition.source.dataset, 'latest')
    const columns = viewColumns(view, version.schema, allOf(view))
    const keys = view.joinKeys.map((_, k) => keyColumn(k))
    const present = keys.map((key) => ` AND ${key} IS NOT NULL`).join('')
    const within = `SELECT * FROM (${await numberedRows(blobs, version, columns)}) WHERE t >= epoch_ms(${Math.ceil(from)}) AND t < epoch_ms(${Math.ceil(to)})${present}`
    const newest = `SELECT * FROM (${within}) QUALIFY row_number() OVER (PARTITION BY ${[...keys, 't'].join(', ')} ORDER BY c DESC NULLS LAST, rn DESC) = 1`
    const entity = keys.length === 0 ? '0' : `dense_rank() OVER (ORDER BY ${keys.join(', ')})`
    const features = allOf(view).map(featureColumn)
    const found = await lake.query(
      `SELECT epoch_us(t) / 1000 AS at, CAST(${entity} AS DOUBLE) AS entity, ${features.join(', ')} FROM (${newest}) ORDER BY t, rn`,
    )
    const [at, entities, ...values] = found.columns
    return {
      at: at!.values as Float64Array,
      entities: new Set<unknown>(entities!.values as Float64Array).size,
      features: { rowCount: found.rowCount, columns: named(values, view) },
      datasetVersion: version.version,
    }
  }

  /** Event times of all rows of a view; undefined while there are none. @throws NOT_FOUND, INVALID_DATA */
  async span(name: string): Promise<Span | undefined> {
    const { data, blobs, lake } = this.#deps
    const view = await this.#definitions.resolve(name)
    const { dataset } = view.definition.source
    if ((await data.get(dataset)).latestVersion === null) return undefined
    const version = await data.version(dataset, 'latest')
    const of = `${view.version}:${version.digest}`
    const known = this.#spans.get(name)
    if (known?.of === of) return known.span
    const columns = viewColumns(view, version.schema, [])
    const { columns: bounds } = await lake.query(
      `SELECT epoch_us(min(t)) / 1000, epoch_us(max(t)) / 1000 FROM (SELECT ${columns} FROM ${await relationOf(blobs, version)})`,
    )
    const [from, to] = bounds.map(({ values }) => values[0])
    const span =
      typeof from === 'number' && typeof to === 'number' && from <= to
        ? { from: Math.floor(from), to: Math.floor(to) + 1 }
        : undefined
    this.#spans.set(name, { of, span })
    return span
  }

  /**
   * Up to which event time rows had been brought into the online store by a time of the server's clock; null where none
   * had been.
   */
  async materializedBy(name: string, now: number): Promise<number | null> {
    const { reader } = this.#deps.database
    for (let before: string | undefined; ; ) {
      const page = await materializations.listMaterializations(reader, name, {
        before,
        limit: materializationsAtOnce,
      })
      const done = page.find(
        ({ kind, state, endedAt }) =>
          kind === 'incremental' && state === 'succeeded' && endedAt !== null && endedAt <= now,
      )
      if (done) return done.to
      before = page.at(-1)?.id
      if (page.length < materializationsAtOnce || before === undefined) return null
    }
  }
}

const named = (columns: Table['columns'], { definition }: ResolvedView): Table['columns'] =>
  columns.map((column, place) => ({ ...column, name: definition.features[place]!.name }))
