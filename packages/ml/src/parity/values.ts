import { MlError } from '../ml-error.ts'
import type { ParityValue } from './inputs.ts'

export type Inputs = Readonly<Record<string, ParityValue>>
export type Parameters = Readonly<Record<string, unknown>>
export type Loose = string | number | boolean | null

/** A named input as loose values. */
export const values = (inputs: Inputs, name: string): readonly Loose[] => {
  const value = inputs[name]
  if (Array.isArray(value)) return value as readonly Loose[]
  throw new MlError('invalid_input', `input '${name}' is no list`, 'give it as a list of values')
}

/** A named input as numbers; null is NaN. */
export const numbers = (inputs: Inputs, name: string): Float64Array =>
  Float64Array.from(values(inputs, name), (value) => {
    if (value === null) return Number.NaN
    if (typeof value === 'number' || typeof value === 'boolean') return Number(value)
    throw new MlError(
      'invalid_input',
      `input '${name}' holds the text '${value.slice(0, 40)}'`,
      'give numbers, or null where a value is missing',
    )
  })

/** A named group of inputs. */
export const group = (inputs: Inputs, name: string): Inputs => {
  const value = inputs[name]
  if (value && !Array.isArray(value)) return value as Inputs
  throw new MlError('invalid_input', `input '${name}' has no parts`, 'give it as named lists')
}

/** A named list of lists of numbers. */
export const listOf = (inputs: Inputs, name: string): Float64Array[] =>
  (values(inputs, name) as readonly unknown[]).map((item) =>
    numbers({ item: item as ParityValue }, 'item'),
  )
