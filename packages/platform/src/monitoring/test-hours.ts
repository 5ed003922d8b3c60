import { type TestMonitoring, tableOf } from './test-monitoring.ts'

/** The whole numbers below one. */
export const count = (length: number): number[] => Array.from({ length }, (_, index) => index)
/** Between 0 and 100, always the same. */
export const heat = (index: number): number => (index * 37) % 101
export const sky = (index: number): string => (index % 5 === 0 ? 'rain' : 'sun')
export const trained = tableOf({ temp: count(2000).map(heat), sky: count(2000).map(sky) })

/** An hour of rows, one a minute; a planted column replaces the usual one. */
export function hourOf(
  world: TestMonitoring,
  at: number,
  planted: { readonly [column: string]: (index: number) => number | string } = {},
): void {
  for (const minute of count(60)) {
    const index = at / 60_000 + minute
    const inputs = {
      temp: planted['temp']?.(minute) ?? heat(index),
      sky: planted['sky']?.(minute) ?? sky(index),
    }
    world.log.add({
      at: at + minute * 60_000,
      inputs,
      answer: heat(index),
      latencyMs: 1 + minute,
    })
  }
}
