import { MlError } from '../ml-error.ts'
import { gaussLegendre } from '../numeric/gauss-legendre.ts'
import { normalCdf, normalDensity, normalQuantile, normalSurvival } from '../special/normal.ts'
import { monotoneRoot } from '../special/root.ts'

export type BoundaryShape = 'pocock' | 'obrien-fleming'

/** Bounds of |Z| at each look; crossing one rejects the null hypothesis. */
export interface GroupSequentialBoundary {
  /** The bound of the last look. */
  readonly constant: number
  readonly bounds: readonly number[]
  /** Two-sided p-value that each bound stands for. */
  readonly nominalP: readonly number[]
}

export interface SpendingBoundary {
  readonly bounds: readonly number[]
  readonly cumulativeAlpha: readonly number[]
}

const NODES = 64

/**
 * Two-sided bounds of Pocock (1977) or O'Brien and Fleming (1979) for equally spaced looks.
 * @throws MlError for other than 1 to 100 looks.
 */
export const groupSequentialBoundary = (
  shape: BoundaryShape,
  { looks, alpha }: { readonly looks: number; readonly alpha: number },
): GroupSequentialBoundary => {
  if (!(Number.isSafeInteger(looks) && looks >= 1 && looks <= 100)) {
    throw new MlError('invalid_option', `looks is ${looks}`, 'give a whole number from 1 to 100')
  }
  const times = Array.from({ length: looks }, (_, i) => (i + 1) / looks)
  const boundsFor = (c: number) =>
    times.map((time) => (shape === 'pocock' ? c : c / Math.sqrt(time)))
  const spared = (c: number) => {
    let density = firstLook
    boundsFor(c).forEach((bound, k) => {
      density = density.next(times[k]!, bound)
    })
    return density.mass
  }
  const constant = monotoneRoot(spared, 1 - alpha, [0.5, 12])
  const bounds = boundsFor(constant)
  return { constant, bounds, nominalP: bounds.map((bound) => 2 * normalSurvival(bound)) }
}

/**
 * Two-sided bounds that spend alpha over information times, after Lan and DeMets (1983).
 * @throws MlError for times that do not ascend, or go beyond 1.
 */
export const alphaSpendingBoundary = (
  shape: BoundaryShape,
  { information, alpha }: { readonly information: readonly number[]; readonly alpha: number },
): SpendingBoundary => {
  if (!information.every((time, k) => time > (information[k - 1] ?? 0) && time <= 1)) {
    throw new MlError(
      'invalid_option',
      `information is ${information.join(', ')}`,
      'give ascending shares of the information at the end, above 0 and up to 1',
    )
  }
  const cumulativeAlpha = information.map((time) => spent(shape, time, alpha))
  const bounds: number[] = []
  let density = firstLook
  information.forEach((time, k) => {
    const before = density
    const kept = 1 - cumulativeAlpha[k]!
    const bound = monotoneRoot((c) => before.next(time, c).mass, kept, [0, 12])
    bounds.push(bound)
    density = before.next(time, bound)
  })
  return { bounds, cumulativeAlpha }
}

const spent = (shape: BoundaryShape, time: number, alpha: number): number =>
  shape === 'pocock'
    ? alpha * Math.log(1 + (Math.E - 1) * time)
    : 2 * normalSurvival(normalQuantile(1 - alpha / 2) / Math.sqrt(time))

/** The density of Z on the continuation region of the looks so far, at quadrature nodes. */
interface Density {
  /** Probability of not having crossed a bound yet. */
  readonly mass: number
  readonly next: (time: number, bound: number) => Density
}

/** Armitage, McPherson and Rowe's recursion (1969), by Gauss-Legendre quadrature. */
const densityAt = (time: number, bound: number, at: (z: number) => number): Density => {
  const { nodes, weights } = gaussLegendre(NODES)
  const points = nodes.map((x) => x * bound)
  const masses = points.map((z, i) => weights[i]! * bound * at(z))
  return {
    mass: masses.reduce((sum, mass) => sum + mass, 0),
    next: (later, laterBound) => {
      const spread = Math.sqrt(later - time)
      const scale = Math.sqrt(later) / spread
      return densityAt(later, laterBound, (z) => {
        let sum = 0
        for (let i = 0; i < points.length; i++) {
          const step = (z * Math.sqrt(later) - points[i]! * Math.sqrt(time)) / spread
          sum += masses[i]! * normalDensity(step)
        }
        return sum * scale
      })
    },
  }
}

const firstLook: Density = {
  mass: 1,
  next: (time, bound) => ({
    ...densityAt(time, bound, normalDensity),
    mass: 2 * normalCdf(bound) - 1,
  }),
}
