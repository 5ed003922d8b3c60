import type { BanditView } from '@kaizen/contracts'

type Arm = Pick<BanditView['arms'][number], 'lower' | 'upper' | 'meanReward'>

/** From the lowest to the highest bound of the posteriors of all arms. */
export interface Scale {
  readonly low: number
  readonly high: number
}

/** Undefined while no arm has a posterior of some width. */
export function scaleOf(arms: readonly Arm[]): Scale | undefined {
  const bounds = arms.flatMap(({ lower, upper }) => [lower ?? [], upper ?? []].flat())
  const [low, high] = [Math.min(...bounds), Math.max(...bounds)]
  return high > low ? { low, high } : undefined
}

/** Where an arm's interval and mean lie on the scale, in percent of it; undefined where it has none. */
export function placeOn(
  { low, high }: Scale,
  { lower, upper, meanReward }: Arm,
): { readonly from: number; readonly width: number; readonly mean: number } | undefined {
  if (lower === null || upper === null) return undefined
  const at = (value: number): number => ((value - low) / (high - low)) * 100
  return {
    from: at(lower),
    width: at(upper) - at(lower),
    mean: at(meanReward ?? (lower + upper) / 2),
  }
}
