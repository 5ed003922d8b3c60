import type { Statistic } from './model.ts'

/** A figure of a window before anything has judged it. */
export interface Figure {
  readonly metric: string
  readonly method: string
  readonly value: number | null
  /** Rows that the value is about. */
  readonly rows: number
  readonly column?: string
  readonly referenceRows?: number
  readonly threshold?: number
  readonly lower?: number
  readonly pValue?: number | null
  readonly note?: string | null
  readonly band?: readonly [low: number, high: number] | null
}

/**
 * A statistic with the verdict of its bounds: above `threshold` or below `lower` it has drifted. A value that is not a
 * finite number is none, and none is no verdict: never a green one.
 */
export function statisticOf(figure: Figure): Statistic {
  const { metric, method, rows, threshold = null, lower = null } = figure
  const value = figure.value !== null && Number.isFinite(figure.value) ? figure.value : null
  const bounded = threshold !== null || lower !== null
  return {
    metric,
    column: figure.column ?? null,
    method,
    value,
    pValue: figure.pValue ?? null,
    threshold,
    lower,
    band: value !== null && figure.band?.every(Number.isFinite) ? [...figure.band] : null,
    drifted: value === null || !bounded ? null : breaks(value, { threshold, lower }),
    referenceRows: figure.referenceRows ?? 0,
    currentRows: rows,
    status: value === null ? 'insufficient' : 'ok',
    note: figure.note ?? (value === null ? `${method} is not defined on these rows` : null),
  }
}

/** A statistic that has too few rows to say anything. */
export const lacking = (
  figure: Omit<Figure, 'value' | 'note'>,
  what: { readonly have: number; readonly need: number; readonly of: string },
): Statistic =>
  statisticOf({
    ...figure,
    value: null,
    note: `not enough data: ${what.have} of ${what.need} ${what.of}`,
  })

/** Whether a value lies outside its bounds. */
export const breaks = (
  value: number,
  { threshold, lower }: { readonly threshold: number | null; readonly lower: number | null },
): boolean => (threshold !== null && value > threshold) || (lower !== null && value < lower)

export const percent = (share: number): string => `${Number((share * 100).toFixed(1))} %`
export const short = (value: number): string => String(Number(value.toPrecision(4)))

/** The bounds that a metric had, and the verdict of its new value by them where they gave one. */
export function keptVerdict(
  now: Statistic,
  before: Statistic | undefined,
): Pick<Statistic, 'threshold' | 'lower' | 'drifted'> {
  if (!before) return now
  const { threshold, lower } = before
  // A verdict by the customary bound of its method, which may be one of the p-value, is its own.
  if (threshold === now.threshold && lower === now.lower) return now
  const judged = now.drifted !== null || before.drifted !== null
  const drifted = judged && now.value !== null ? breaks(now.value, { threshold, lower }) : null
  return { threshold, lower, drifted }
}
