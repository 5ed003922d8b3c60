import { type Actual, loggedPredictions, type Predictions } from '../../evaluation/index.ts'
import type { LoggedPredictions, TimeSpan } from '../model.ts'
import { windowStart } from '../windows/windows.ts'

/** Answers and truth of rows in order of event time: what performance is computed from. */
export interface JudgedRows {
  readonly at: Float64Array
  readonly version: Float64Array
  readonly predictions: Predictions
  readonly actual: readonly Actual[]
  /** Memberships of the rows by each column that segments or groups them. */
  readonly groups: Readonly<Record<string, readonly (string | null)[]>>
}

/** Reads the rows that a monitor watches. */
export type ReadRows = (span: TimeSpan) => Promise<LoggedPredictions>

/**
 * The newest part of an endpoint's log, one bucket a window, so that sliding windows read each row once. It holds
 * nothing that the log does not: lost at a restart, it is read again.
 */
export class PredictionBuckets {
  readonly #read: ReadRows
  readonly #windowMs: number
  readonly #groups: readonly string[]
  readonly #buckets = new Map<number, JudgedRows>()

  /** `groups` are the columns whose values cut the rows. */
  constructor(read: ReadRows, windowMs: number, groups: readonly string[]) {
    this.#read = read
    this.#windowMs = windowMs
    this.#groups = groups
  }

  /** Takes the rows of one window, which were read for its drift. */
  put(start: number, rows: LoggedPredictions): void {
    this.#buckets.set(start, judged(rows, this.#groups))
  }

  /** Rows with event time in the span. */
  async rows(span: TimeSpan): Promise<JudgedRows> {
    const parts: JudgedRows[] = []
    const first = windowStart(span.from, this.#windowMs)
    for (let start = first; start < span.to; start += this.#windowMs) {
      parts.push(within(await this.#bucket(start), span))
    }
    return join(parts, this.#groups)
  }

  /** Forgets buckets that a change of labels reaches. */
  forget(span: TimeSpan): void {
    for (const start of this.#buckets.keys()) {
      if (start < span.to && start + this.#windowMs > span.from) this.#buckets.delete(start)
    }
  }

  /** Forgets what lies before a time that no window looks back to. */
  forgetBefore(at: number): void {
    for (const start of this.#buckets.keys()) {
      if (start + this.#windowMs <= at) this.#buckets.delete(start)
    }
  }

  async #bucket(start: number): Promise<JudgedRows> {
    const known = this.#buckets.get(start)
    if (known) return known
    const span = { from: start, to: start + this.#windowMs }
    const read = judged(await this.#read(span), this.#groups)
    this.#buckets.set(start, read)
    return read
  }
}

/** Rows that were answered; failed ones have nothing to be judged. */
function judged(rows: LoggedPredictions, groups: readonly string[]): JudgedRows {
  const { at, version, error, outputs, actual } = rows
  const all = {
    at,
    version,
    predictions: loggedPredictions(outputs),
    actual,
    groups: Object.fromEntries(groups.map((column) => [column, membershipsOf(rows, column)])),
  }
  return error.every((message) => message === null) ? all : take(all, (row) => error[row] === null)
}

/** The value of a column in each row; numbers stand for themselves. */
export function membershipsOf(
  { inputs, at }: Pick<LoggedPredictions, 'inputs' | 'at'>,
  column: string,
): readonly (string | null)[] {
  const found = inputs.columns.find(({ name }) => name === column)
  if (!found) return Array.from(at, () => null)
  return Array.from(found.values as ArrayLike<unknown>, (value) =>
    value === null || value === '' || Number.isNaN(value) ? null : String(value),
  )
}

function within(rows: JudgedRows, { from, to }: TimeSpan): JudgedRows {
  const inside = (row: number): boolean => rows.at[row]! >= from && rows.at[row]! < to
  const { length } = rows.at
  return length === 0 || (inside(0) && inside(length - 1)) ? rows : take(rows, inside)
}

function take(rows: JudgedRows, keep: (row: number) => boolean): JudgedRows {
  const kept = Array.from(rows.at.keys()).filter(keep)
  const pick = (values: Float64Array): Float64Array =>
    Float64Array.from(kept, (row) => values[row]!)
  const { predictions } = rows
  return {
    at: pick(rows.at),
    version: pick(rows.version),
    predictions:
      predictions.task === 'regression'
        ? { task: 'regression', values: pick(predictions.values) }
        : {
            task: 'classification',
            labels: kept.map((row) => predictions.labels[row]!),
            probabilities: predictions.probabilities && pick(predictions.probabilities),
          },
    actual: kept.map((row) => rows.actual[row]!),
    groups: mapValues(rows.groups, (values) => kept.map((row) => values[row]!)),
  }
}

/** One after the other; buckets without rows say nothing about the task. */
function join(parts: readonly JudgedRows[], groups: readonly string[]): JudgedRows {
  const full = parts.filter(({ at }) => at.length > 0)
  const [only] = full
  if (only && full.length === 1) return only
  return {
    at: concatenate(full.map(({ at }) => at)),
    version: concatenate(full.map(({ version }) => version)),
    predictions: joinPredictions(full.map(({ predictions }) => predictions)),
    actual: full.flatMap(({ actual }) => actual),
    groups: Object.fromEntries(
      groups.map((column) => [column, full.flatMap((part) => part.groups[column] ?? [])]),
    ),
  }
}

const mapValues = <A, B>(
  record: Readonly<Record<string, A>>,
  change: (value: A) => B,
): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]))

/** Should the task of an endpoint have changed, the rows of the newest one count; the others have no answer. */
function joinPredictions(parts: readonly Predictions[]): Predictions {
  if (parts.at(-1)?.task === 'classification') {
    const spread = parts.map((part) => (part.task === 'classification' ? part.probabilities : null))
    return {
      task: 'classification',
      labels: parts.flatMap((part) =>
        part.task === 'classification' ? part.labels : Array.from(part.values, () => ''),
      ),
      probabilities: spread.every((values) => values !== null) ? concatenate(spread) : null,
    }
  }
  const values = parts.map((part) =>
    part.task === 'regression'
      ? part.values
      : new Float64Array(part.labels.length).fill(Number.NaN),
  )
  return { task: 'regression', values: concatenate(values) }
}

function concatenate(parts: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0))
  let position = 0
  for (const part of parts) {
    whole.set(part, position)
    position += part.length
  }
  return whole
}
