import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Column,
  type DatasetVersion,
  durationMs,
  isKaizenError,
  type JoinedView,
  type JsonValue,
  KaizenError,
} from '@kaizen/contracts'
import { namedRelationOfFile, relationOf } from '../data/index.ts'
import type { Actor } from '../kernel/index.ts'
import { identifier, literal } from '../storage/index.ts'
import type { FeatureDefinitions } from './definitions.service.ts'
import type { FeatureDeps } from './dependencies.ts'
import { computedColumn, computeRows, removeAll } from './join-computed.ts'
import {
  checkSpine,
  type JoinedRows,
  joinSql,
  metColumn,
  readColumn,
  rowColumn,
  type Spine,
  spineTimeSql,
} from './join-sql.ts'
import type { Asked, SelectedView, Selection } from './model.ts'
import { outputNames } from './selection.ts'
import { numberedRows, viewColumns } from './view-relation.ts'

export interface JoinRequest extends Asked {
  /** The rows that features are wanted for: a version of a dataset, the newest unless told, or an uploaded file. */
  readonly rows:
    | { readonly dataset: string; readonly version?: number | undefined }
    | { readonly path: string; readonly format: 'csv' | 'parquet' }
  readonly eventTime: string
  readonly asOf: 'event' | 'available'
  readonly fullNames: boolean
  /** The dataset whose new version they become. */
  readonly into: string
}

/** What of a join stands in which file. */
interface JoinedRowsFiles {
  readonly spine: Spine
  readonly selection: Selection
  readonly fullNames: boolean
  readonly joined: string
  readonly shown: string
}

/** A view with its rows, and the version that they are of. */
interface Source extends JoinedRows {
  readonly datasetVersion: number
}

/** Point-in-time joins: rows with the features that were true at the time of each, as a new version of a dataset. */
export class FeatureJoins {
  readonly #deps: FeatureDeps
  readonly #definitions: FeatureDefinitions

  constructor(deps: FeatureDeps, definitions: FeatureDefinitions) {
    this.#deps = deps
    this.#definitions = definitions
  }

  /** @throws NOT_FOUND, INVALID_REQUEST, INVALID_DATA */
  async join(
    actor: Actor,
    request: JoinRequest,
  ): Promise<{ readonly version: DatasetVersion; readonly views: readonly JoinedView[] }> {
    const { lake, ids, workFolder } = this.#deps
    const selection = await this.#definitions.select(request)
    const name = ids.next('join')
    const staged = join(workFolder, `${name}-rows.parquet`)
    const joined = join(workFolder, `${name}-joined.parquet`)
    const shown = join(workFolder, `${name}.parquet`)
    try {
      const { spine, origin } = await this.#spine(request, staged)
      const views = await Promise.all(selection.views.map((view) => this.#source(view)))
      const { asOf, fullNames } = request
      const { rowCount } = await lake.copyToParquet(
        joinSql({ spine, views, selection, asOf, fullNames }),
        joined,
      )
      if (rowCount === 0)
        throw new KaizenError('INVALID_DATA', 'there are no rows to join features to', {
          hint: 'Give at least one row with the join keys and a time.',
        })
      const met = await this.#met(joined, views)
      await this.#show({ spine, selection, fullNames, joined, shown })
      await this.#ensureDataset(actor, request)
      const version = await this.#deps.data.addFile(request.into, {
        path: shown,
        format: 'parquet',
        mode: 'create',
        origin: originOf(request, origin, { views: met, computed: computedOf(selection) }),
        actor,
      })
      return { version, views: met }
    } finally {
      await Promise.all([staged, joined, shown].map((path) => rm(path, { force: true })))
    }
  }

