import type { LoggedPredictions } from '../model.ts'

/** The model version that has answered most of the rows; the newest of equals, null where no row names one. */
export function mostAnswering({
  version,
  error,
}: Pick<LoggedPredictions, 'version' | 'error'>): number | null {
  const counts = new Map<number, number>()
  for (const [row, one] of version.entries())
    if (error[row] === null && one > 0) counts.set(one, (counts.get(one) ?? 0) + 1)
  const [most] = [...counts].sort(([a, m], [b, n]) => n - m || b - a)
  return most?.[0] ?? null
}
