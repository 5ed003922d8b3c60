import { spread, textHash } from './unit-hash.ts'

/** Shares of arms with what assigns units to them. */
export interface Shares {
  readonly shares: readonly number[]
  /** One a arm, from its name and the salt: the order of arms does not matter. */
  readonly seeds: readonly number[]
}

export function sharesOf(
  arms: readonly { readonly name: string; readonly weight: number }[],
  salt: string,
): Shares {
  return {
    shares: arms.map(({ weight }) => weight),
    // Mixed once more, so that names that differ in their last letter seed streams that have nothing in common.
    seeds: arms.map(({ name }) => Math.floor(spread(textHash(`${salt}/${name}`)) * 2 ** 32) | 0),
  }
}

/**
 * The arm of a unit by weighted rendezvous hashing (Schindelhauer and Schomaker 2005): the smallest of -ln(u) / share,
 * u being the unit's own number for each arm. The same unit keeps its arm while shares stay; when they change, units
 * move only to arms whose share grew relative to the one they leave.
 */
export function assign({ shares, seeds }: Shares, unit: string): number {
  const hash = textHash(unit)
  let [best, least] = [-1, Number.POSITIVE_INFINITY]
  for (let arm = 0; arm < shares.length; arm++) {
    if (shares[arm]! <= 0) continue
    // u = 0 would be an infinite distance; half a step above it is the smallest there is.
    const distance = -Math.log(spread(hash ^ seeds[arm]!) + 2 ** -33) / shares[arm]!
    if (distance < least || best < 0) [best, least] = [arm, distance]
  }
  return best < 0 ? 0 : best
}
