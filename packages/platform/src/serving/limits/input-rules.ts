import type { EndpointSettings } from '@kaizen/contracts'

export type InputDefault = number | string | boolean

/** What an endpoint makes of values that do not fit, and of those that are missing. */
export interface InputRules {
  readonly validation: EndpointSettings['validation']
  readonly defaults: ReadonlyMap<string, InputDefault>
}

/** The rules of an endpoint's settings; undefined where they say nothing. */
export function inputRulesOf({ validation, defaults }: EndpointSettings): InputRules | undefined {
  if (validation === undefined && defaults === undefined) return undefined
  return { validation, defaults: new Map(Object.entries(defaults ?? {})) }
}

/** Named columns with defaults where a column, or a value of one, is missing. */
export function withDefaults<T>(
  columns: ReadonlyMap<string, readonly T[]>,
  inputs: readonly { readonly name: string }[],
  filling: {
    readonly rows: number
    readonly rules: InputRules | undefined
    readonly isMissing: (value: T) => boolean
  },
): ReadonlyMap<string, readonly (T | InputDefault)[]> {
  const { rows, rules, isMissing } = filling
  if (!rules || rules.defaults.size === 0) return columns
  const filled = new Map<string, readonly (T | InputDefault)[]>(columns)
  for (const [name, values] of columns) {
    const value = rules.defaults.get(name)
    if (value !== undefined && values.some(isMissing))
      filled.set(
        name,
        values.map((given) => (isMissing(given) ? value : given)),
      )
  }
  for (const { name } of inputs) {
    const value = rules.defaults.get(name)
    if (value !== undefined && !columns.has(name)) filled.set(name, Array(rows).fill(value))
  }
  return filled
}
