import {
  type BodyOf,
  KaizenError,
  type Page,
  type PredictionRecord,
  type SimilarCase,
  type similarApi,
} from '@kaizen/contracts'
import type { Database } from '../storage/index.ts'
import type { LiveEndpoint } from './endpoints/live-endpoint.ts'
import { nearestRows } from './explain/similar.ts'
import { changesSince, countLabels, findLabels, labelsIn } from './feedback/feedback.store.ts'
import type { BlockRow } from './log/block.ts'
import type { ArmMode, ArmStats, Label, PredictionTable, TimeSpan } from './model.ts'
import { predictionRecord, predictionTable } from './prediction-table.ts'
import { armStats, type TrafficPoint, trafficPoints } from './traffic/traffic.ts'

/** Rows among which similar cases are looked for: few enough for one turn of the loop. */
const searchedRows = 2000

/** Reads what endpoints have answered, with the ground truth that has come. */
export class PredictionReader {
  readonly #database: Database
  readonly #live: (endpoint: string) => Promise<LiveEndpoint>

  /** `live` finds an endpoint. @throws NOT_FOUND */
  constructor(database: Database, live: (endpoint: string) => Promise<LiveEndpoint>) {
    this.#database = database
    this.#live = live
  }

  /** Predictions with event time in [from, to); those of live arms unless told. */
  async predictions(
    endpoint: string,
    span: TimeSpan,
    options: { readonly mode?: ArmMode } = {},
  ): Promise<PredictionTable> {
    const mode = options.mode ?? 'live'
    const rows = (await this.#rows(endpoint, span)).filter((row) => row.rows.schema.mode === mode)
    return predictionTable(rows, await labelsIn(this.#database.reader, endpoint, span))
  }

  /** Logged predictions one by one, newest first. */
  async records(
    endpoint: string,
    query: {
      readonly limit: number
      readonly pageToken?: string | undefined
      readonly from?: number | undefined
      readonly to?: number | undefined
      readonly inferenceId?: string | undefined
    },
  ): Promise<Page<PredictionRecord>> {
    const live = await this.#live(endpoint)
    await live.settled()
    if (query.inferenceId !== undefined) {
      const found = await live.log.find([query.inferenceId])
      return { items: await this.#described(endpoint, [...found.values()]) }
    }
    const place = parsePlace(query.pageToken)
    const bounds = {
      from: query.from ?? 0,
      to: Math.min(query.to ?? Number.MAX_SAFE_INTEGER, place.at + 1),
    }
    // Rows of the same millisecond as the last page's end are passed over by count.
    const rows = await live.log.newest(place.skip + query.limit, bounds)
    const shown = rows.slice(place.skip)
    const items = await this.#described(endpoint, shown)
    const last = shown.at(-1)
    if (shown.length < query.limit || !last) return { items }
    const skip = rows.filter(({ at }) => at === last.at).length
    return { items, nextPageToken: `${last.at}.${skip}` }
  }

  /** Logged predictions that are most like a case, among the newest. */
  async similar(
    endpoint: string,
    { inputs, limit, except }: BodyOf<typeof similarApi.find>,
  ): Promise<{ readonly items: SimilarCase[]; readonly searched: number }> {
    const live = await this.#live(endpoint)
    await live.settled()
    const newest = await live.log.newest(searchedRows, { from: 0, to: Number.MAX_SAFE_INTEGER })
    const rows = newest.filter(
      (row) => row.rows.schema.mode === 'live' && row.error === null && row.id !== except,
    )
    const nearest = nearestRows(rows, inputs, limit)
    const described = await this.#described(
      endpoint,
      nearest.map(({ row }) => row),
    )
    const items = described.map((record, i) => ({ ...record, distance: nearest[i]!.distance }))
    return { items, searched: rows.length }
  }

  /** Numbers of each arm from the log. */
  async armStats(endpoint: string, span: TimeSpan): Promise<readonly ArmStats[]> {
    return armStats(await this.#rows(endpoint, span))
  }

  /** Event times that the log spans; undefined while it is empty. */
  async logSpan(endpoint: string): Promise<TimeSpan | undefined> {
    const live = await this.#live(endpoint)
    await live.settled()
    return live.log.span
  }

  /** Requests, errors and latency in buckets; the whole log unless told. */
  async traffic(
    endpoint: string,
    query: { readonly from?: number | undefined; readonly to?: number | undefined },
    buckets: number,
  ): Promise<{ readonly bucketMs: number; readonly points: readonly TrafficPoint[] }> {
    const whole = (await this.#live(endpoint)).log.span ?? { from: 0, to: 1 }
    const span = { from: query.from ?? whole.from, to: query.to ?? whole.to }
    return trafficPoints(await this.#rows(endpoint, span), span, buckets)
  }

  /** How many predictions with event time at or after `since` have ground truth. */
  labelledCount(endpoint: string, since: number): Promise<number> {
    return countLabels(this.#database.reader, endpoint, since)
  }

  /** The span of event time whose labels changed after a cursor, and the cursor to ask with next. */
  feedbackChangedSince(
    endpoint: string,
    cursor: number,
  ): Promise<{ readonly cursor: number; readonly span: TimeSpan | null }> {
    return changesSince(this.#database.reader, endpoint, cursor)
  }

  async #rows(endpoint: string, { from, to }: TimeSpan): Promise<readonly BlockRow[]> {
    const live = await this.#live(endpoint)
    await live.settled()
    return live.log.window(from, to)
  }

  async #described(
    endpoint: string,
    rows: readonly BlockRow[],
  ): Promise<readonly PredictionRecord[]> {
    const { reader } = this.#database
    const labels = await findLabels(
      reader,
      endpoint,
      rows.map(({ id }) => id),
    )
    return rows.map((row) => {
      const label = labels.get(row.id)
      return predictionRecord(endpoint, row, label && (JSON.parse(label.value) as Label))
    })
  }
}

/** A page token: the time of the last row shown, and how many rows of that time were. */
function parsePlace(token: string | undefined): { readonly at: number; readonly skip: number } {
  if (token === undefined) return { at: Number.MAX_SAFE_INTEGER - 1, skip: 0 }
  const match = /^(\d{1,16})\.(\d{1,9})$/.exec(token)
  if (!match) throw new KaizenError('INVALID_REQUEST', 'query.pageToken: not a token of this list')
  return { at: Number(match[1]), skip: Number(match[2]) }
}
