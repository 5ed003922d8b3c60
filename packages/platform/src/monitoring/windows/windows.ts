import { durationMs } from '@kaizen/contracts'
import type { MonitorDeclaration, TimeSpan } from '../model.ts'

/** Start of the window that holds `at`: windows are aligned to 1970-01-01T00:00:00Z. */
export const windowStart = (at: number, windowMs: number): number =>
  Math.floor(at / windowMs) * windowMs

/** Lengths of a monitor's windows in milliseconds. */
export interface WindowLengths {
  readonly windowMs: number
  /** From the end of one window to the end of the next; shorter than `windowMs` where windows slide. */
  readonly everyMs: number
  readonly latenessMs: number
  readonly performanceMs: number | null
  readonly lagMs: number | null
}

export const lengthsOf = (declaration: MonitorDeclaration): WindowLengths => ({
  windowMs: durationMs(declaration.window),
  everyMs: durationMs(declaration.every ?? declaration.window),
  latenessMs: durationMs(declaration.lateness),
  performanceMs: declaration.performance && durationMs(declaration.performance.window),
  lagMs: declaration.naive && durationMs(declaration.naive.lag),
})

/** End of the newest window that may be closed at `now`. */
export const dueTo = (now: number, { everyMs, latenessMs }: WindowLengths): number =>
  windowStart(now - latenessMs, everyMs)

/**
 * From when on a window of a monitor may be due by the server's clock; 0 where that cannot be told: its first row is not
 * there yet, or its windows are cut by numbers of rows.
 */
export function nextDue(
  declaration: MonitorDeclaration,
  { closedTo, started }: { readonly closedTo: number; readonly started: boolean },
): number {
  if (!started || declaration.count !== null) return 0
  const { everyMs, latenessMs } = lengthsOf(declaration)
  return closedTo + everyMs + latenessMs
}

/** Windows of its history that a monitor computes at once at most: two years of hours, and some. */
export const mostHistory = 20_000

/** Where history begins: with the first row, but one of a clock that stood at 1970 brings no half million windows. */
export const historyFrom = (
  firstRow: number,
  due: number,
  { everyMs }: Pick<WindowLengths, 'everyMs'>,
): number => {
  const first = windowStart(firstRow, everyMs)
  return Number.isFinite(due) ? Math.max(first, due - mostHistory * everyMs) : first
}

/**
 * A monitor closes at most so many windows a tick, so that years of history hold up no other one; fewer where each asks a
 * function of the project or a model, which may take its time.
 */
export const windowsAtOnce = ({
  custom,
  explanations,
}: Pick<MonitorDeclaration, 'custom' | 'explanations'>): number =>
  custom.length > 0 || explanations ? 20 : 500

/** The ends, in (after, to], of the closed performance windows that a change of labels in `span` reaches. */
export interface Reach {
  readonly after: number
  readonly to: number
}

/** Those that hold one of the rows, and those whose naive forecast looks back at one. */
export function reachOfLabels(
  span: TimeSpan,
  closedTo: number,
  { performanceMs, lagMs }: WindowLengths,
): Reach | null {
  if (performanceMs === null) return null
  const to = Math.min(closedTo, span.to - 1 + performanceMs + (lagMs ?? 0))
  return to > span.from ? { after: span.from, to } : null
}

/** Where a window of `count` rows ends among rows in order of time: rows of one instant stay together. */
export function endOfCount(at: Float64Array, count: number): number | null {
  const last = at[count - 1]
  if (last === undefined) return null
  return last + 1
}
