import type { MetricPoint } from './model.ts'

/**
 * A point of a series. One that stands for several windows has the mean of their values, the end of the last of them, and
 * says between which values they lay: an excess of one window stands in the range and in `drifted`.
 */
export type SeriesPoint = MetricPoint & { readonly range?: readonly [low: number, high: number] }
