import type { LoggedPredictions, MonitorDeclaration, Statistic } from './model.ts'
import { lacking, short, statisticOf } from './statistic.ts'

const hourMs = 3_600_000

/**
 * What the answers of a window cost: the time that they took, as measured, by a stated price and power. What is assumed
 * stands in the note: that an answer keeps what is paid for busy for as long as it takes.
 */
export function costsOf(
  cost: NonNullable<MonitorDeclaration['cost']>,
  { latencyMs }: Pick<LoggedPredictions, 'latencyMs'>,
): readonly Statistic[] {
  const timed = latencyMs.filter(Number.isFinite)
  const hours = timed.reduce((sum, ms) => sum + ms, 0) / hourMs
  const unknown = latencyMs.length - timed.length
  const { pricePerHour, currency, watts } = cost
  const priced = `${short(pricePerHour)} ${currency} an hour`
  const figure = (metric: string, perHour: number, stated: string): readonly Statistic[] => {
    const note = `${short(hours * 3600)} s of answers at ${stated}${unknown > 0 ? `; not timed: ${unknown}` : ''}`
    return [`${metric}:window`, `${metric}:prediction`].map((name, index) => {
      const named = { metric: name, method: 'answer-time', rows: timed.length }
      if (timed.length === 0) return lacking(named, { have: 0, need: 1, of: 'timed rows' })
      const total = hours * perHour
      return statisticOf({ ...named, value: index === 0 ? total : total / timed.length, note })
    })
  }
  return [
    ...figure('cost', pricePerHour, priced),
    ...(watts === undefined ? [] : figure('energy', watts, `${short(watts)} W, in watt-hours`)),
  ]
}
