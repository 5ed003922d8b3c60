import { type Aggregate, durationMs, type Feature, type JsonValue } from '@kaizen/contracts'
import { cellOfText, microsecondsOf } from './cells.ts'
import type { FeatureViewDeclaration } from './model.ts'

/** Of a sketch of distinct values the smallest hashes that are kept: up to so many are counted exactly, more within 4 %. */
export const sketchSize = 512
/** Hashes are whole numbers below this. */
export const hashRange = 2 ** 52

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const leastWindowMs = minute
const mostWindowMs = 731 * day

/** Windows begin at a step: rows are kept by steps, so that a window is a few hundred of them at most. */
const steps = [
  { upTo: hour, stepMs: minute },
  { upTo: 12 * hour, stepMs: 5 * minute },
  { upTo: 12 * day, stepMs: hour },
  { upTo: Number.POSITIVE_INFINITY, stepMs: day },
]
export const stepMsOf = (windowMs: number): number =>
  steps.find(({ upTo }) => windowMs <= upTo)!.stepMs

type View = Pick<FeatureViewDeclaration, 'features'>

/** Whether the features of a view are aggregates of its rows. */
export const isAggregated = ({ features }: View): boolean => features[0]?.aggregate !== undefined

/** An aggregate with its window in microseconds. */
export interface Windowed {
  readonly function: Aggregate['function']
  readonly windowUs: number
  readonly stepUs: number
}
export function windowedOf({ aggregate }: Feature): Windowed {
  const windowMs = durationMs(aggregate!.window)
  return {
    function: aggregate!.function,
    windowUs: windowMs * 1000,
    stepUs: stepMsOf(windowMs) * 1000,
  }
}

/** Lengths of steps in microseconds that rows are kept by, each with the longest window that has it. */
export function levelsOf({
  features,
}: View): readonly { readonly stepUs: number; readonly windowUs: number }[] {
  const levels = new Map<number, number>()
  for (const { stepUs, windowUs } of features.map(windowedOf))
    levels.set(stepUs, Math.max(levels.get(stepUs) ?? 0, windowUs))
  return [...levels]
    .map(([stepUs, windowUs]) => ({ stepUs, windowUs }))
    .toSorted((left, right) => left.stepUs - right.stepUs)
}

/** The longest reach back of all windows, in microseconds. */
export const reachUsOf = (view: View): number =>
  Math.max(...levelsOf(view).map(({ stepUs, windowUs }) => stepUs + windowUs))

const types: Readonly<Record<Aggregate['function'], readonly Feature['type'][]>> = {
  count: ['integer'],
  distinct: ['integer'],
  mean: ['number'],
  sum: ['integer', 'number'],
  min: ['integer', 'number', 'date', 'timestamp'],
  max: ['integer', 'number', 'date', 'timestamp'],
  last: ['boolean', 'integer', 'number', 'string', 'date', 'timestamp'],
}

/** What is wrong with the aggregates of a view; undefined where nothing is. */
export function wrongAggregate(
  view: Pick<FeatureViewDeclaration, 'features' | 'ttl'>,
): string | undefined {
  const aggregated = view.features.filter(({ aggregate }) => aggregate)
  if (aggregated.length === 0) return undefined
  const plain = view.features.find(({ aggregate }) => !aggregate)
  if (plain)
    return `"${plain.name}" is no aggregate, but others are: give it the function \`last\`, or a view of its own`
  if (view.ttl !== null) return 'a view of aggregates has no `ttl`: their windows say what counts'
  for (const { name, type, column, aggregate } of aggregated) {
    const { function: made, window } = aggregate!
    const windowMs = durationMs(window)
    if (windowMs < leastWindowMs || windowMs > mostWindowMs)
      return `the window of "${name}" is ${window}: from 1m to 731d are possible`
    if (!types[made].includes(type))
      return `"${name}" is of the type ${type}, but \`${made}\` gives ${types[made].join(', ')}`
    if (column === undefined && made !== 'count')
      return `"${name}" does not say which column it aggregates`
  }
  return undefined
}

