import type { JsonValue, TensorSpec } from '@kaizen/contracts'
import { formatNumber } from '../../shared/format/number.ts'

/** A field of the form that asks an endpoint for one prediction: the values of one input for one row. */
export interface FormField {
  readonly name: string
  readonly datatype: string
  readonly shape: readonly number[]
  /** What is typed; several values have commas between. */
  readonly text: string
  /** What fits, and what was asked lately. */
  readonly hint: string
  /** Values to choose from, where there are few. */
  readonly choices: readonly string[]
}

type Inputs = Readonly<Record<string, JsonValue>>
type Value = string | number | boolean

/** A field for each input of a model, filled with the newest of the logged requests and told from all of them. */
export const formFields = (
  inputs: readonly TensorSpec[],
  logged: readonly Inputs[],
): readonly FormField[] =>
  inputs.map(({ name, datatype, shape }) => {
    const seen = logged.map((row) => valuesOf(row, name)).filter((values) => values.length > 0)
    return {
      name,
      datatype,
      shape,
      text: (seen[0] ?? []).join(', '),
      hint: hintOf({ datatype, shape }, seen.flat()),
      choices: choicesOf({ datatype, shape }, seen.flat()),
    }
  })

/** A matrix is logged by its columns, `x[0]`, `x[1]` and so on. */
function valuesOf(row: Inputs, name: string): readonly Value[] {
  const isValue = (value: JsonValue | undefined): value is Value =>
    value !== undefined && value !== null && typeof value !== 'object'
  if (isValue(row[name])) return [row[name]]
  const values: Value[] = []
  for (let value = row[`${name}[0]`]; isValue(value); value = row[`${name}[${values.length}]`])
    values.push(value)
  return values
}

type Head = Pick<TensorSpec, 'datatype' | 'shape'>

/** How many values a row has; undefined where a request may bring any number. */
function widthOf(shape: readonly number[]): number | undefined {
  const row = shape[0] === -1 ? shape.slice(1) : shape
  return row.includes(-1) ? undefined : row.reduce((product, size) => product * size, 1)
}

function hintOf({ datatype, shape }: Head, seen: readonly Value[]): string {
  const width = widthOf(shape)
  const count = width === 1 ? '' : width === undefined ? 'several: ' : `${width} values: `
  const numbers = seen.filter((value): value is number => typeof value === 'number')
  if (numbers.length === 0) return `${count}${typeWords(datatype)}`
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)].map((one) =>
    formatNumber(one, 3),
  )
  const lately = low === high ? `${low} lately` : `${low} to ${high} lately`
  return `${count}${typeWords(datatype)}, ${lately}`
}

function choicesOf({ datatype, shape }: Head, seen: readonly Value[]): readonly string[] {
  if (datatype === 'BOOL') return ['true', 'false']
  if (datatype !== 'BYTES' || widthOf(shape) !== 1) return []
  return [...new Set(seen.map(String))].sort().slice(0, 50)
}

export type FormProblem = { readonly name: string; readonly problem: string }

/** The body of an inference request from what was typed, or what is wrong with it. */
export function inferenceBody(
  fields: readonly FormField[],
):
  | { readonly ok: true; readonly body: object }
  | { readonly ok: false; readonly problems: readonly FormProblem[] } {
  const problems: FormProblem[] = []
  const inputs = fields.map((field) => {
    const { name, datatype } = field
    const read = readField(field)
    if ('problem' in read) {
      problems.push({ name, problem: read.problem })
      return {}
    }
    return { name, datatype, shape: read.shape, data: read.values }
  })
  return problems.length > 0 ? { ok: false, problems } : { ok: true, body: { inputs } }
}

/** What was typed, by the columns that the log has; only of fields that can be read. */
export const formValues = (fields: readonly FormField[]): Readonly<Record<string, Value>> =>
  Object.fromEntries(
    fields.flatMap((field): [string, Value][] => {
      const read = readField(field)
      if ('problem' in read) return []
      if (read.values.length === 1) return [[field.name, read.values[0]!]]
      return read.values.map((value, i) => [`${field.name}[${i}]`, value])
    }),
  )

type Read =
  | { readonly problem: string }
  | { readonly shape: readonly number[]; readonly values: readonly Value[] }

function readField({ datatype, shape, text }: FormField): Read {
  if (datatype === 'FP16') return { problem: 'half precision has no form in JSON' }
  const width = widthOf(shape)
  const parts = width === 1 ? [text] : text.split(',')
  const values = parts.map((part) => readValue(datatype, part))
  const wanted = `expected ${width === undefined || width === 1 ? '' : `${width} times `}${typeWords(datatype)}`
  if (values.includes(undefined)) return { problem: wanted }
  const filled = shapeOf(shape, values.length)
  return filled ? { shape: filled, values: values as Value[] } : { problem: wanted }
}

/** The shape of one row of so many values; undefined where none is. */
function shapeOf(shape: readonly number[], count: number): readonly number[] | undefined {
  const row = shape[0] === -1 ? [1, ...shape.slice(1)] : shape
  const known = row.reduce((product, size) => (size === -1 ? product : product * size), 1)
  const free = row.indexOf(-1)
  if (free === -1) return known === count ? row : undefined
  // The first free dimension takes what there is, any other one.
  const rest = count / known
  if (!Number.isInteger(rest)) return undefined
  return row.map((size, i) => (size === -1 ? (i === free ? rest : 1) : size))
}

const specials = ['NaN', 'Infinity', '-Infinity']

function readValue(datatype: string, typed: string): Value | undefined {
  if (datatype === 'BYTES') return typed
  const text = typed.trim()
  if (datatype === 'BOOL') return text === 'true' ? true : text === 'false' ? false : undefined
  if (datatype.startsWith('FP')) {
    if (specials.includes(text)) return text
    return text !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined
  }
  const number = Number(text)
  const [low, high] = rangeOf(datatype)
  return text !== '' && Number.isSafeInteger(number) && number >= low && number <= high
    ? number
    : undefined
}

/** Of whole numbers; those of 64 bits as far as a page carries them exactly. */
function rangeOf(datatype: string): readonly [number, number] {
  const bits = Math.min(53, Number(/\d+$/.exec(datatype)?.[0] ?? 53))
  if (datatype.startsWith('U')) return [0, 2 ** bits - 1]
  return bits === 53 ? [1 - 2 ** 53, 2 ** 53 - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1]
}

function typeWords(datatype: string): string {
  if (datatype === 'BYTES') return 'text'
  if (datatype === 'BOOL') return 'true or false'
  if (datatype.startsWith('FP')) return 'a number'
  const [low, high] = rangeOf(datatype)
  if (high <= 65535) return `a whole number from ${low} to ${high}`
  return low === 0 ? 'a whole number from 0' : 'a whole number'
}
