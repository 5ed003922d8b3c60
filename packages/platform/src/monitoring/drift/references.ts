import { durationMs } from '@kaizen/contracts'
import type { BlobStore, Table, TableColumn } from '../../storage/index.ts'
import type { StatisticsWorker } from '../compute/statistics-worker.ts'
import type {
  LoggedPredictions,
  MonitorRecord,
  MonitorReference,
  PreparedReference,
  ReferenceProfile,
  TimeSpan,
} from '../model.ts'
import type { DatasetRows } from '../sources/dataset-rows.ts'
import type { Sources } from '../sources/sources.ts'
import { profileOf } from './reference.ts'

/** Makes the profiles that windows are compared with, from whatever rows a monitor names. */
export class References {
  readonly #blobs: BlobStore
  readonly #sources: Sources
  readonly #datasets: Pick<DatasetRows, 'version'> | null
  readonly #worker: StatisticsWorker

  constructor(parts: {
    readonly blobs: BlobStore
    readonly sources: Sources
    readonly datasets: Pick<DatasetRows, 'version'> | null
    readonly worker: StatisticsWorker
  }) {
    this.#blobs = parts.blobs
    this.#sources = parts.sources
    this.#datasets = parts.datasets
    this.#worker = parts.worker
  }

  /** Stores a profile of rows and of what a model answers for them. */
  async prepare(table: Table, prediction: TableColumn | null): Promise<PreparedReference> {
    return this.#store(profileOf(table, prediction))
  }

  /** The reference that a declaration names itself; null where it comes with promotions, moves along, or is not there yet. */
  async declared(monitor: MonitorRecord, now: number): Promise<PreparedReference | null> {
    const { reference, lateness } = monitor.declaration
    if (reference === 'training' || reference.kind === 'rolling') return null
    if (reference.kind === 'dataset') {
      const found = await this.#datasets?.version(reference.dataset, reference.version ?? 'latest')
      return found ? this.prepare(found.table, null) : null
    }
    if (now < reference.to + durationMs(lateness)) return null
    const span = { from: reference.from, to: reference.to }
    const merged = await this.#sources.profiles(monitor, span)
    if (merged) {
      const { referenceOf } = await import('../profiles/profile-columns.ts')
      return this.#store(referenceOf(merged.profile))
    }
    const rows = await this.#sources.rows(monitor, span)
    return rows.at.length === 0 ? null : this.#ofRows(rows)
  }

  /** The rows before a window, for a reference that moves along. */
  async rolling(monitor: MonitorRecord, span: TimeSpan): Promise<LoggedPredictions | null> {
    const { reference } = monitor.declaration
    if (reference === 'training' || reference.kind !== 'rolling') return null
    const from = span.from - durationMs(reference.length)
    const rows = await this.#sources.rows(monitor, { from, to: span.from })
    return rows.at.length === 0 ? null : rows
  }

  async #ofRows(rows: LoggedPredictions): Promise<PreparedReference> {
    return this.#store(await this.#worker.reference({ kind: 'reference', rows }))
  }

  async #store(profile: ReferenceProfile): Promise<PreparedReference> {
    const bytes = new TextEncoder().encode(JSON.stringify(profile))
    const { digest } = await this.#blobs.put(bytes)
    return { digest, rows: profile.rows }
  }
}

/** Which rows a reference is made of, in words. */
export function sourceInWords(source: MonitorReference, modelVersion: number): string {
  if (source === 'training') return `training rows of version ${modelVersion}`
  if (source.kind === 'dataset')
    return `dataset ${source.dataset}${source.version === undefined ? '' : ` version ${source.version}`}`
  if (source.kind === 'rolling') return `the ${source.length} before each window`
  return `rows from ${new Date(source.from).toISOString()} to ${new Date(source.to).toISOString()}`
}