/** Part of a window as it is kept: all rows of one entity in one step. */
export interface Tile {
  /** The place in `levelsOf`. */
  readonly l: number
  /** The number of the step since 1970. */
  readonly i: number
  /** By feature what is needed of the step, as text; null where it is nothing, or of another level. */
  readonly p: readonly (string | null)[]
}

/** An aggregate of an entity at a time; counts and sums of nothing are 0, others missing. */
export function aggregateAt(
  view: View,
  { feature: f, tiles }: { readonly feature: number; readonly tiles: readonly Tile[] },
  atUs: number,
): JsonValue {
  const feature = view.features[f]!
  const { function: made, windowUs, stepUs } = windowedOf(feature)
  const level = levelsOf(view).findIndex((one) => one.stepUs === stepUs)
  const from = Math.floor((atUs - windowUs) / stepUs)
  const to = Math.floor(atUs / stepUs)
  const parts: string[] = []
  for (const { l, i, p } of tiles)
    if (l === level && i >= from && i <= to && p[f] !== null) parts.push(p[f]!)
  return merged(made, feature.type, parts)
}

/** Parts in the order of time made one. */
function merged(
  made: Aggregate['function'],
  type: Feature['type'],
  parts: readonly string[],
): JsonValue {
  switch (made) {
    case 'count':
      return parts.reduce((sum, part) => sum + Number(part), 0)
    case 'sum':
      return type === 'integer' ? exactSum(parts) : asCell(sumOf(parts.map(Number)))
    case 'mean': {
      const pairs = parts.map((part) => part.split(' ').map(Number))
      const count = pairs.reduce((sum, [, n]) => sum + n!, 0)
      return count === 0 ? null : asCell(sumOf(pairs.map(([sum]) => sum!)) / count)
    }
    case 'min':
    case 'max':
      return extreme(made, type, parts)
    case 'last':
      return parts.length === 0 ? null : cellOfText(parts.at(-1)!, type)
    case 'distinct':
      return distinctOf(parts)
  }
}

function exactSum(parts: readonly string[]): JsonValue {
  const sum = parts.reduce((total, part) => total + BigInt(part), 0n)
  const number = Number(sum)
  return Number.isSafeInteger(number) ? number : String(sum)
}

/** Neumaier's sum: what is lost of each addition is added in the end. */
function sumOf(values: readonly number[]): number {
  let sum = 0
  let lost = 0
  for (const value of values) {
    const next = sum + value
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum
    sum = next
  }
  return Number.isFinite(sum) ? sum + lost : sum
}

const asCell = (value: number): JsonValue => (Number.isFinite(value) ? value : String(value))

/** NaN is greater than every number, as in the lake. */
function extreme(made: 'min' | 'max', type: Feature['type'], parts: readonly string[]): JsonValue {
  const rank = (cell: JsonValue): number | bigint => {
    if (type === 'integer') return BigInt(cell as string | number)
    if (type === 'number') return cell === 'NaN' ? Infinity : Number(cell)
    return microsecondsOf(cell) ?? 0
  }
  let best: JsonValue = null
  for (const part of parts) {
    const cell = cellOfText(part, type)
    if (best === null) best = cell
    else if (made === 'max' ? isAbove(cell, best, rank) : isAbove(best, cell, rank)) best = cell
  }
  return best
}

const isAbove = (
  left: JsonValue,
  right: JsonValue,
  rank: (cell: JsonValue) => number | bigint,
): boolean => rank(left) > rank(right) || (left === 'NaN' && right !== 'NaN')

/** How many the smallest hashes of a set say it has. Bar-Yossef et al. 2002, "Counting distinct elements in a data stream". */
export function distinctOf(parts: readonly string[]): number {
  const hashes = new Set<number>()
  for (const part of parts) for (const hash of part.split(' ')) hashes.add(Number(hash))
  if (hashes.size < sketchSize) return hashes.size
  const largest = [...hashes].toSorted((left, right) => left - right)[sketchSize - 1]!
  return Math.round((sketchSize - 1) / (largest / hashRange))
}
