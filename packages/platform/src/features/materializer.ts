import { type JsonValue, KaizenError, type Page } from '@kaizen/contracts'
import type { VersionRecord } from '../data/index.ts'
import { type Actor, systemActor } from '../kernel/index.ts'
import type { Table, Tx } from '../storage/index.ts'
import type { FeatureDefinitions } from './definitions.service.ts'
import type { FeatureDeps } from './dependencies.ts'
import * as store from './materializations.store.ts'
import type { Materialization, MaterializationRecord } from './model.ts'
import { allOf, newestRows, rowsOf } from './newest-rows.ts'
import { changeState, ensureSet } from './online-sets.store.ts'
import { keepUsOf, valuesDigest } from './rules.ts'
import { viewColumns } from './view-relation.ts'

const kind = 'features.materialize'
/** Rows of one write: what a crash makes to be written again. */
const rowsAtOnce = 2048

export interface MaterializeWindow {
  readonly from?: number | undefined
  readonly to?: number | undefined
}

/** Brings rows of datasets into the online store, as jobs that go on where a crash left them. */
export class Materializer {
  readonly #deps: FeatureDeps
  readonly #definitions: FeatureDefinitions

  constructor(deps: FeatureDeps, definitions: FeatureDefinitions) {
    this.#deps = deps
    this.#definitions = definitions
    deps.jobs.handle(
      kind,
      ({ job, signal }) => this.#run(idOf(job.payload), signal),
      (tx, job, failure) => this.#failed(tx, idOf(job.payload), failure),
      { slow: true },
    )
  }

  /**
   * Asks for a view to be brought in. Without `from` it is what came since the last time; while that is under way, asking
   * again answers the same. @throws NOT_FOUND, INVALID_REQUEST, INVALID_DATA
   */
  async request(
    actor: Actor,
    name: string,
    { from, to }: MaterializeWindow = {},
  ): Promise<Materialization> {
    const { database, data, clock, jobs, ids, audit } = this.#deps
    const view = await this.#definitions.resolve(name)
    const { dataset } = view.definition.source
    const version = await data.version(dataset, 'latest')
    viewColumns(view, version.schema, allOf(view))
    const until = to ?? clock.now()
    if (from !== undefined && from >= until)
      throw new KaizenError('INVALID_REQUEST', 'the window ends before it begins')
    return database.write(async (tx) => {
      const set = await ensureSet(tx, name, valuesDigest(view))
      const record: MaterializationRecord = {
        id: ids.next('mat'),
        view: name,
        viewVersion: view.version,
        setNo: set.no,
        state: 'queued',
        kind: from === undefined ? 'incremental' : 'window',
        from: from ?? null,
        to: until,
        dataset,
        datasetVersion: version.version,
        base: from === undefined ? set.state : { pieces: [], materializedTo: null },
        rows: 0,
        written: 0,
        error: null,
        createdAt: clock.now(),
        createdBy: actor.name,
        endedAt: null,
      }
      const key = from === undefined ? `${set.no}` : record.id
      const job = await jobs.enqueue(tx, { kind, key, payload: { id: record.id }, maxAttempts: 5 })
      const id = idOf(job.payload)
      if (id !== record.id) return viewOf((await store.findMaterialization(tx, id)) ?? record)
      await store.insertMaterialization(tx, record)
      const { kind: asked, datasetVersion } = record
      await audit.append(tx, {
        actor,
        type: 'features.materialization.requested',
        subject: `feature-view:${name}`,
        data: { id, kind: asked, from: from ?? null, to: until, dataset, datasetVersion },
      })
      return viewOf(record)
    })
  }