  /** The rows, with the bounds of their times; an upload is brought into Parquet first. */
  async #spine(
    { rows, eventTime }: JoinRequest,
    staged: string,
  ): Promise<{ readonly spine: Spine; readonly origin: JsonValue }> {
    const { lake, data, blobs } = this.#deps
    let relation: string
    let origin: JsonValue
    if ('path' in rows) {
      await lake.copyToParquet(
        `SELECT * FROM ${await namedRelationOfFile(lake, rows.path, rows.format)}`,
        staged,
      )
      relation = `read_parquet(${literal(staged)})`
      origin = { kind: 'upload', format: rows.format }
    } else {
      const version = await data.version(rows.dataset, rows.version ?? 'latest')
      relation = await relationOf(blobs, version)
      origin = { dataset: rows.dataset, version: version.version, digest: version.digest }
    }
    const schema = await lake.describe(`SELECT * FROM ${relation}`)
    checkSpine(schema, eventTime)
    return {
      spine: { relation, schema, eventTime, ...(await this.#bounds(relation, schema, eventTime)) },
      origin,
    }
  }

  async #bounds(relation: string, schema: readonly Column[], eventTime: string) {
    const time = spineTimeSql(schema, eventTime)
    const { columns } = await this.#deps.lake.query(
      `SELECT CAST(epoch_us(min(${time})) AS VARCHAR), CAST(epoch_us(max(${time})) AS VARCHAR) FROM ${relation}`,
    )
    const [fromUs, toUs] = columns.map(({ values }) => (values[0] ?? null) as string | null)
    return { fromUs: fromUs ?? null, toUs: toUs ?? null }
  }

  /** The rows as they are answered: with their features by name, computed ones among them. */
  async #show({ spine, selection, fullNames, joined, shown }: JoinedRowsFiles): Promise<void> {
    const { lake, functions } = this.#deps
    const own = spine.schema.map(({ name }) => name)
    const names = outputNames(selection, { full: fullNames, taken: own })
    const columns = [
      ...own.map((name) => `j.${identifier(name)}`),
      ...selection.outputs.map(({ from }, i) => {
        const column =
          'read' in from
            ? `j.${readColumn(from.read)}`
            : `c.${computedColumn(from.computed, from.feature)}`
        return `${column} AS ${identifier(names[i]!)}`
      }),
    ]
    const rows = `SELECT ${columns.join(', ')} FROM read_parquet(${literal(joined)}) j`
    if (selection.computed.length === 0) return void (await lake.copyToParquet(rows, shown))
    const { relation, files } = await computeRows(lake, functions, {
      path: joined,
      selection,
      spine,
    })
    try {
      await lake.copyToParquet(
        `${rows} JOIN (${relation}) c ON c.${rowColumn} = j.${rowColumn} ORDER BY j.${rowColumn}`,
        shown,
      )
    } finally {
      await removeAll(files)
    }
  }

  async #source(selected: SelectedView): Promise<Source> {
    const { data, blobs } = this.#deps
    const { source, ttl } = selected.view.definition
    const version = await data.version(source.dataset, 'latest')
    const columns = viewColumns(selected.view, version.schema, selected.features)
    return {
      selected,
      rows: await numberedRows(blobs, version, columns),
      ttlUs: ttl === null ? null : durationMs(ttl) * 1000,
      datasetVersion: version.version,
    }
  }

  async #met(path: string, views: readonly Source[]): Promise<readonly JoinedView[]> {
    const counts = views.flatMap((_, v) =>
      [0, 1, 2, 3].map((how) => `count_if(${metColumn(v)} = ${how})`),
    )
    const { columns } = await this.#deps.lake.query(
      `SELECT ${counts.join(', ')} FROM read_parquet(${literal(path)})`,
    )
    return views.map(({ selected, datasetVersion }, v) => {
      const [unmatched, expired, known, later] = [0, 1, 2, 3].map((how) =>
        Number(columns[4 * v + how]?.values[0] ?? 0),
      )
      const { created } = selected.view.definition.source
      return {
        view: selected.alias,
        version: selected.view.version,
        datasetVersion,
        matched: known! + later!,
        expired: expired!,
        unmatched: unmatched!,
        knownLater: created === null ? null : later!,
      }
    })
  }

  async #ensureDataset(actor: Actor, { into, eventTime }: JoinRequest): Promise<void> {
    const { data } = this.#deps
    try {
      await data.create(actor, {
        name: into,
        description: 'Rows with features as they were at the time of each.',
        eventTime: { column: eventTime },
      })
    } catch (failure) {
      if (!isKaizenError(failure) || failure.code !== 'ALREADY_EXISTS') throw failure
    }
  }
}

/** How the version came about, with the versions of everything that it was made from. */
const originOf = (
  { features, service, asOf, eventTime, fullNames }: JoinRequest,
  rows: JsonValue,
  { views, computed }: { readonly views: readonly JoinedView[]; readonly computed: JsonValue[] },
): Readonly<Record<string, unknown>> => ({
  kind: 'feature-join',
  rows,
  ...(service === undefined ? { features } : { service }),
  asOf,
  eventTime,
  fullNames,
  views,
  ...(computed.length > 0 && { computed }),
})

/** Which code computed features. */
const computedOf = ({ computed }: Selection): JsonValue[] =>
  computed.map(({ view: { name, version, definition } }) => ({
    view: name,
    version,
    codeDigest: definition.codeDigest,
  }))
