/** How far a number may be from the expected one: |actual - expected| <= abs + rel |expected|. */
interface Tolerance {
  readonly abs?: number
  readonly rel?: number
  readonly exact?: boolean
  readonly ignore?: boolean
  readonly optional?: boolean
}

type Json = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Json =>
  value !== null && typeof value === 'object' && !Array.isArray(value) && !ArrayBuffer.isView(value)

/** Where actual outputs differ from the expected ones; empty when they agree. */
export const differences = (actual: Json, expected: Json, tolerance: Json): string[] =>
  Object.entries(expected).flatMap(([name, value]) => {
    const allowed = toleranceOf(tolerance, name)
    if (allowed.ignore) return []
    if (allowed.optional && actual[name] === undefined) return []
    return compare(actual[name], value, { allowed, path: name })
  })

const toleranceOf = (tolerance: Json, name: string): Tolerance => {
  if (isObject(tolerance[name])) return tolerance[name]
  if (isObject(tolerance['*'])) return tolerance['*']
  return tolerance as Tolerance
}

interface Place {
  readonly allowed: Tolerance
  readonly path: string
}

const compare = (actual: unknown, expected: unknown, place: Place): string[] => {
  if (expected === 'NaN') return isUndefined(actual) ? [] : [report(actual, expected, place)]
  if (expected === 'Infinity' || expected === '-Infinity') {
    return isUndefined(actual) || actual === Number(expected)
      ? []
      : [report(actual, expected, place)]
  }
  if (Array.isArray(expected)) return compareList(actual, expected, place)
  if (isObject(expected)) return compareFields(actual, expected, place)
  if (typeof expected === 'number' && typeof actual === 'number') {
    const { abs = 0, rel = 0 } = place.allowed
    const isClose = Math.abs(actual - expected) <= abs + rel * Math.abs(expected)
    return isClose ? [] : [report(actual, expected, place)]
  }
  return actual === expected ? [] : [report(actual, expected, place)]
}

/** NaN, null and a typed refusal all mean that there is no figure. */
const isUndefined = (actual: unknown): boolean =>
  actual === null ||
  actual === undefined ||
  Number.isNaN(actual) ||
  (isObject(actual) && actual['status'] === 'insufficient')

const compareList = (actual: unknown, expected: readonly unknown[], place: Place): string[] => {
  if (isUndefined(actual) && expected.every((value) => value === 'NaN') && expected.length > 0)
    return []
  const list = ArrayBuffer.isView(actual)
    ? Array.from(actual as Float64Array)
    : (actual as readonly unknown[])
  if (!Array.isArray(list) || list.length !== expected.length) {
    return [report(actual, expected, place)]
  }
  return expected.flatMap((value, i) =>
    compare(list[i], value, { ...place, path: `${place.path}[${i}]` }),
  )
}

const compareFields = (actual: unknown, expected: Json, place: Place): string[] => {
  if (isUndefined(actual) && isUndefinedResult(expected)) return []
  if (!isObject(actual)) return [report(actual, expected, place)]
  return Object.entries(expected).flatMap(([name, value]) =>
    compare(actual[name], value, { ...place, path: `${place.path}.${name}` }),
  )
}

/**
 * A result without a figure: every number is undefined, or infinite with a p-value of 0 or 1. Degrees of freedom say
 * nothing without a statistic.
 */
export const isUndefinedResult = (expected: Json): boolean => {
  const values = Object.entries(expected).flatMap(([name, value]) => (name === 'df' ? [] : [value]))
  const isInfinite = values.some((value) => value === 'Infinity' || value === '-Infinity')
  return values.every(
    (value) =>
      value === 'NaN' ||
      value === 'Infinity' ||
      value === '-Infinity' ||
      (isInfinite && (value === 0 || value === 1)),
  )
}

const report = (actual: unknown, expected: unknown, { path }: Place): string =>
  `${path}: expected ${shown(expected)}, got ${shown(actual)}`

const shown = (value: unknown): string => {
  const text = JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'number' && !Number.isFinite(inner)
      ? String(inner)
      : ArrayBuffer.isView(inner)
        ? Array.from(inner as Float64Array)
        : inner,
  )
  return (text ?? 'nothing').slice(0, 300)
}
