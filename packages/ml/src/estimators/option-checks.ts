import { MlError } from '../ml-error.ts'

/** The numbers that an option takes; a `min` of `Number.MIN_VALUE` means above 0. */
export interface NumberRange {
  readonly min: number
  readonly max: number
  readonly integer?: true
}

/**
 * Refuses a number out of its range.
 * @throws MlError naming the option, its value and its range.
 */
export const checkNumber = (name: string, value: number, range: NumberRange): void => {
  const { min, max, integer } = range
  if (value >= min && value <= max && (!integer || Number.isInteger(value))) return
  const words = min === Number.MIN_VALUE ? `above 0 up to ${max}` : `from ${min} to ${max}`
  throw new MlError(
    'invalid_option',
    `option '${name}' is ${value}`,
    `use ${integer ? 'an integer' : 'a number'} ${words}`,
  )
}

/**
 * Refuses options that a trainer does not have.
 * @throws MlError listing those that it has.
 */
export const checkNames = (trainer: string, options: object, known: readonly string[]): void => {
  const unknown = Object.keys(options).find((name) => !known.includes(name))
  if (unknown === undefined) return
  throw new MlError(
    'invalid_option',
    `${trainer} has no option '${unknown}'`,
    `use one of: ${known.join(', ')}`,
  )
}