  /** @throws NOT_FOUND */
  async get(id: string): Promise<Materialization> {
    return viewOf(await this.#record(id))
  }

  async list(
    name: string,
    limit: number,
    before: string | undefined,
  ): Promise<Page<Materialization>> {
    await this.#definitions.get('view', name)
    const { reader } = this.#deps.database
    const records = await store.listMaterializations(reader, name, { before, limit })
    const last = records.at(-1)
    const items = records.map(viewOf)
    return records.length === limit && last ? { items, nextPageToken: last.id } : { items }
  }

  async #run(id: string, signal: AbortSignal): Promise<void> {
    const { database, data, lake, online, clock } = this.#deps
    const record = await this.#record(id)
    const view = await this.#definitions.resolve(record.view, record.viewVersion)
    const version = await data.version(record.dataset, record.datasetVersion)
    await database.write((tx) => store.changeMaterialization(tx, id, { state: 'running' }))
    let { rows, written } = record
    let newest = Number.NEGATIVE_INFINITY
    // The order is that of the keys, so that what was written before a crash is what stands first.
    const sql = await newestRows(this.#deps.blobs, { view, version }, record)
    for await (const table of batched(lake.scan(`${sql} OFFSET ${rows}`))) {
      signal.throwIfAborted()
      const batch = rowsOf(table, view)
      for (const { eventUs } of batch) newest = Math.max(newest, eventUs)
      await online.write({
        set: record.setNo,
        rows: batch,
        keepUs: keepUsOf(view.definition),
        record: async (tx, count) => {
          rows += batch.length
          written += count
          await store.changeMaterialization(tx, id, { rows, written })
          await changeState(tx, record.setNo, (state) => ({
            ...state,
            newestEvent: later(state.newestEvent, newest),
            writtenAt: clock.now(),
          }))
        },
      })
    }
    await database.write((tx) => this.#succeeded(tx, { ...record, rows, written }, version))
  }

  /** The watermark moves with the record of success, and only then. */
  async #succeeded(tx: Tx, record: MaterializationRecord, version: VersionRecord): Promise<void> {
    const { clock, audit } = this.#deps
    const { id, rows, written, setNo, to } = record
    await store.changeMaterialization(tx, id, {
      state: 'succeeded',
      rows,
      written,
      error: null,
      endedAt: clock.now(),
    })
    if (record.kind === 'incremental') {
      await changeState(tx, setNo, (state) => ({
        ...state,
        datasetVersion: version.version,
        materializedTo: to,
        pieces: version.pieces.map(({ digest }) => digest),
      }))
    }
    await audit.append(tx, {
      actor: systemActor,
      type: 'features.materialization.succeeded',
      subject: `feature-view:${record.view}`,
      data: { id, rows, written, to, dataset: record.dataset, datasetVersion: version.version },
    })
  }

  async #failed(tx: Tx, id: string, failure: unknown): Promise<void> {
    const { clock, audit } = this.#deps
    const error = failure instanceof Error ? failure.message : String(failure)
    const record = await store.changeMaterialization(tx, id, {
      state: 'failed',
      error,
      endedAt: clock.now(),
    })
    await audit.append(tx, {
      actor: systemActor,
      type: 'features.materialization.failed',
      subject: `feature-view:${record?.view ?? id}`,
      data: { id, error },
    })
  }

  async #record(id: string): Promise<MaterializationRecord> {
    const record = await store.findMaterialization(this.#deps.database.reader, id)
    if (record) return record
    throw new KaizenError('NOT_FOUND', `there is no materialization "${id.slice(0, 100)}"`)
  }
}

const idOf = (payload: JsonValue): string => (payload as { readonly id: string }).id

const later = (ms: number | null, us: number): number | null =>
  Number.isFinite(us) ? Math.max(ms ?? Number.NEGATIVE_INFINITY, Math.floor(us / 1000)) : ms

function viewOf(record: MaterializationRecord): Materialization {
  const { setNo: _setNo, base: _base, ...view } = record
  return view
}

/** Tables of the lake in parts that are written at once. */
async function* batched(tables: AsyncIterable<Table>): AsyncGenerator<Table> {
  for await (const { rowCount, columns } of tables) {
    for (let at = 0; at < rowCount; at += rowsAtOnce) {
      const end = Math.min(rowCount, at + rowsAtOnce)
      yield {
        rowCount: end - at,
        columns: columns.map((column) => ({
          ...column,
          values: column.values.slice(at, end),
        })) as Table['columns'],
      }
    }
  }
}
