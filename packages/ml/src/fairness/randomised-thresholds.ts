import { checkBinary, checkRows } from '../metrics/rows.ts'
import { MlError } from '../ml-error.ts'
import type { Numbers } from '../numeric/numbers.ts'
import { ascendingOrder } from '../numeric/order.ts'
import { seededRandom } from '../random/random.ts'
import { type Groups, groupColumn } from './groups.ts'

/** What is made equal between groups; equalised odds are true and false positive rates at once. */
export const PARITY_CONSTRAINTS = [
  'equalized-odds',
  'demographic-parity',
  'true-positive-rate',
  'false-positive-rate',
] as const
export type ParityConstraint = (typeof PARITY_CONSTRAINTS)[number]

export interface RandomisedThresholdOptions {
  readonly constraint?: ParityConstraint
  /** What is made as large as the constraint allows; accuracy by default. */
  readonly objective?: 'accuracy' | 'balanced-accuracy'
  /** Steps of the constrained rate that are tried between 0 and 1; 1000 by default. */
  readonly steps?: number
}

/** Decision of one group: with chance `ignore` positive with chance `constant`, else by one of the thresholds. */
export interface RandomisedRule {
  readonly ignore: number
  readonly constant: number
  /** Scores at or above a threshold are positive; it is used with its chance. An infinite one selects nobody. */
  readonly thresholds: readonly { readonly chance: number; readonly threshold: number }[]
}

/** Rules by group; plain data. */
export interface RandomisedThresholds {
  readonly constraint: ParityConstraint
  readonly objective: 'accuracy' | 'balanced-accuracy'
  /** The rate that all groups have: of false positives for equalised odds. */
  readonly rate: number
  /** The objective over all rows. */
  readonly value: number
  readonly rules: Readonly<Record<string, RandomisedRule>>
}

/** A point that a threshold of a group reaches: the constrained rate, and the objective or the true positive rate. */
interface Point {
  readonly x: number
  readonly y: number
  readonly threshold: number
}

interface Member {
  readonly name: string
  readonly share: number
  readonly hull: readonly Point[]
}

/**
 * Thresholds by group, mixed by chance, that equalise rates between groups at the best objective (Hardt, Price and Srebro
 * 2016): the upper hull of what the thresholds of each group reach, and the best rate that all of them can have.
 * @throws MlError when lengths differ, labels are not 0 and 1, or a group lacks one of the classes.
 */
export const fitRandomisedThresholds = (
  input: { readonly label: Numbers; readonly score: Numbers; readonly groups: Groups },
  options: RandomisedThresholdOptions = {},
): RandomisedThresholds => {
  const { constraint = 'equalized-odds', objective = 'accuracy', steps = 1000 } = options
  const { members, positives } = membersOf(input, constraint, objective)
  const isOdds = constraint === 'equalized-odds'
  const valueAt = (x: number): { readonly y: number; readonly value: number } => {
    const heights = members.map(({ hull }) => heightAt(hull, x))
    if (!isOdds) {
      const value = members.reduce((sum, { share }, i) => sum + share * heights[i]!, 0)
      return { y: Number.NaN, value }
    }
    const y = Math.min(...heights)
    const weight = objective === 'accuracy' ? positives : 0.5
    return { y, value: weight * y + (1 - weight) * (1 - x) }
  }
  let [rate, best] = [0, valueAt(0)]
  for (let step = 1; step <= steps; step++) {
    const found = valueAt(step / steps)
    if (found.value > best.value) [rate, best] = [step / steps, found]
  }
  const rules = members.map(({ name, hull }): [string, RandomisedRule] => {
    const mixed = mixtureAt(hull, rate)
    const height = heightAt(hull, rate)
    const ignore = isOdds && height > rate ? (height - best.y) / (height - rate) : 0
    return [name, { ignore, constant: isOdds ? rate : 0, thresholds: mixed }]
  })
  return { constraint, objective, rate, value: best.value, rules: Object.fromEntries(rules) }
}

/** The chance of a positive decision for a score in a group. @throws MlError when the group has no rule. */
export const selectionChance = (
  { rules }: RandomisedThresholds,
  group: string,
  score: number,
): number => {
  const rule = Object.hasOwn(rules, group) ? rules[group] : undefined
  if (!rule) {
    throw new MlError(
      'invalid_input',
      `there is no rule for group '${group}'`,
      `the groups are ${Object.keys(rules).join(', ')}`,
    )
  }
  const byThreshold = rule.thresholds.reduce(
    (sum, { chance, threshold }) => sum + (score >= threshold ? chance : 0),
    0,
  )
  return rule.ignore * rule.constant + (1 - rule.ignore) * byThreshold
}

/** Decisions of 0 and 1, drawn from a seed: the same rows in the same order give the same decisions. */
export const applyRandomisedThresholds = (
  fitted: RandomisedThresholds,
  { score, groups }: { readonly score: Numbers; readonly groups: Groups },
  seed = 0,
): Uint8Array => {
  const { codes, dictionary } = groupColumn(groups)
  const random = seededRandom(seed)
  return Uint8Array.from({ length: score.length }, (_, row) => {
    const group = dictionary[codes[row]!] ?? ''
    return random() < selectionChance(fitted, group, score[row]!) ? 1 : 0
  })
}

