import { KaizenError, type Route } from '@kaizen/contracts'

const weightTolerance = 1e-6

/** @throws INVALID_REQUEST unless arms have names of their own and live weights add up to 1. */
export function checkRoute({ arms }: Route): void {
  const names = arms.map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) {
    throw new KaizenError('INVALID_REQUEST', `body.arms: the arm "${twice}" stands twice`)
  }
  const live = arms.filter(({ mode }) => mode === 'live')
  const total = live.reduce((sum, { weight }) => sum + weight, 0)
  if (live.length === 0 || Math.abs(total - 1) > weightTolerance) {
    throw new KaizenError(
      'INVALID_REQUEST',
      `body.arms: the weights of the live arms add up to ${total}, not 1`,
      {
        hint: 'Give one live arm the weight 1, or split 1 among several; shadow arms take no share.',
      },
    )
  }
}

/**
 * A number in [0, 1) from text, always the same for the same text and evenly spread: FNV-1a over UTF-16 units, finished
 * by the mixer of MurmurHash3 so that ids that differ in one digit land far apart.
 */
export function unitHash(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}

/**
 * The arm for a unit of traffic: the same id always gets the same arm while weights stay, and when the weight of the
 * last arm grows it only wins ids, never trades them.
 */
export function chooseArm<Arm extends { readonly weight: number }>(
  live: readonly [Arm, ...Arm[]],
  id: string,
): Arm {
  const at = unitHash(id)
  let edge = 0
  for (const arm of live) {
    edge += arm.weight
    if (at < edge) return arm
  }
  // Weights that add up to just under 1 leave a sliver, which goes to the last arm with a share.
  return live.findLast(({ weight }) => weight > 0) ?? live[0]
}

/** The value at a share of sorted values, or null without any. */
export function percentile(sorted: ArrayLike<number>, share: number): number | null {
  if (sorted.length === 0) return null
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!
}
