import type TimeSeries from './time-series.tsx'

type Drawing = typeof TimeSeries
export type DrawnProps = Parameters<Drawing>[0]

let loaded: Drawing | undefined

/** What draws a time chart, if it is here already. */
export const drawnNow = (): Drawing | undefined => loaded

/** Loads what draws time charts; pages that will show one ask for it while their data comes. */
export async function loadDrawing(): Promise<Drawing> {
  const { default: drawing } = await import('./time-series.tsx')
  loaded = drawing
  return drawing
}
