import { MlError } from '../ml-error.ts'

/** The numbers that an option takes; a `min` of `Number.MIN_VALUE` means above 0. */
export interface NumberRange {
  readonly min: number
  readonly max: number
  readonly integer?: true
}

/**
 * Refuses what is no number or out of its range; options may come from JSON that nobody has typed.
 * @throws MlError naming the option, its value and its range.
 */
export const checkNumber = (name: string, value: unknown, range: NumberRange): void => {
  const { min, max, integer } = range
  const fits = typeof value === 'number' && value >= min && value <= max
  if (fits && (!integer || Number.isInteger(value))) return
  const words = min === Number.MIN_VALUE ? `above 0 up to ${max}` : `from ${min} to ${max}`
  throw new MlError(
    'invalid_option',
    `option '${name}' is ${describe(value)}`,
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

/**
 * Refuses a word that is not among the allowed ones.
 * @throws MlError listing those.
 */
export const checkChoice = (name: string, value: unknown, allowed: readonly string[]): void => {
  if ((allowed as readonly unknown[]).includes(value)) return
  throw new MlError(
    'invalid_option',
    `option '${name}' is ${describe(value)}`,
    `use one of: ${allowed.join(', ')}`,
  )
}

/**
 * Refuses what is no object of named values.
 * @throws MlError naming the option.
 */
export const checkObject = (name: string, value: unknown): void => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return
  throw new MlError(
    'invalid_option',
    `option '${name}' is ${describe(value)}`,
    'use an object of named values',
  )
}

const describe = (value: unknown): string =>
  (typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? typeof value)).slice(0, 80)
