import { MlError } from '../ml-error.ts'
import { solvePositiveDefinite } from '../numeric/cholesky.ts'
import type { Numbers } from '../numeric/numbers.ts'
import { permutation, type Random, seededRandom } from '../random/random.ts'
import type { Attributions } from './attribution.ts'

/** Any model: the outputs of many rows in one call. */
export type Predict = (rows: readonly Float64Array[]) => ArrayLike<number>

/** Up to this many features all coalitions are enumerated. */
const EXACT_UP_TO = 12

/**
 * Exact Shapley values of any model: all 2^M coalitions, absent features taken from background rows. Shapley 1953.
 * @throws MlError for more than 16 features, or without background rows.
 */
export const exactShapley = (
  predict: Predict,
  rows: readonly Numbers[],
  background: readonly Numbers[],
): Attributions => {
  const features = checkSizes(rows, background)
  if (features > 16) {
    throw new MlError(
      'unsupported',
      `${features} features have 2^${features} coalitions`,
      'use kernelShap or permutationShap',
    )
  }
  return attributed('exact-shapley', predict, { rows, background }, (row) => {
    const masks = Array.from({ length: 2 ** features }, (_, mask) => mask)
    const worth = coalitionWorth(predict, row, background)
    return shapleyValues(worth(masks.map((mask) => maskOf(mask, features))), features)
  })
}

/**
 * Shapley values of a game from the worth of every coalition, whose members are the bits of its place. Shapley 1953.
 */
export const shapleyValues = (worth: ArrayLike<number>, features: number): Float64Array => {
  const phi = new Float64Array(features)
  for (let mask = 0; mask < worth.length; mask++) {
    const weight = weightOf(bits(mask), features)
    for (let i = 0; i < features; i++) {
      if (mask & (1 << i)) continue
      phi[i]! += weight * (worth[mask | (1 << i)]! - worth[mask]!)
    }
  }
  return phi
}

export interface SamplingOptions {
  readonly seed: number
  /** Coalitions (kernel) or walks forth and back (permutation) for each row. */
  readonly samples?: number
}

/**
 * Kernel SHAP (Lundberg and Lee 2017) without regularisation: weighted least squares over coalitions, all of
 * them up to 12 features, else sampled in complementary pairs. Values add up to the prediction exactly.
 */
export const kernelShap = (
  predict: Predict,
  {
    rows,
    background,
  }: { readonly rows: readonly Numbers[]; readonly background: readonly Numbers[] },
  { seed, samples }: SamplingOptions,
): Attributions => {
  const features = checkSizes(rows, background)
  const random = seededRandom(seed)
  const budget = samples ?? 2 * features + 2048
  return attributed('kernel-shap', predict, { rows, background }, (row, base, output) => {
    const drawn =
      features <= EXACT_UP_TO ? allCoalitions(features) : drawCoalitions(features, budget, random)
    const worth = coalitionWorth(predict, row, background)(drawn.map(({ mask }) => mask))
    return constrainedLeastSquares(drawn, worth, { base, output, features })
  })
}

/**
 * Permutation SHAP: walks that add the features one by one in random order, forth and back again. Castro, Gómez and
 * Tejada 2009.
 */
export const permutationShap = (
  predict: Predict,
  {
    rows,
    background,
  }: { readonly rows: readonly Numbers[]; readonly background: readonly Numbers[] },
  { seed, samples = 10 }: SamplingOptions,
): Attributions => {
  const features = checkSizes(rows, background)
  const random = seededRandom(seed)
  return attributed('permutation-shap', predict, { rows, background }, (row) => {
    const phi = new Float64Array(features)
    const worth = coalitionWorth(predict, row, background)
    for (let sample = 0; sample < samples; sample++) {
      const order = permutation(features, random)
      for (const walk of [order, order.toReversed()]) {
        const masks = Array.from({ length: features + 1 }, (_, size) => {
          const mask = new Uint8Array(features)
          for (let i = 0; i < size; i++) mask[walk[i]!] = 1
          return mask
        })
        const values = worth(masks)
        walk.forEach((feature, i) => {
          phi[feature]! += (values[i + 1]! - values[i]!) / (2 * samples)
        })
      }
    }
    return phi
  })
}

const checkSizes = (rows: readonly Numbers[], background: readonly Numbers[]): number => {
  const features = background[0]?.length ?? 0
  if (features > 0 && rows.every((row) => row.length === features)) return features
  throw new MlError(
    'invalid_input',
    'rows and background have different numbers of features, or there is no background',
    'pass background rows with the features of the rows that are to be explained',
  )
}

