import type { JsonValue } from '@kaizen/contracts'
import type { OnDemandType, OnDemandValue, OnDemandView } from './on-demand.ts'

interface Named {
  readonly name: string
  readonly type: OnDemandType
}

/** What the process of on-demand features is asked. */
export interface OnDemandQuestion {
  readonly id: number
  /** In the folder of the process. */
  readonly module: string
  readonly export: string
  readonly inputs: readonly Named[]
  readonly features: readonly Named[]
  /** Values of each input as they travel: NaN, infinities and integers beyond 2^53 are text, as times are. */
  readonly columns: readonly (readonly JsonValue[])[]
  /** For which time each row is wanted, in milliseconds. */
  readonly at: readonly number[]
}

/** `row`: the function refused it by throwing; `answer`: what it answered is not what was declared; `load`: it is not there. */
export type OnDemandFailure = 'row' | 'answer' | 'load'
export type OnDemandAnswered =
  | { readonly id: number; readonly columns: readonly (readonly JsonValue[])[] }
  | {
      readonly id: number
      readonly failure: OnDemandFailure
      readonly row?: number
      readonly message: string
    }

/** Computes the features of rows one after the other; the first that fails ends it. */
export async function runOnDemand(
  { run }: Pick<OnDemandView, 'run'>,
  question: OnDemandQuestion,
): Promise<OnDemandAnswered> {
  const { id, inputs, features, columns, at } = question
  const answered: JsonValue[][] = features.map(() => [])
  for (let row = 0; row < at.length; row++) {
    let stage: OnDemandFailure = 'row'
    try {
      const given: Record<string, OnDemandValue> = {}
      for (const [i, input] of inputs.entries())
        given[input.name] = givenOf(columns[i]![row] ?? null, input)
      const answer = await run(given, { at: new Date(at[row]!) })
      stage = 'answer'
      if (typeof answer !== 'object' || answer === null)
        throw new TypeError('it answered no features by name')
      for (const [f, feature] of features.entries()) {
        const { name } = feature
        if (!Object.hasOwn(answer, name)) throw new TypeError(`"${name}" is missing`)
        answered[f]!.push(cellOf((answer as Readonly<Record<string, unknown>>)[name], feature))
      }
    } catch (failure) {
      return { id, failure: stage, row, message: reasonOf(failure) }
    }
  }
  return { id, columns: answered }
}

/** A value as functions are given it. @throws RangeError for an integer that JavaScript does not hold exactly */
function givenOf(cell: JsonValue, { name, type }: Named): OnDemandValue {
  if (cell === null) return null
  switch (type) {
    case 'number':
      return Number(cell)
    case 'integer': {
      const value = Number(cell)
      if (Number.isSafeInteger(value)) return value
      throw new RangeError(`"${name}" is ${String(cell)}, beyond 2^53`)
    }
    case 'timestamp':
      return new Date(String(cell))
    default:
      return cell as OnDemandValue
  }
}

/** A value as it travels; nothing is rounded or made into another type. @throws TypeError */
function cellOf(value: unknown, { name, type }: Named): JsonValue {
  if (value === null) return null
  switch (type) {
    case 'boolean':
      if (typeof value === 'boolean') return value
      break
    case 'string':
      if (typeof value === 'string') return value
      break
    case 'number':
      if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
      break
    case 'integer':
      if (Number.isSafeInteger(value)) return (value as number) || 0
      break
    case 'date':
      if (typeof value === 'string' && isDay(value)) return value
      break
    case 'timestamp':
      if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString()
  }
  throw new TypeError(`"${name}" is ${shown(value)}, which is no ${type}`)
}

function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const time = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text)
}

const shown = (value: unknown): string =>
  typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : String(value).slice(0, 60)

export const reasonOf = (failure: unknown): string =>
  (failure instanceof Error ? `${failure.name}: ${failure.message}` : String(failure)).slice(
    0,
    1000,
  )
