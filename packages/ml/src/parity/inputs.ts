import { MlError } from '../ml-error.ts'

/** Reads a column of a data file of the case folder: numbers with NaN, or text with null for missing. */
export type ColumnReader = (file: string, column: string) => readonly (number | string | null)[]

/** A resolved input: numbers (NaN is missing), or loose values, or nested ones under names. */
export type ParityValue = readonly unknown[] | { readonly [name: string]: ParityValue }

type Json = Readonly<Record<string, unknown>>

const SPECIAL: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
}
const SPECIFICATION_KEYS = ['file', 'sequence', 'concat', 'counts', 'bits'] as const

const isObject = (value: unknown): value is Json =>
  value !== null && typeof value === 'object' && !Array.isArray(value)

const isSpecification = (value: unknown): boolean =>
  Array.isArray(value) || (isObject(value) && SPECIFICATION_KEYS.some((key) => key in value))

/** Turns an input specification of the parity schema, or a nested object of them, into values. */
export const resolveInput = (specification: unknown, read: ColumnReader): ParityValue => {
  if (isSpecification(specification)) return valuesOf(specification, read)
  if (!isObject(specification)) return [specification]
  return Object.fromEntries(
    Object.entries(specification).map(([name, inner]) => [
      name,
      isObject(inner) || Array.isArray(inner) ? resolveInput(inner, read) : (inner as ParityValue),
    ]),
  )
}

const valuesOf = (specification: unknown, read: ColumnReader): readonly unknown[] => {
  if (Array.isArray(specification)) {
    return literal(specification).map((item) =>
      isSpecification(item) ? valuesOf(item, read) : item,
    )
  }
  const spec = specification as Json
  const values = generated(spec, read)
  return isObject(spec['map']) ? mapped(values, spec['map']) : values
}

const literal = (items: readonly unknown[]): readonly unknown[] => {
  const values = items.map((x) => (typeof x === 'string' && x in SPECIAL ? SPECIAL[x] : x))
  return values.every((x) => x === null || typeof x === 'number')
    ? values.map((x) => x ?? Number.NaN)
    : values
}

const generated = (spec: Json, read: ColumnReader): readonly unknown[] => {
  if ('file' in spec) return fromFile(spec, read)
  if ('concat' in spec) return (spec['concat'] as unknown[]).flatMap((s) => valuesOf(s, read))
  if ('bits' in spec) return Array.from(spec['bits'] as string, Number)
  if ('counts' in spec) {
    return (spec['counts'] as [unknown, number][]).flatMap(([value, count]) =>
      Array.from({ length: count }, () => literal([value])[0]),
    )
  }
  const n = rowsOf(spec)
  const step = Number(spec['step'])
  switch (spec['sequence']) {
    case 'arithmetic':
      return Array.from({ length: n }, (_, i) => Number(spec['start']) + i * step)
    case 'sine':
      return Array.from({ length: n }, (_, i) => Math.sin(step * i))
    case 'minstd':
      return drawn(spec, n)
    default:
      throw new MlError(
        'invalid_input',
        `unknown input specification ${JSON.stringify(spec).slice(0, 200)}`,
        'see the README beside the case files for the known forms',
      )
  }
}

/** The asked number of rows, of a size that memory holds. */
const rowsOf = (spec: Json): number => {
  const n = Number(spec['n'])
  if (Number.isInteger(n) && n >= 0 && n <= 20_000_000) return n
  throw new MlError('invalid_input', `n is ${n}`, 'give a number of rows from 0 to 20 000 000')
}

const fromFile = (spec: Json, read: ColumnReader): readonly unknown[] => {
  const column = read(String(spec['file']), String(spec['column']))
  const rows = column.slice(Number(spec['from']), Number(spec['to']))
  const every = Number(spec['every'] ?? 1)
  return every === 1 ? rows : rows.filter((_, i) => i % every === 0)
}

/** Park and Miller's minimal standard generator: exact in doubles. */
const minimalStandard = (seed: number, n: number): Float64Array => {
  const uniforms = new Float64Array(n)
  let state = seed
  for (let i = 0; i < n; i++) {
    state = (state * 48271) % 2147483647
    uniforms[i] = state / 2147483647
  }
  return uniforms
}

const drawn = (spec: Json, n: number): readonly number[] => {
  const of = (name: string) => Number(spec[name])
  const isNormal = spec['distribution'] === 'normal12'
  const uniforms = minimalStandard(of('seed'), isNormal ? 12 * n : n)
  const values = isNormal
    ? Array.from({ length: n }, (_, i) => of('mean') + of('sd') * (twelve(uniforms, i) - 6))
    : Array.from(uniforms, (u) => fromUniform(String(spec['distribution']), u, of))
  if (spec['round'] === undefined) return values
  const scale = 10 ** of('round')
  return values.map((value) => Math.floor(value * scale + 0.5) / scale)
}

const twelve = (uniforms: Float64Array, i: number): number => {
  let sum = 0
  for (let j = 0; j < 12; j++) sum += uniforms[12 * i + j]!
  return sum
}

const fromUniform = (distribution: string, u: number, of: (name: string) => number): number => {
  switch (distribution) {
    case 'uniform':
      return of('lo') + (of('hi') - of('lo')) * u
    case 'integer':
      return of('lo') + Math.floor(u * (of('hi') - of('lo')))
    case 'exponential':
      return -Math.log(1 - u) * of('scale')
    case 'pareto':
      return (1 - u) ** (-1 / of('alpha'))
    case 'bernoulli':
      return u < of('p') ? 1 : 0
    default:
      throw new MlError(
        'invalid_input',
        `unknown distribution '${distribution}'`,
        'see the README beside the case files for the known distributions',
      )
  }
}

const mapped = (values: readonly unknown[], { op, value }: Json): readonly unknown[] => {
  const compared = (holds: (x: number) => boolean) =>
    values.map((x) => (x !== null && holds(x as number) ? 1 : 0))
  const transformed = (f: (x: number) => number) => values.map((x) => f(x as number))
  const [a, b] = Array.isArray(value) ? (value as number[]) : []
  const bound = value as number
  switch (op) {
    case 'eq':
      return values.map((x) => (x !== null && x === value ? 1 : 0))
    case 'ge':
      return compared((x) => x >= bound)
    case 'gt':
      return compared((x) => x > bound)
    case 'lt':
      return compared((x) => x < bound)
    case 'affine':
      return transformed((x) => a! + b! * x)
    case 'logistic':
      return transformed((x) => 1 / (1 + Math.exp(-(a! + b! * x))))
    case 'changed':
      return values.map((x, i) => (i > 0 && !Object.is(x, values[i - 1]) ? 1 : 0))
    case 'text':
      return values.map((x) =>
        x === null || Number.isNaN(x) ? null : String(Math.trunc(x as number)),
      )
    default:
      throw new MlError(
        'invalid_input',
        `unknown map '${String(op)}'`,
        'see the README beside the case files for the known maps',
      )
  }
}
