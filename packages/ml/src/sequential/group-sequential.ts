import { MlError } from '../ml-error.ts'
import { gaussLegendre } from '../numeric/gauss-legendre.ts'
import { normalCdf, normalDensity, normalQuantile, normalSurvival } from '../special/normal.ts'
import { monotoneRoot } from '../special/root.ts'

export type BoundaryShape = 'pocock' | 'obrien-fleming'

/** Bounds of |Z|, or of Z where one side is asked for, at each look; crossing one rejects the null hypothesis. */
export interface GroupSequentialBoundary {
  /** The bound of the last look. */
  readonly constant: number
  readonly bounds: readonly number[]
  /** The p-value that each bound stands for, of as many sides. */
  readonly nominalP: readonly number[]
}

export interface SpendingBoundary {
  readonly bounds: readonly number[]
  readonly cumulativeAlpha: readonly number[]
}

/** Both sides unless told. */
export type Sides = 1 | 2

const NODES = 64
/** One side reaches down to where no density is left, over more nodes. */
const FLOOR = -10
const ONE_SIDED_NODES = 256

/**
 * Bounds of Pocock (1977) or O'Brien and Fleming (1979) for equally spaced looks.
 * @throws MlError for other than 1 to 100 looks.
 */
export const groupSequentialBoundary = (
  shape: BoundaryShape,
  {
    looks,
    alpha,
    sides = 2,
  }: { readonly looks: number; readonly alpha: number; readonly sides?: Sides },
): GroupSequentialBoundary => {
  if (!(Number.isSafeInteger(looks) && looks >= 1 && looks <= 100)) {
    throw new MlError('invalid_option', `looks is ${looks}`, 'give a whole number from 1 to 100')
  }
  const times = Array.from({ length: looks }, (_, i) => (i + 1) / looks)
  const boundsFor = (c: number) =>
    times.map((time) => (shape === 'pocock' ? c : c / Math.sqrt(time)))
  const spared = (c: number) => {
    let density = firstLook(sides)
    boundsFor(c).forEach((bound, k) => {
      density = density.next(times[k]!, bound)
    })
    return density.mass
  }
  const constant = monotoneRoot(spared, 1 - alpha, [sides === 1 ? 0 : 0.5, 12])
  const bounds = boundsFor(constant)
  return { constant, bounds, nominalP: bounds.map((bound) => sides * normalSurvival(bound)) }
}

/**
 * Bounds that spend alpha over information times, after Lan and DeMets (1983).
 * @throws MlError for times that do not ascend, or go beyond 1.
 */
export const alphaSpendingBoundary = (
  shape: BoundaryShape,
  {
    information,
    alpha,
    sides = 2,
  }: {
    readonly information: readonly number[]
    readonly alpha: number
    readonly sides?: Sides
  },
): SpendingBoundary => {
  if (!information.every((time, k) => time > (information[k - 1] ?? 0) && time <= 1)) {
    throw new MlError(
      'invalid_option',
      `information is ${information.join(', ')}`,
      'give ascending shares of the information at the end, above 0 and up to 1',
    )
  }
  const cumulativeAlpha = information.map((time) => spent(shape, time, { alpha, sides }))
  const bounds: number[] = []
  let density = firstLook(sides)
  information.forEach((time, k) => {
    const before = density
    const kept = 1 - cumulativeAlpha[k]!
    const bound = monotoneRoot((c) => before.next(time, c).mass, kept, [0, 12])
    bounds.push(bound)
    density = before.next(time, bound)
  })
  return { bounds, cumulativeAlpha }
}

const spent = (
  shape: BoundaryShape,
  time: number,
  { alpha, sides }: { readonly alpha: number; readonly sides: Sides },
): number =>
  shape === 'pocock'
    ? alpha * Math.log(1 + (Math.E - 1) * time)
    : sides * normalSurvival(normalQuantile(1 - alpha / sides) / Math.sqrt(time))

/** The density of Z on the continuation region of the looks so far, at quadrature nodes. */
interface Density {
  /** Probability of not having crossed a bound yet. */
  readonly mass: number
  readonly next: (time: number, bound: number) => Density
}

interface Look {
  readonly time: number
  readonly bound: number
  readonly sides: Sides
}

/** Armitage, McPherson and Rowe's recursion (1969), by Gauss-Legendre quadrature. */
const densityAt = (look: Look, at: (z: number) => number): Density => {
  const { time, bound, sides } = look
  const { nodes, weights } = gaussLegendre(sides === 1 ? ONE_SIDED_NODES : NODES)
  const lower = sides === 1 ? Math.min(FLOOR, bound - 1) : -bound
  const [middle, half] = [(bound + lower) / 2, (bound - lower) / 2]
  const points = nodes.map((x) => middle + x * half)
  const masses = points.map((z, i) => weights[i]! * half * at(z))
  return {
    mass: masses.reduce((sum, mass) => sum + mass, 0),
    next: (later, laterBound) => {
      const spread = Math.sqrt(later - time)
      const scale = Math.sqrt(later) / spread
      return densityAt({ time: later, bound: laterBound, sides }, (z) => {
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

const firstLook = (sides: Sides): Density => ({
  mass: 1,
  next: (time, bound) => ({
    ...densityAt({ time, bound, sides }, normalDensity),
    mass: sides * normalCdf(bound) - (sides - 1),
  }),
})
