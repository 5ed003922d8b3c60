import { checkBinary, checkRows } from '../metrics/rows.ts'
import { MlError } from '../ml-error.ts'
import type { Numbers } from '../numeric/numbers.ts'
import { symmetricEigen } from '../numeric/symmetric-eigen.ts'
import { type Groups, groupColumn } from './groups.ts'

/** Weights of rows by group and label, named `group|label`, and by row. */
export interface Reweighing {
  readonly weights: Readonly<Record<string, number>>
  readonly rowWeights: Float64Array
}

/**
 * Kamiran and Calders' reweighing (2012): weights P(group) P(label) / P(group, label), under which group
 * and label are independent. Rows in no group have weight 1.
 */
export const reweigh = (label: Numbers, groups: Groups): Reweighing => {
  checkRows({ label })
  const { codes, dictionary } = groupColumn(groups)
  const keys = Array.from(codes, (code, i) => (code < 0 ? null : `${dictionary[code]}|${label[i]}`))
  const [byGroup, byLabel, byBoth] = [new Map(), new Map(), new Map()] as Map<string, number>[]
  const count = (map: Map<string, number>, key: string) => map.set(key, (map.get(key) ?? 0) + 1)
  let total = 0
  keys.forEach((key, i) => {
    if (key === null) return
    total++
    count(byGroup!, dictionary[codes[i]!]!)
    count(byLabel!, String(label[i]))
    count(byBoth!, key)
  })
  const weights: Record<string, number> = {}
  keys.forEach((key, i) => {
    if (key === null || key in weights) return
    const expected =
      (byGroup!.get(dictionary[codes[i]!]!)! * byLabel!.get(String(label[i]))!) / total
    weights[key] = expected / byBoth!.get(key)!
  })
  const rowWeights = Float64Array.from(keys, (key) => (key === null ? 1 : weights[key]!))
  return { weights, rowWeights }
}

/**
 * Takes what is linear in the sensitive columns out of the features: X - S b by least squares on centred S, blended with
 * X by 1 - alpha. Returns new columns; a constant or repeated sensitive column takes nothing more out. Fairlearn's
 * documentation.
 * @throws MlError when lengths differ or a value is missing.
 */
export const removeCorrelation = (
  features: readonly Numbers[],
  sensitive: readonly Numbers[],
  alpha = 1,
): Float64Array[] => {
  const named = [...features, ...sensitive].map((column, i) => [`column ${i}`, column] as const)
  const rows = checkRows(Object.fromEntries(named))
  const centred = sensitive.map((column) => {
    const mean = sum(column) / rows
    return Float64Array.from(column, (value) => value - mean)
  })
  const size = centred.length
  const gram = new Float64Array(size * size)
  centred.forEach((a, i) => {
    centred.forEach((b, j) => {
      gram[i * size + j] = dot(a, b)
    })
  })
  const solve = leastNorm(gram, size)
  return features.map((feature) => {
    const target = Float64Array.from(centred, (column) => dot(column, feature))
    const slopes = solve(target)
    return Float64Array.from(feature, (value, row) => {
      const linear = centred.reduce((total, column, k) => total + slopes[k]! * column[row]!, 0)
      return value - alpha * linear
    })
  })
}

/** The solution of least norm of a symmetric system, by its eigenvectors. */
const leastNorm = (gram: Float64Array, size: number) => {
  const { values, vectors } = symmetricEigen(gram, size)
  const smallest = Math.abs(values[0] ?? 0) * size * Number.EPSILON
  return (target: Float64Array): Float64Array => {
    const slopes = new Float64Array(size)
    for (let k = 0; k < size; k++) {
      if (!(values[k]! > smallest)) continue
      let projection = 0
      for (let i = 0; i < size; i++) projection += vectors[i * size + k]! * target[i]!
      for (let i = 0; i < size; i++)
        slopes[i]! += (vectors[i * size + k]! * projection) / values[k]!
    }
    return slopes
  }
}

/** Thresholds by group that give (nearly) equal selection rates. */
export interface GroupThresholds {
  readonly constraint: 'demographic-parity' | 'equal-opportunity'
  readonly rate: number
  readonly thresholds: Readonly<Record<string, number>>
  readonly accuracy: number
}

/** Common rates that are tried. */
const RATE_STEPS = 200

/**
 * Deterministic thresholds by group for one common selection rate, or true positive rate, chosen for the
 * best accuracy (after Hardt, Price and Srebro 2016, without their randomisation).
 * @throws MlError when a group lacks rows that the constraint speaks of.
 */
export const optimizeThresholds = (
  {
    label,
    score,
    groups,
  }: { readonly label: Numbers; readonly score: Numbers; readonly groups: Groups },
  constraint: GroupThresholds['constraint'] = 'demographic-parity',
): GroupThresholds => {
  checkRows({ label, score })
  checkBinary(label)
  const { codes, dictionary } = groupColumn(groups)
  const members = dictionary.map((name, code) => {
    const rows = Array.from(codes.keys()).filter((row) => codes[row] === code)
    const ruled =
      constraint === 'demographic-parity' ? rows : rows.filter((row) => label[row] === 1)
    if (ruled.length > 0)
      return { name, rows, ruled: ruled.map((row) => score[row]!).sort((a, b) => b - a) }
    throw new MlError(
      'invalid_input',
      `group '${name}' has no rows that ${constraint} speaks of`,
      'leave the group out, or choose another constraint',
    )
  })
  let best: GroupThresholds | null = null
  for (let step = 0; step <= RATE_STEPS; step++) {
    const rate = step / RATE_STEPS
    const thresholds: Record<string, number> = {}
    let [right, total] = [0, 0]
    for (const { name, rows, ruled } of members) {
      const selected = Math.round(rate * ruled.length)
      const threshold = selected === 0 ? Number.POSITIVE_INFINITY : ruled[selected - 1]!
      thresholds[name] = threshold
      for (const row of rows) if ((score[row]! >= threshold ? 1 : 0) === label[row]) right++
      total += rows.length
    }
    const accuracy = right / total
    if (!best || accuracy > best.accuracy) best = { constraint, rate, thresholds, accuracy }
  }
  return best!
}

const sum = (values: Numbers): number => {
  let total = 0
  for (let i = 0; i < values.length; i++) total += values[i]!
  return total
}

const dot = (a: Numbers, b: Numbers): number => {
  let total = 0
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!
  return total
}
