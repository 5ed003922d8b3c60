import type { HeaderRule } from '@kaizen/contracts'
import { type ContextualPolicy, contextualShares } from './contextual.ts'
import { armByRules, type Headers } from './header-rules.ts'
import { assign, type Shares } from './weighted.ts'

/** How requests find their arm, ready to decide; arms are told by their place among the live arms. */
export type Router =
  | { readonly kind: 'single' }
  | ({ readonly kind: 'weighted' } & Shares)
  | ({ readonly kind: 'bandit' } & Shares)
  | {
      readonly kind: 'contextual'
      readonly policy: ContextualPolicy
      readonly features: readonly string[]
      readonly seeds: Shares['seeds']
    }
  | {
      readonly kind: 'rules'
      readonly rules: readonly HeaderRule[]
      readonly names: readonly string[]
      readonly otherwise: Shares
    }

/** What a router may look at. */
export interface RoutingUnit {
  /** Whom the assignment sticks to: the unit that the request names, else its inference id. */
  readonly id: string
  readonly headers: Headers
  /** Numbers of the request under names; undefined where it has none such. Asked only by routers that need them. */
  features(names: readonly string[]): Float64Array | undefined
}

export interface Decision {
  /** Place among the live arms. */
  readonly arm: number
  /** Probability of this arm for units such as this one. */
  readonly propensity: number
}

const only: Decision = { arm: 0, propensity: 1 }

/** Decides for one request: pure, and the same for the same unit while the router stays. */
export function decide(router: Router, unit: RoutingUnit): Decision {
  switch (router.kind) {
    case 'single':
      return only
    case 'weighted':
    case 'bandit':
      return drawn(router, unit.id)
    case 'contextual': {
      const context = unit.features(router.features)
      const shares = context
        ? contextualShares(router.policy, context)
        : router.seeds.map(() => 1 / router.seeds.length)
      return drawn({ shares, seeds: router.seeds }, unit.id)
    }
    case 'rules': {
      const named = armByRules(router.rules, unit.headers)
      if (named === undefined) return drawn(router.otherwise, unit.id)
      return { arm: router.names.indexOf(named), propensity: 1 }
    }
  }
}

function drawn(shares: Shares, id: string): Decision {
  const arm = assign(shares, id)
  return { arm, propensity: shares.shares[arm]! }
}
