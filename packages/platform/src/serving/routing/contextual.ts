import type { BanditRouter } from '@kaizen/contracts'
import {
  allTo,
  type LinearPosterior,
  normalBestShares,
  predictLinear,
  withExploration,
} from '@kaizen/ml/bandits'

/** Beliefs of a linear bandit about its arms. */
export interface ContextualPolicy {
  readonly policy: BanditRouter['policy']
  readonly exploration: number
  readonly posteriors: readonly LinearPosterior[]
}

/** LinUCB's width of optimism in standard deviations (Li et al. 2010). */
const optimism = 2

/** Shares of the arms in a context, which begins with 1 for the intercept. */
export function contextualShares(
  { policy, exploration, posteriors }: ContextualPolicy,
  context: Float64Array,
): readonly number[] {
  const beliefs = posteriors.map((posterior) => predictLinear(posterior, context))
  return withExploration(sharesFor(policy, beliefs), exploration)
}

function sharesFor(
  policy: BanditRouter['policy'],
  beliefs: readonly { readonly mean: number; readonly deviation: number }[],
): readonly number[] {
  switch (policy) {
    case 'thompson':
      return normalBestShares(beliefs)
    case 'ucb':
      return allTo(beliefs.map(({ mean, deviation }) => mean + optimism * deviation))
    case 'epsilon-greedy':
      return allTo(beliefs.map(({ mean }) => mean))
  }
}
