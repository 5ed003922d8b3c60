import { MlError } from '../ml-error.ts'
import { integrate } from '../numeric/gauss-legendre.ts'
import { betaCdf } from '../special/beta-distribution.ts'
import { logBeta } from '../special/log-gamma.ts'

/** Parameters of a Beta posterior: successes + 1 and failures + 1 under a flat prior. */
export type BetaPosterior = readonly [a: number, b: number]

/**
 * For each arm: the probability that its rate is the highest, and the rate that choosing it is expected to give away. By
 * quadrature, not by sampling. Thompson 1933.
 * @throws MlError for a parameter that is not above 0.
 */
export const betaBestArm = (posteriors: readonly BetaPosterior[]) => {
  if (!posteriors.flat().every((parameter) => parameter > 0 && Number.isFinite(parameter))) {
    throw new MlError(
      'invalid_input',
      `posteriors are ${JSON.stringify(posteriors)}`,
      'give successes and failures, each plus what the prior adds, above 0',
    )
  }
  const means = posteriors.map(([a, b]) => a / (a + b))
  const range = supportOf(posteriors)
  const probabilityBest = posteriors.map((posterior, j) =>
    integrate((x) => density(x, posterior) * othersBelow(x, posteriors, j), range, 16),
  )
  const expectedBest = range[0] + integrate((x) => 1 - othersBelow(x, posteriors, -1), range, 16)
  return { probabilityBest, expectedLoss: means.map((mean) => expectedBest - mean) }
}

const density = (x: number, [a, b]: BetaPosterior): number =>
  Math.exp((a - 1) * Math.log(x) + (b - 1) * Math.log1p(-x) - logBeta(a, b))

const othersBelow = (x: number, posteriors: readonly BetaPosterior[], except: number): number =>
  posteriors.reduce(
    (product, [a, b], k) => (k === except ? product : product * betaCdf(x, a, b)),
    1,
  )

/** Where the posteriors have their mass: twelve standard deviations around the means. */
const supportOf = (posteriors: readonly BetaPosterior[]): [number, number] => {
  let [lower, upper] = [1, 0]
  for (const [a, b] of posteriors) {
    const mean = a / (a + b)
    const reach = 12 * Math.sqrt((mean * (1 - mean)) / (a + b + 1))
    lower = Math.min(lower, mean - reach)
    upper = Math.max(upper, mean + reach)
  }
  return [Math.max(0, lower), Math.min(1, upper)]
}
