import { type WatchedKind, watchedKinds } from '@kaizen/contracts'
import type { Table } from '../../storage/index.ts'
import type {
  LoggedPredictions,
  MonitorDeclaration,
  MonitorRecord,
  PredictionLog,
  Statistic,
  TimeSpan,
} from '../model.ts'
import type { MergedProfiles } from '../profiles/sketch-drift.ts'

/** Rows in event time that are not an endpoint's: a dataset, or uploaded batches. */
export interface RowSource {
  /** Rows with event time in [from, to), in order of event time. */
  rows(name: string, span: TimeSpan): Promise<LoggedPredictions>
  /** Event times of all rows; undefined while there are none. */
  span(name: string): Promise<TimeSpan | undefined>
  /** What is to be said of a window beside its rows. */
  statistics?(name: string, span: TimeSpan, rows: LoggedPredictions): Promise<readonly Statistic[]>
}

export interface WatchedSources {
  readonly serving: PredictionLog
  readonly datasets: RowSource
  /** Of pipelines. */
  readonly runs: RowSource
  /** Of feature views. */
  readonly features: RowSource
  readonly batches: RowSource & {
    /** Profiles in a span, made one; null while there are none. */
    profiles(monitor: string, span: TimeSpan): Promise<MergedProfiles | null>
  }
}

/** Where the rows of a monitor come from, whatever it watches. */
export class Sources {
  readonly #sources: WatchedSources

  constructor(sources: WatchedSources) {
    this.#sources = sources
  }

  rows({ name, declaration }: Watched, span: TimeSpan): Promise<LoggedPredictions> {
    const { serving, batches } = this.#sources
    if (declaration.endpoint !== null) return serving.predictions(declaration.endpoint, span)
    const found = this.#named(declaration)
    return found ? found.source.rows(found.name, span) : batches.rows(name, span)
  }

  span({ name, declaration }: Watched): Promise<TimeSpan | undefined> {
    const { serving, batches } = this.#sources
    if (declaration.endpoint !== null) return serving.logSpan(declaration.endpoint)
    const found = this.#named(declaration)
    return found ? found.source.span(found.name) : batches.span(name)
  }

  /** What the source says of a window beside its rows. */
  async statistics(
    { declaration }: Watched,
    span: TimeSpan,
    rows: LoggedPredictions,
  ): Promise<readonly Statistic[]> {
    const found = this.#named(declaration)
    return (await found?.source.statistics?.(found.name, span, rows)) ?? []
  }

  /** Where the rows of a dataset, pipeline or feature view come from. */
  #named({ dataset, pipeline, featureView }: MonitorDeclaration) {
    const { datasets, runs, features } = this.#sources
    if (dataset !== null) return { source: datasets, name: dataset }
    if (pipeline !== null) return { source: runs, name: pipeline }
    return featureView === null ? null : { source: features, name: featureView }
  }

  /** What was uploaded as profiles instead of rows; null where nothing was. */
  async profiles({ name, declaration }: Watched, span: TimeSpan): Promise<MergedProfiles | null> {
    if (!takesBatches(declaration)) return null
    return this.#sources.batches.profiles(name, span)
  }

  /** Labels of datasets and batches come with their rows. */
  async labelsChangedSince(
    { declaration }: Watched,
    cursor: number,
  ): Promise<{ readonly cursor: number; readonly span: TimeSpan | null }> {
    return declaration.endpoint === null
      ? { cursor, span: null }
      : this.#sources.serving.feedbackChangedSince(declaration.endpoint, cursor)
  }
}

/** Whether what is watched is uploaded. */
export const takesBatches = (declaration: MonitorDeclaration): boolean =>
  watchedKinds.every((kind) => declaration[kind] === null)

type Watched = Pick<MonitorRecord, 'name' | 'declaration'>

/** How the subjects of events begin. */
const subjects: Readonly<Record<WatchedKind, string>> = {
  endpoint: 'endpoint',
  dataset: 'dataset',
  pipeline: 'pipeline',
  featureView: 'feature-view',
}

/** What events about a monitor's source are filed under. */
export const subjectOf = ({ name, declaration }: Watched): string => {
  const kind = watchedKinds.find((each) => declaration[each] !== null)
  return kind === undefined ? `monitor:${name}` : `${subjects[kind]}:${declaration[kind]}`
}

/** Rows of inputs alone: nobody answered them, nothing is known to be true of them. */
export function inputRows(at: Float64Array, inputs: Table, version: number): LoggedPredictions {
  const rows = at.length
  return {
    at,
    version: new Float64Array(rows).fill(version),
    latencyMs: new Float64Array(rows).fill(Number.NaN),
    error: new Array<string | null>(rows).fill(null),
    inputs,
    outputs: { rowCount: rows, columns: [] },
    actual: new Array<null>(rows).fill(null),
  }
}
