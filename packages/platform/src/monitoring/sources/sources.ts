import type { Table } from '../../storage/index.ts'
import type {
  LoggedPredictions,
  MonitorDeclaration,
  MonitorRecord,
  PredictionLog,
  TimeSpan,
} from '../model.ts'
import type { MergedProfiles } from '../profiles/sketch-drift.ts'

/** Rows in event time that are not an endpoint's: a dataset, or uploaded batches. */
export interface RowSource {
  /** Rows with event time in [from, to), in order of event time. */
  rows(name: string, span: TimeSpan): Promise<LoggedPredictions>
  /** Event times of all rows; undefined while there are none. */
  span(name: string): Promise<TimeSpan | undefined>
}

export interface WatchedSources {
  readonly serving: PredictionLog
  readonly datasets: RowSource
  /** Of pipelines. */
  readonly runs: RowSource
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
    const { serving, datasets, batches } = this.#sources
    if (declaration.endpoint !== null) return serving.predictions(declaration.endpoint, span)
    if (declaration.pipeline !== null) return this.#sources.runs.rows(declaration.pipeline, span)
    return declaration.dataset === null
      ? batches.rows(name, span)
      : datasets.rows(declaration.dataset, span)
  }

  span({ name, declaration }: Watched): Promise<TimeSpan | undefined> {
    const { serving, datasets, batches } = this.#sources
    if (declaration.endpoint !== null) return serving.logSpan(declaration.endpoint)
    if (declaration.pipeline !== null) return this.#sources.runs.span(declaration.pipeline)
    return declaration.dataset === null ? batches.span(name) : datasets.span(declaration.dataset)
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
export const takesBatches = ({ endpoint, dataset, pipeline }: MonitorDeclaration): boolean =>
  endpoint === null && dataset === null && pipeline === null

type Watched = Pick<MonitorRecord, 'name' | 'declaration'>

/** What events about a monitor's source are filed under. */
export const subjectOf = ({ name, declaration }: Watched): string =>
  declaration.endpoint !== null
    ? `endpoint:${declaration.endpoint}`
    : declaration.dataset !== null
      ? `dataset:${declaration.dataset}`
      : declaration.pipeline !== null
        ? `pipeline:${declaration.pipeline}`
        : `monitor:${name}`

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
