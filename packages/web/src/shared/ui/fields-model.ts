import type { JsonValue } from '@kaizen/contracts'
import { formatPlain, formatShare } from '../format/number.ts'
import { formatInstant } from '../format/time.ts'

export interface Field {
  readonly path: string
  readonly value: string
  readonly numeric: boolean
}

/** Every leaf of a JSON value with its path, for showing all the numbers behind something. */
export function flattenFields(value: JsonValue | undefined, path = ''): readonly Field[] {
  if (value === undefined) return []
  if (Array.isArray(value)) {
    if (value.length > 0 && value.every((item) => item === null || typeof item !== 'object')) {
      return [{ path, value: value.map((item) => leaf(path, item)).join(', '), numeric: false }]
    }
    return value.flatMap((item, index) => flattenFields(item, `${path}[${index}]`))
  }
  if (value !== null && typeof value === 'object') {
    return Object.entries(value).flatMap(([key, inner]) =>
      flattenFields(inner, path === '' ? key : `${path}.${key}`),
    )
  }
  return [{ path, value: leaf(path, value as never), numeric: typeof value === 'number' }]
}

const earliest = Date.UTC(1990, 0, 1)
const latest = Date.UTC(2100, 0, 1)

/** One plain value in words; times and shares are recognised by the name of their field. */
export function leaf(path: string, value: string | number | boolean | null): string {
  if (value === null) return '–'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'string') return value
  const name = path.slice(path.lastIndexOf('.') + 1)
  if (/(at|from|to|since|until|time)$/i.test(name) && value > earliest && value < latest) {
    return formatInstant(value)
  }
  const isShare = /(share|(?<!learning_?)rate|weight|completeness)$/i.test(name)
  // What people named, a learning rate or the weight of a class, is a number and no share of anything.
  const isParameter = /(^|\.)params\./.test(path)
  if (isShare && !isParameter && value >= 0 && value <= 1) {
    return formatShare(value)
  }
  return formatPlain(value, 6)
}

export interface FieldDifference {
  readonly path: string
  readonly before: string | null
  readonly after: string | null
}

/** Fields that two values do not share or in which they differ; a side without the field is null. */
export function differences(
  before: JsonValue | undefined,
  after: JsonValue | undefined,
): readonly FieldDifference[] {
  const left = new Map(flattenFields(before).map((field) => [field.path, field.value]))
  const right = new Map(flattenFields(after).map((field) => [field.path, field.value]))
  return [...new Set([...left.keys(), ...right.keys()])]
    .filter((path) => left.get(path) !== right.get(path))
    .map((path) => ({ path, before: left.get(path) ?? null, after: right.get(path) ?? null }))
}
