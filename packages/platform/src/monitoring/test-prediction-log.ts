import type { Actual } from '../evaluation/index.ts'
import type { Table } from '../storage/index.ts'
import type { LoggedPredictions, PredictionLog, TimeSpan } from './model.ts'

export interface TestRow {
  readonly at: number
  readonly inputs: Readonly<Record<string, number | string>>
  readonly answer: number
  readonly version?: number
  readonly error?: string
  readonly latencyMs?: number
  /** Named outputs instead of the answer. */
  readonly outputs?: Readonly<Record<string, number | string>>
}

/** A prediction log in memory, for tests: rows and labels come in any order, as they do over HTTP. */
export class TestPredictionLog implements PredictionLog {
  readonly #rows = new Map<number, TestRow & { actual: Actual }>()
  /** Event times of labels in the order in which they came. */
  readonly #changes: number[] = []
  /** How often rows were asked for. */
  reads = 0

  add(...rows: readonly TestRow[]): void {
    for (const row of rows) this.#rows.set(row.at, { ...row, actual: null })
  }

  /** The truth of the row at a time; the same again changes nothing. */
  label(at: number, actual: number | string): void {
    const row = this.#rows.get(at)
    if (!row || row.actual === actual) return
    row.actual = actual
    this.#changes.push(at)
  }

  async predictions(_endpoint: string, { from, to }: TimeSpan): Promise<LoggedPredictions> {
    this.reads++
    const rows = [...this.#rows.values()]
      .filter(({ at }) => at >= from && at < to)
      .sort((a, b) => a.at - b.at)
    return {
      at: Float64Array.from(rows, ({ at }) => at),
      version: Float64Array.from(rows, ({ version }) => version ?? 1),
      latencyMs: Float64Array.from(rows, ({ latencyMs }) => latencyMs ?? Number.NaN),
      error: rows.map(({ error }) => error ?? null),
      inputs: tableOf(rows.map(({ inputs }) => inputs)),
      outputs: tableOf(
        rows.map(({ answer, error, outputs }) =>
          error ? { variable: Number.NaN } : (outputs ?? { variable: answer }),
        ),
      ),
      actual: rows.map(({ actual }) => actual),
    }
  }

  async logSpan(): Promise<TimeSpan | undefined> {
    const times = [...this.#rows.keys()]
    return times.length === 0 ? undefined : { from: Math.min(...times), to: Math.max(...times) + 1 }
  }

  async feedbackChangedSince(
    _endpoint: string,
    cursor: number,
  ): Promise<{ readonly cursor: number; readonly span: TimeSpan | null }> {
    const changed = this.#changes.slice(cursor)
    const span =
      changed.length === 0 ? null : { from: Math.min(...changed), to: Math.max(...changed) + 1 }
    return { cursor: this.#changes.length, span }
  }
}

function tableOf(rows: readonly Readonly<Record<string, number | string>>[]): Table {
  const names = Object.keys(rows[0] ?? {})
  return {
    rowCount: rows.length,
    columns: names.map((name) =>
      typeof rows[0]?.[name] === 'string'
        ? { name, type: 'string', values: rows.map((row) => String(row[name])) }
        : { name, type: 'number', values: Float64Array.from(rows, (row) => Number(row[name])) },
    ),
  }
}
