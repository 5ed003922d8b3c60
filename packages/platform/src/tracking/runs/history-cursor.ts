import { KaizenError } from '@kaizen/contracts'

/** Where a page of a curve begins: after this point, in the order in which curves are stored. */
export type HistoryCursor = readonly [step: number, timestamp: number, value: number, isNan: number]

/** A cursor that came from outside. @throws INVALID_REQUEST */
export function toHistoryCursor(position: readonly unknown[]): HistoryCursor {
  const [step, timestamp, value, isNan] = position
  const whole = Number.isSafeInteger(step) && Number.isSafeInteger(timestamp)
  if (whole && typeof value === 'number' && (isNan === 0 || isNan === 1)) {
    return [step as number, timestamp as number, value, isNan]
  }
  throw new KaizenError('INVALID_REQUEST', 'Invalid page token')
}
