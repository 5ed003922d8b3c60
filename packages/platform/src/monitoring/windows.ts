import { durationMs } from '@kaizen/contracts'
import type { MonitorDeclaration, TimeSpan } from './model.ts'

/** Start of the window that holds `at`: windows are aligned to 1970-01-01T00:00:00Z. */
export const windowStart = (at: number, windowMs: number): number =>
  Math.floor(at / windowMs) * windowMs

/** Lengths of a monitor's windows in milliseconds. */
export interface WindowLengths {
  readonly windowMs: number
  readonly latenessMs: number
  readonly performanceMs: number | null
  readonly lagMs: number | null
}

export const lengthsOf = (declaration: MonitorDeclaration): WindowLengths => ({
  windowMs: durationMs(declaration.window),
  latenessMs: durationMs(declaration.lateness),
  performanceMs: declaration.performance && durationMs(declaration.performance.window),
  lagMs: declaration.naive && durationMs(declaration.naive.lag),
})

/** End of the newest window that may be closed at `now`. */
export const dueTo = (now: number, { windowMs, latenessMs }: WindowLengths): number =>
  windowStart(now - latenessMs, windowMs)

/**
 * Ends of closed performance windows that a change of labels in `span` reaches: those that hold one of the rows, and
 * those whose naive forecast looks back at one.
 */
export function restatedEnds(
  span: TimeSpan,
  closedTo: number,
  { windowMs, performanceMs, lagMs }: WindowLengths,
): readonly number[] {
  if (performanceMs === null) return []
  const first = windowStart(span.from, windowMs) + windowMs
  const reach = span.to - 1 + performanceMs + (lagMs ?? 0)
  const last = Math.min(closedTo, windowStart(reach, windowMs))
  const ends: number[] = []
  for (let end = first; end <= last; end += windowMs) ends.push(end)
  return ends
}
