import { InvalidArgumentError } from 'commander'

/** An option that may stand several times: each value joins those before. */
export const repeatable = (value: string, before: readonly string[]): readonly string[] => [
  ...before,
  value,
]

/** Values parted by commas; empty ones do not count. */
export const commaParted = (text: string): string[] => text.split(',').filter((one) => one !== '')

/** Reads a whole number within both bounds. */
export const wholeNumber =
  (least = 0, most = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = numberOf(text)
    if (Number.isSafeInteger(value) && value >= least && value <= most) return value
    throw new InvalidArgumentError(
      most === Number.MAX_SAFE_INTEGER
        ? `expected a whole number of ${least} or more`
        : `expected a whole number from ${least} to ${most}`,
    )
  }

export function positiveNumber(text: string): number {
  const value = numberOf(text)
  if (Number.isFinite(value) && value > 0) return value
  throw new InvalidArgumentError('expected a number above 0')
}

export function finiteNumber(text: string): number {
  const value = numberOf(text)
  if (Number.isFinite(value)) return value
  throw new InvalidArgumentError('expected a number')
}

/** What JavaScript takes for 0 is no number here: a shell's empty variable must not become a limit. */
const numberOf = (text: string): number => (text.trim() === '' ? Number.NaN : Number(text))