const membersOf = (
  input: { readonly label: Numbers; readonly score: Numbers; readonly groups: Groups },
  constraint: ParityConstraint,
  objective: 'accuracy' | 'balanced-accuracy',
): { readonly members: readonly Member[]; readonly positives: number } => {
  const { label, score, groups } = input
  const { codes, dictionary } = groupColumn(groups)
  if (checkRows({ label, score }) !== codes.length) {
    throw new MlError(
      'invalid_input',
      'groups and labels differ in length',
      'give every row a group',
    )
  }
  checkBinary(label)
  const order = ascendingOrder(score)
  const rowsOf = dictionary.map((): number[] => [])
  for (let i = order.length - 1; i >= 0; i--) rowsOf[codes[order[i]!]!]?.push(order[i]!)
  const total = rowsOf.reduce((sum, rows) => sum + rows.length, 0)
  let positives = 0
  const members = dictionary.map((name, code): Member => {
    const rows = rowsOf[code]!
    const positive = rows.reduce((sum, row) => sum + label[row]!, 0)
    positives += positive
    if (positive === 0 || positive === rows.length) {
      throw new MlError(
        'invalid_input',
        `group '${name}' has no rows with label ${positive === 0 ? 1 : 0}`,
        'leave the group out, or join it with another',
      )
    }
    const place = placing(constraint, objective, [rows.length - positive, positive])
    return {
      name,
      share: rows.length / total,
      hull: upperHull(points({ label, score }, rows, place)),
    }
  })
  return { members, positives: positives / total }
}

type Place = (tp: number, fp: number) => readonly [x: number, y: number]

const placing = (
  constraint: ParityConstraint,
  objective: 'accuracy' | 'balanced-accuracy',
  [negatives, positives]: readonly [number, number],
): Place => {
  const value = (tp: number, fp: number) =>
    objective === 'accuracy'
      ? (tp + negatives - fp) / (positives + negatives)
      : (tp / positives + 1 - fp / negatives) / 2
  switch (constraint) {
    case 'equalized-odds':
      return (tp, fp) => [fp / negatives, tp / positives]
    case 'demographic-parity':
      return (tp, fp) => [(tp + fp) / (positives + negatives), value(tp, fp)]
    case 'true-positive-rate':
      return (tp, fp) => [tp / positives, value(tp, fp)]
    case 'false-positive-rate':
      return (tp, fp) => [fp / negatives, value(tp, fp)]
  }
}

/** What every threshold of a group reaches, from selecting nobody to selecting all; rows by falling score. */
const points = (
  { label, score }: { readonly label: Numbers; readonly score: Numbers },
  rows: readonly number[],
  place: Place,
): Point[] => {
  const found: Point[] = []
  const add = (tp: number, fp: number, threshold: number) => {
    const [x, y] = place(tp, fp)
    found.push({ x, y, threshold })
  }
  add(0, 0, Number.POSITIVE_INFINITY)
  let [tp, fp] = [0, 0]
  rows.forEach((row, i) => {
    if (label[row] === 1) tp++
    else fp++
    if (i + 1 === rows.length || score[rows[i + 1]!] !== score[row]) add(tp, fp, score[row]!)
  })
  return found
}

/** The upper hull of points by rising x; of equal x the highest. */
const upperHull = (all: readonly Point[]): readonly Point[] => {
  const hull: Point[] = []
  for (const point of all.toSorted((a, b) => a.x - b.x || a.y - b.y)) {
    if (hull.at(-1)?.x === point.x) hull.pop()
    while (hull.length > 1 && isBelow(hull.at(-2)!, hull.at(-1)!, point)) hull.pop()
    hull.push(point)
  }
  return hull
}

/** Whether b does not rise above the line from a to c. */
const isBelow = (a: Point, b: Point, c: Point): boolean =>
  (b.y - a.y) * (c.x - a.x) <= (c.y - a.y) * (b.x - a.x)

const mixtureAt = (hull: readonly Point[], x: number): RandomisedRule['thresholds'] => {
  const right = hull.findIndex((point) => point.x >= x)
  const [a, b] = [hull[right - 1], hull[right]!]
  if (!a || b.x === x) return [{ chance: 1, threshold: b.threshold }]
  const chance = (x - a.x) / (b.x - a.x)
  return [
    { chance: 1 - chance, threshold: a.threshold },
    { chance, threshold: b.threshold },
  ]
}

const heightAt = (hull: readonly Point[], x: number): number => {
  const right = hull.findIndex((point) => point.x >= x)
  const [a, b] = [hull[right - 1], hull[right]!]
  if (!a || b.x === x) return b.y
  return a.y + ((b.y - a.y) * (x - a.x)) / (b.x - a.x)
}
