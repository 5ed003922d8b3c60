import { type BanditRouter, KaizenError, type RouterSpec } from '@kaizen/contracts'
import { type ArmRewards, type LinearRewards, linearPosterior } from '@kaizen/ml/bandits'
import { banditShares } from './bandit.ts'
import type { Router } from './router.ts'
import { sharesOf } from './weighted.ts'

export const defaultRouter: RouterSpec = { kind: 'weighted', salt: '' }

/** What a bandit has learnt, an entry for each live arm in their order. */
export interface Learnt {
  readonly arms: readonly ArmRewards[]
  /** Of linear bandits. */
  readonly linear: readonly LinearRewards[]
}

interface NamedShare {
  readonly name: string
  readonly weight: number
}

/** @throws INVALID_REQUEST where a router names what the route does not have. */
export function checkRouter(
  router: RouterSpec,
  arms: readonly (NamedShare & { readonly mode: 'live' | 'shadow' })[],
): void {
  const live = arms.filter(({ mode }) => mode === 'live').map(({ name }) => name)
  const known = (name: string, where: string): void => {
    if (live.includes(name)) return
    throw new KaizenError(
      'INVALID_REQUEST',
      `body.router.${where}: no live arm is named "${name}"`,
      {
        hint: `The live arms are ${live.join(', ')}.`,
      },
    )
  }
  switch (router.kind) {
    case 'weighted':
      return
    case 'ab':
      known(router.baseline, 'baseline')
      return
    case 'rules':
      for (const [i, { arm }] of router.rules.entries()) known(arm, `rules[${i}].arm`)
      return
    case 'bandit':
      checkBandit(router)
  }
}

function checkBandit({ model, features, unrewarded, reward }: BanditRouter): void {
  if ((model === 'linear') !== features.length > 0) {
    throw new KaizenError(
      'INVALID_REQUEST',
      `body.router.features: a ${model} bandit ${model === 'linear' ? 'needs the inputs that make its context' : 'takes none'}`,
      { hint: 'Name numeric inputs with "model": "linear"; leave them out otherwise.' },
    )
  }
  if (unrewarded === 'zero' && reward.kind !== 'value') {
    throw new KaizenError(
      'INVALID_REQUEST',
      `body.router.unrewarded: "zero" has no meaning for the reward "${reward.kind}"`,
      { hint: 'Without a ground truth nothing is right or wrong; use "ignore".' },
    )
  }
}

/** Makes a router ready to decide among live arms. */
export function compileRouter(
  spec: RouterSpec,
  live: readonly NamedShare[],
  learnt?: Learnt,
): Router {
  if (live.length === 1) return { kind: 'single' }
  const { kind } = spec
  switch (kind) {
    case 'weighted':
    case 'ab':
      return { kind: 'weighted', ...sharesOf(live, spec.salt) }
    case 'rules':
      return {
        kind,
        rules: spec.rules,
        names: live.map(({ name }) => name),
        otherwise: sharesOf(live, spec.salt),
      }
    case 'bandit':
      return compileBandit(spec, live, learnt)
  }
}

function compileBandit(
  spec: BanditRouter,
  live: readonly NamedShare[],
  learnt: Learnt | undefined,
): Router {
  const { seeds } = sharesOf(live, spec.salt)
  const even = live.map(() => 1 / live.length)
  if (!learnt) return { kind: 'bandit', shares: even, seeds }
  if (spec.model !== 'linear')
    return { kind: 'bandit', shares: banditShares(spec, learnt.arms), seeds }
  const posteriors = learnt.linear.map((arm) => linearPosterior(arm))
  const policy = { policy: spec.policy, exploration: spec.exploration, posteriors }
  return { kind: 'contextual', policy, features: spec.features, seeds }
}
