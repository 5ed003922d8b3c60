import { KaizenError, type Page } from '@kaizen/contracts'
import type { Database, Reader } from '../../storage/index.ts'
import type { MetricPoint, RunDetail } from '../model.ts'
import { experimentNumbers, missingValue } from '../rules.ts'
import { parseFilter, parseOrders } from '../search/filter.ts'
import { pageToken, readPageToken } from '../search/page-token.ts'
import * as annotations from './annotations.store.ts'
import { type SampleQuery, sampleCurve } from './curve-samples.store.ts'
import { type CurveText, type CurveTextQuery, readCurveText } from './curve-texts.store.ts'
import * as inputs from './inputs.store.ts'
import * as metrics from './metrics.store.ts'
import { searchRuns } from './run-search.store.ts'
import { checkPageSize, lifecyclesOf, runGrammar, runOrderGrammar } from './run-search.ts'
import { readRunTexts } from './run-texts.store.ts'
import * as store from './runs.store.ts'

export interface RunSearch {
  readonly experimentIds: readonly string[]
  readonly filter: string
  readonly orderBy: readonly string[]
  readonly view?: string | undefined
  readonly limit: number
  readonly pageToken?: string | undefined
}

const largestRunPage = 50_000
/** So many runs are read at a time; others are answered between. */
const textsAtOnce = 1000

/** Runs as they are read: one by one, by search, and as curves. */
export class RunReader {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** @throws NOT_FOUND */
  async get(runId: string): Promise<RunDetail> {
    const run = await this.require(this.#database.reader, runId)
    const [detail] = await this.details(this.#database.reader, [run])
    return detail as RunDetail
  }

  /** Runs with all they logged, in the given order. */
  async details(reader: Reader, runs: readonly store.StoredRun[]): Promise<readonly RunDetail[]> {
    const numbers = runs.map(({ number }) => number)
    const points = await metrics.readLatestMetrics(reader, numbers)
    const params = await annotations.readAnnotations(reader, 'run_param', numbers)
    const tags = await annotations.readAnnotations(reader, 'run_tag', numbers)
    const datasets = await inputs.readDatasetInputs(reader, numbers)
    const models = await inputs.readModelUses(reader, numbers)
    return runs.map((run) => {
      const uses = models.get(run.number) ?? []
      return {
        run,
        metrics: points.get(run.number) ?? [],
        params: params.get(run.number) ?? [],
        tags: tags.get(run.number) ?? [],
        datasetInputs: datasets.get(run.number) ?? [],
        modelInputs: uses.filter(({ role }) => role === 'input'),
        modelOutputs: uses.filter(({ role }) => role === 'output'),
      }
    })
  }

  /** Numbers of the runs that match a filter, a page at a time. @throws INVALID_FILTER, INVALID_REQUEST */
  async search(query: RunSearch): Promise<Page<number>> {
    const database = this.#database
    const identity = ['runs', query.experimentIds, query.filter, query.orderBy, query.view]
    const limit = checkPageSize(query.limit, largestRunPage)
    const found = await searchRuns(database.reader, database.dialect, {
      experimentNumbers: experimentNumbers(query.experimentIds),
      lifecycles: lifecyclesOf(query.view),
      clauses: parseFilter(query.filter, runGrammar),
      order: parseOrders(query.orderBy, runOrderGrammar),
      after: query.pageToken ? readPageToken(query.pageToken, identity) : undefined,
      limit: limit + 1,
    })
    const shown = found.slice(0, limit)
    const items = shown.map(({ number }) => number)
    const last = shown.at(-1)
    return found.length > limit && last
      ? { items, nextPageToken: pageToken(identity, last.position) }
      : { items }
  }

  /** Runs with all they logged, as the protocol's JSON with commas between, in the order of their numbers. */
  async texts(numbers: readonly number[]): Promise<string> {
    const { reader, dialect } = this.#database
    const texts: string[] = []
    for (let at = 0; at < numbers.length; at += textsAtOnce) {
      if (at > 0) await new Promise<void>((resolve) => setImmediate(resolve))
      texts.push(await readRunTexts(reader, dialect, numbers.slice(at, at + textsAtOnce)))
    }
    return texts.filter(Boolean).join()
  }

  /** One curve, in the order of steps, as the protocol's JSON; nothing for a run that does not exist. */
  async history(
    runId: string,
    key: string,
    options: Pick<CurveTextQuery, 'after' | 'limit' | 'more'> = {},
  ): Promise<CurveText> {
    const { reader, dialect } = this.#database
    const run = await store.findRun(reader, dialect, runId)
    return run
      ? readCurveText(reader, { runNumber: run.number, key, ...options })
      : { text: '', points: 0 }
  }

  /**
   * A sample of one curve with at most `points` points, evenly spread, with the first and last; each step that is in
   * `steps` at both ends, where given.
   */
  async sampledHistory(
    runId: string,
    key: string,
    options: Pick<SampleQuery, 'points' | 'steps'>,
  ): Promise<readonly MetricPoint[]> {
    const { reader, dialect } = this.#database
    const run = await store.findRun(reader, dialect, runId)
    return run ? sampleCurve(reader, dialect, { runNumber: run.number, key, ...options }) : []
  }

  find(reader: Reader, runId: string): Promise<store.StoredRun | undefined> {
    return store.findRun(reader, this.#database.dialect, runId)
  }

  /** @throws NOT_FOUND */
  async require(reader: Reader, runId: string): Promise<store.StoredRun> {
    const run = await store.findRun(reader, this.#database.dialect, runId)
    if (run) return run
    if (runId === '') throw missingValue('run_id')
    throw new KaizenError('NOT_FOUND', `Run with id=${runId.slice(0, 300)} not found`)
  }

  /** @throws NOT_FOUND, CONFLICT when it is deleted. */
  async requireActiveKey(reader: Reader, runId: string): Promise<store.RunKey> {
    const key = await store.findActiveKey(reader, this.#database.dialect, runId)
    return key ?? (await this.requireActive(reader, runId))
  }

  /** @throws NOT_FOUND, CONFLICT when it is deleted. */
  async requireActive(reader: Reader, runId: string): Promise<store.StoredRun> {
    const run = await this.require(reader, runId)
    if (run.lifecycle === 'active') return run
    throw new KaizenError(
      'CONFLICT',
      `The run ${runId} must be in the 'active' state. Current state is deleted.`,
      { hint: 'Restore the run first.' },
    )
  }
}
