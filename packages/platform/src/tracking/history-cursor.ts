import type { MetricPoint } from './model.ts'
import { storedValue } from './rules.ts'

/** Where a page of a curve begins: after this point, in the order in which curves are stored. */
export type HistoryCursor = readonly [step: number, timestamp: number, value: number, isNan: number]

export const cursorOf = (point: MetricPoint): HistoryCursor => {
  const isNan = Number.isNaN(point.value)
  return [point.step, point.timestamp, isNan ? 0 : storedValue(point.value), isNan ? 1 : 0]
}
