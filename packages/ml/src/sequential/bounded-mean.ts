import { MlError } from '../ml-error.ts'
import type { Numbers } from '../numeric/numbers.ts'

/** Lower and upper ends after each observation. */
export interface IntervalPath {
  readonly lower: Float64Array
  readonly upper: Float64Array
}

/**
 * Predictably mixed Hoeffding confidence sequence of the mean of values in [0, 1] (Waudby-Smith and
 * Ramdas 2024, theorem 1).
 * @throws MlError when a value lies outside [0, 1].
 */
export const hoeffdingSequence = (values: Numbers, alpha: number): IntervalPath => {
  checkUnit(values)
  const log = Math.log(2 / alpha)
  let [bets, weighted, cost] = [0, 0, 0]
  return pathOf(values, (x, t) => {
    const bet = Math.min(1, Math.sqrt((8 * log) / (t * Math.log(t + 1))))
    bets += bet
    weighted += bet * x
    cost += (bet * bet) / 8
    return [weighted / bets, (log + cost) / bets]
  })
}

/**
 * Predictably mixed empirical-Bernstein confidence sequence (the same, theorem 2): a lower bound of the
 * values, and one of their complements turned round, each at level alpha / 2.
 */
export const empiricalBernsteinSequence = (values: Numbers, alpha: number): IntervalPath => {
  checkUnit(values)
  const lower = empiricalBernsteinLower(values, alpha)
  const flipped = empiricalBernsteinLower(
    Float64Array.from(values, (x) => 1 - x),
    alpha,
  )
  return { lower, upper: flipped.map((bound) => 1 - bound) }
}

const empiricalBernsteinLower = (values: Numbers, alpha: number): Float64Array => {
  const log = Math.log(2 / alpha)
  const bets = plugInBets(values, alpha)
  let [staked, weighted, cost, sum] = [0, 0, 0, 0]
  return Float64Array.from(values, (x, i) => {
    const bet = Math.min(0.5, bets[i]!)
    const meanBefore = i > 0 ? sum / i : 0
    sum += x
    staked += bet
    weighted += bet * x
    cost += (x - meanBefore) ** 2 * (-Math.log1p(-bet) - bet)
    return Math.max(0, (weighted - log - cost) / staked)
  })
}

/** Steps of the grid of candidate means. */
const GRID = 1000

/**
 * The hedged betting confidence sequence (the same, theorem 3): candidate means on a grid of 1000 steps
 * against which neither of two gamblers has multiplied the capital by 1 / alpha.
 */
export const bettingSequence = (values: Numbers, alpha: number): IntervalPath => {
  checkUnit(values)
  const bets = plugInBets(values, alpha)
  const n = values.length
  const lower = new Float64Array(n).fill(1)
  const upper = new Float64Array(n)
  const threshold = Math.log(2 / alpha)
  for (let cell = 0; cell <= GRID; cell++) {
    const mean = cell / GRID
    let [up, down] = [0, 0]
    for (let i = 0; i < n; i++) {
      const gain = values[i]! - mean
      up += Math.log1p(Math.min(bets[i]!, 0.5 / mean) * gain)
      down += Math.log1p(-Math.min(bets[i]!, 0.5 / (1 - mean)) * gain)
      if (Math.max(up, down) > threshold) continue
      if (mean < lower[i]!) lower[i] = mean
      if (mean > upper[i]!) upper[i] = mean
    }
  }
  const step = 1 / GRID
  return {
    lower: lower.map((bound) => Math.max(0, bound - step)),
    upper: upper.map((bound) => Math.min(1, bound + step)),
  }
}

const plugInBets = (values: Numbers, alpha: number): Float64Array => {
  const plugIn = runningVariance()
  return Float64Array.from(values, (x, i) => {
    const t = i + 1
    const bet = Math.sqrt((2 * Math.log(2 / alpha)) / (plugIn.variance * t * Math.log(t + 1)))
    plugIn.add(x)
    return bet
  })
}

/** The variance so far, mean and variance each shrunk by one imagined observation: 1/2 and 1/4. */
const runningVariance = () => {
  let [count, sum, squares] = [0, 0.5, 0.25]
  return {
    get variance() {
      return squares / (count + 1)
    },
    add(x: number) {
      count++
      sum += x
      squares += (x - sum / (count + 1)) ** 2
    },
  }
}

const pathOf = (
  values: Numbers,
  next: (x: number, t: number) => readonly [centre: number, radius: number],
): IntervalPath => {
  const lower = new Float64Array(values.length)
  const upper = new Float64Array(values.length)
  for (let i = 0; i < values.length; i++) {
    const [centre, radius] = next(values[i]!, i + 1)
    lower[i] = Math.max(0, centre - radius)
    upper[i] = Math.min(1, centre + radius)
  }
  return { lower, upper }
}

const checkUnit = (values: Numbers): void => {
  for (let i = 0; i < values.length; i++) {
    if (values[i]! >= 0 && values[i]! <= 1) continue
    throw new MlError(
      'invalid_input',
      `value ${i} is ${values[i]}`,
      'scale the values to [0, 1] by their known bounds, and drop missing ones',
    )
  }
}