const attributed = (
  method: string,
  predict: Predict,
  {
    rows,
    background,
  }: { readonly rows: readonly Numbers[]; readonly background: readonly Numbers[] },
  explain: (row: Numbers, base: number, output: number) => Float64Array,
): Attributions => {
  const outputs = predict(background.map((row) => Float64Array.from(row)))
  let baseValue = 0
  for (let i = 0; i < background.length; i++) baseValue += outputs[i]! / background.length
  const predictions = Float64Array.from(predict(rows.map((row) => Float64Array.from(row))))
  const values = rows.map((row, i) => explain(row, baseValue, predictions[i]!))
  return { method, baseValue, values, predictions }
}

/** Mean outputs of coalitions over the background, in one call of the model. */
const coalitionWorth =
  (predict: Predict, row: Numbers, background: readonly Numbers[]) =>
  (masks: readonly Uint8Array[]): Float64Array => {
    const mixed = masks.flatMap((mask) =>
      background.map((other) =>
        Float64Array.from(other, (value, i) => (mask[i] ? row[i]! : value)),
      ),
    )
    const outputs = predict(mixed)
    return Float64Array.from(masks, (_, m) => {
      let sum = 0
      for (let b = 0; b < background.length; b++) sum += outputs[m * background.length + b]!
      return sum / background.length
    })
  }

const maskOf = (mask: number, features: number): Uint8Array =>
  Uint8Array.from({ length: features }, (_, i) => (mask >> i) & 1)

const bits = (mask: number): number => {
  let count = 0
  for (let rest = mask; rest > 0; rest &= rest - 1) count++
  return count
}

/** s! (M - s - 1)! / M! */
const weightOf = (size: number, features: number): number => {
  let weight = 1 / features
  for (let i = 1; i <= size; i++) weight *= i / (features - i)
  return weight
}

interface Coalition {
  readonly mask: Uint8Array
  readonly weight: number
}

const kernelWeight = (size: number, features: number): number =>
  ((features - 1) / (size * (features - size))) * choiceReciprocal(features, size)

const choiceReciprocal = (n: number, k: number): number => {
  let reciprocal = 1
  for (let i = 1; i <= k; i++) reciprocal *= i / (n - k + i)
  return reciprocal
}

const allCoalitions = (features: number): Coalition[] =>
  Array.from({ length: 2 ** features - 2 }, (_, i) => ({
    mask: maskOf(i + 1, features),
    weight: kernelWeight(bits(i + 1), features),
  }))

const drawCoalitions = (features: number, budget: number, random: Random): Coalition[] => {
  const shares = Array.from({ length: features - 1 }, (_, i) => 1 / ((i + 1) * (features - i - 1)))
  const total = shares.reduce((sum, share) => sum + share, 0)
  return Array.from({ length: Math.ceil(budget / 2) }).flatMap(() => {
    let [size, rest] = [1, random() * total]
    while (size < features - 1 && rest > shares[size - 1]!) rest -= shares[size++ - 1]!
    const mask = new Uint8Array(features)
    for (const i of permutation(features, random).subarray(0, size)) mask[i] = 1
    return [
      { mask, weight: 1 },
      { mask: mask.map((bit) => 1 - bit), weight: 1 },
    ]
  })
}

/** The last feature is eliminated by the constraint that the values add up to output - base. */
const constrainedLeastSquares = (
  coalitions: readonly Coalition[],
  worth: Float64Array,
  { base, output, features }: { base: number; output: number; features: number },
): Float64Array => {
  if (features === 1) return Float64Array.of(output - base)
  const size = features - 1
  const gram = new Float64Array(size * size)
  const target = new Float64Array(size)
  coalitions.forEach(({ mask, weight }, row) => {
    const last = mask[size]!
    const y = worth[row]! - base - last * (output - base)
    for (let i = 0; i < size; i++) {
      const a = mask[i]! - last
      if (a === 0) continue
      target[i]! += weight * a * y
      for (let j = 0; j < size; j++) gram[i * size + j]! += weight * a * (mask[j]! - last)
    }
  })
  const phi = solvePositiveDefinite(gram, target)
  const rest = phi.reduce((sum, value) => sum + value, 0)
  return Float64Array.from([...phi, output - base - rest])
}
