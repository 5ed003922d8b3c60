import { durationMs } from '@kaizen/contracts'
import type { BlobStore, Table, TableColumn } from '../../storage/index.ts'
import type { StatisticsWorker } from '../compute/statistics-worker.ts'
import { sampledRows } from '../explanations/sampled-rows.ts'
import type {
  LoggedPredictions,
  MonitorDeclaration,
  MonitorRecord,
  MonitorReference,
  PreparedReference,
  Reference,
  ReferenceProfile,
  TimeSpan,
  Variation,
} from '../model.ts'
import type { DatasetRows } from '../sources/dataset-rows.ts'
import type { Sources } from '../sources/sources.ts'
import { wantsVariation } from '../thresholds.ts'
import { type ContentColumns, contentReference, hasContent } from './content-reference.ts'
import { profileOf } from './reference.ts'
import { segmentReferences, segmentsWithReference } from './segment-reference.ts'

type Wanting = Pick<
  MonitorDeclaration,
  'segments' | 'segmentDrift' | 'explanations' | 'thresholds' | 'drift'
> &
  ContentColumns

const heldBy = ({ segments, sample, content, variation }: ReferenceProfile) => ({
  variation: variation?.methods,
  texts: Object.keys(content?.texts ?? {}),
  embeddings: Object.keys(content?.embeddings ?? {}),
  segments: Object.keys(segments ?? {}),
  rows: sample !== undefined,
})

/** Makes the profiles that windows are compared with, from whatever rows a monitor names. */
export class References {
  readonly #blobs: BlobStore
  readonly #sources: Sources
  readonly #datasets: Pick<DatasetRows, 'version'> | null
  readonly #worker: StatisticsWorker
  /** By profile what it holds beside its columns. */
  readonly #held = new Map<string, ReturnType<typeof heldBy>>()

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

  /** Stores a profile of rows and of what a model answers for them, as a declaration wants it. */
  async prepare(
    { table, prediction }: { readonly table: Table; readonly prediction: TableColumn | null },
    declaration: Wanting,
  ): Promise<PreparedReference> {
    const segments = segmentsWithReference(declaration)
    const profile = profileOf(table, prediction)
    return this.#store({
      ...profile,
      ...(wantsVariation(declaration) && {
        variation: await variationIn(profile, { table, prediction }, declaration),
      }),
      ...(segments.length > 0 && { segments: segmentReferences(table, prediction, segments) }),
      ...(hasContent(declaration) && { content: contentReference(table, declaration) }),
      ...(declaration.explanations && { sample: sampledRows(table) }),
    })
  }

  /** Whether a stored profile holds what a declaration wants of it. */
  async covers(reference: Reference, declaration: Wanting): Promise<boolean> {
    const wanted = segmentsWithReference(declaration)
    const { texts, embeddings } = declaration
    const varies = wantsVariation(declaration)
    if (wanted.length === 0 && !declaration.explanations && !varies && !hasContent(declaration))
      return true
    const { profileDigest } = reference
    const held = this.#held.get(profileDigest) ?? heldBy(await this.#read(profileDigest))
    if (this.#held.size > 1000) this.#held.clear()
    this.#held.set(profileDigest, held)
    const hasRows = !declaration.explanations || held.rows
    return (
      hasRows &&
      (!varies || declaration.drift.every((method) => held.variation?.includes(method))) &&
      wanted.every((column) => held.segments.includes(column)) &&
      texts.every((column) => held.texts.includes(column)) &&
      embeddings.every((column) => held.embeddings.includes(column))
    )
  }

  /** The reference that a declaration names itself; null where it comes with promotions, moves along, or is not there yet. */
  async declared(monitor: MonitorRecord, now: number): Promise<PreparedReference | null> {
    const { reference, lateness } = monitor.declaration
    if (reference === 'training' || reference.kind === 'rolling') return null
    if (reference.kind === 'dataset') {
      const found = await this.#datasets?.version(reference.dataset, reference.version ?? 'latest')
      return found
        ? this.prepare({ table: found.table, prediction: null }, monitor.declaration)
        : null
    }
    if (now < reference.to + durationMs(lateness)) return null
    const span = { from: reference.from, to: reference.to }
    const merged = await this.#sources.profiles(monitor, span)
    if (merged) {
      const { referenceOf } = await import('../profiles/profile-columns.ts')
      return this.#store(referenceOf(merged.profile))
    }
    const rows = await this.#sources.rows(monitor, span)
    if (rows.at.length === 0) return null
    const segments = segmentsWithReference(monitor.declaration)
    const { explanations, texts, embeddings } = monitor.declaration
    const made = await this.#worker.reference({
      kind: 'reference',
      rows,
      segments,
      content: { texts, embeddings },
      variation: wantsVariation(monitor.declaration) ? monitor.declaration.drift : null,
    })
    return this.#store(explanations ? { ...made, sample: sampledRows(rows.inputs) } : made)
  }

  /** The rows before a window, for a reference that moves along. */
  async rolling(monitor: MonitorRecord, span: TimeSpan): Promise<LoggedPredictions | null> {
    const { reference } = monitor.declaration
    if (reference === 'training' || reference.kind !== 'rolling') return null
    const from = span.from - durationMs(reference.length)
    const rows = await this.#sources.rows(monitor, { from, to: span.from })
    return rows.at.length === 0 ? null : rows
  }

  async #read(digest: string): Promise<ReferenceProfile> {
    const bytes = await this.#blobs.bytes(digest)
    return JSON.parse(new TextDecoder().decode(bytes)) as ReferenceProfile
  }

  async #store(profile: ReferenceProfile): Promise<PreparedReference> {
    const bytes = new TextEncoder().encode(JSON.stringify(profile))
    const { digest } = await this.#blobs.put(bytes)
    return { digest, rows: profile.rows }
  }
}

/** Loaded by those who compare parts of a reference: a start need not wait for it. */
async function variationIn(
  profile: ReferenceProfile,
  rows: { readonly table: Table; readonly prediction: TableColumn | null },
  { drift }: Pick<MonitorDeclaration, 'drift'>,
): Promise<Variation> {
  const { variationOf } = await import('./variation.ts')
  return variationOf(profile, rows, drift)
}

/** Of a reference, what its stored profile tells. */
export const storedAs = ({ digest, rows }: PreparedReference) => ({ profileDigest: digest, rows })

/** Which rows a reference is made of, in words. */
export function sourceInWords(source: MonitorReference, modelVersion: number): string {
  if (source === 'training') return `training rows of version ${modelVersion}`
  if (source.kind === 'dataset')
    return `dataset ${source.dataset}${source.version === undefined ? '' : ` version ${source.version}`}`
  if (source.kind === 'rolling') return `the ${source.length} before each window`
  return `rows from ${new Date(source.from).toISOString()} to ${new Date(source.to).toISOString()}`
}
