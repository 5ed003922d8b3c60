import {
  type BanditRouter,
  type BanditView,
  type Comparison,
  KaizenError,
  type RewardSpec,
  type RouterSpec,
} from '@kaizen/contracts'
import { type ArmRewards, linearPosterior, meanReward, rewardVariance } from '@kaizen/ml/bandits'
import { betaQuantile, studentTQuantile } from '@kaizen/ml/special'
import type { Clock } from '../../kernel/index.ts'
import type { Database } from '../../storage/index.ts'
import type { BanditService } from '../bandits/bandits.service.ts'
import {
  judgePolicy,
  type OffPolicyQuestion,
  type OffPolicyView,
  type Rewarded,
} from '../bandits/off-policy.ts'
import { rewardOf } from '../bandits/reward.ts'
import { latestRoute, type StoredRoute } from '../endpoints/endpoints.store.ts'
import type { LiveEndpoint } from '../endpoints/live-endpoint.ts'
import { labelsIn } from '../feedback/feedback.store.ts'
import type { TimeSpan } from '../model.ts'
import { defaultRouter } from '../routing/compile.ts'
import { compareRoute } from '../shadow/comparison.ts'

export interface ExperimentDeps {
  readonly database: Database
  readonly clock: Clock
  readonly bandits: BanditService
  /** @throws NOT_FOUND */
  readonly live: (endpoint: string) => Promise<LiveEndpoint>
}

type Asked = { readonly [K in 'from' | 'to']?: number | undefined }

/** Answers what the traffic of an endpoint has shown of its arms. */
export class ExperimentService {
  readonly #deps: ExperimentDeps

  constructor(deps: ExperimentDeps) {
    this.#deps = deps
  }

  /** Every live arm against the baseline; since the route was set unless told. */
  async compare(
    endpoint: string,
    query: Asked & { readonly baseline?: string | undefined },
  ): Promise<Comparison> {
    const live = await this.#deps.live(endpoint)
    const route = await this.#route(endpoint)
    const arms = route.arms.filter(({ mode }) => mode === 'live')
    const router = route.router ?? defaultRouter
    const baseline =
      query.baseline ?? (router.kind === 'ab' ? router.baseline : (arms[0]?.name ?? ''))
    if (!arms.some(({ name }) => name === baseline)) {
      throw new KaizenError('INVALID_REQUEST', `query.baseline: no live arm is named "${baseline}"`)
    }
    const span = { from: query.from ?? route.setAt, to: query.to ?? this.#deps.clock.now() + 1 }
    const constant = router.kind === 'weighted' || router.kind === 'ab'
    return compareRoute({
      rows: await live.log.window(span.from, span.to),
      labels: await labelsIn(this.#deps.database.reader, endpoint, span),
      ...termsOf(router),
      baseline,
      span,
      arms: arms.map(({ name, modelName, version, weight }) => ({
        name,
        model: modelName,
        version,
        share: constant ? weight : undefined,
      })),
    })
  }

  /** @throws CONFLICT where the router is no bandit */
  async bandit(endpoint: string): Promise<BanditView> {
    const live = await this.#deps.live(endpoint)
    const { arms, router } = await this.#route(endpoint)
    if (router?.kind !== 'bandit') {
      throw new KaizenError('CONFLICT', `the router of "${endpoint}" is no bandit`, {
        hint: 'Set a route with "router": {"kind": "bandit", …}.',
      })
    }
    const own = arms.filter(({ mode }) => mode === 'live')
    const { arms: rewards, linear } = (await this.#deps.bandits.ledger(endpoint, router)).learnt(
      own,
    )
    const inForce = live.router
    const best = Math.max(...rewards.filter(({ count }) => count > 0).map(meanReward), -Infinity)
    return {
      router,
      arms: own.map(({ name, version }, i) => ({
        arm: name,
        version,
        rewards: rewards[i]!.count,
        meanReward: rewards[i]!.count > 0 ? meanReward(rewards[i]!) : null,
        deviation: rewards[i]!.count > 1 ? Math.sqrt(rewardVariance(rewards[i]!)) : null,
        ...posteriorOf(router, rewards[i]!),
        share:
          inForce?.kind === 'bandit'
            ? (inForce.shares[i] ?? null)
            : inForce?.kind === 'single'
              ? 1
              : null,
        weights: router.model === 'linear' ? Array.from(linearPosterior(linear[i]!).theta) : null,
      })),
      regret: rewards.reduce(
        (sum, arm) => sum + (arm.count > 0 ? arm.count * (best - meanReward(arm)) : 0),
        0,
      ),
    }
  }

  /** The reward that a policy never run would have had on the logged traffic. */
  async offPolicy(endpoint: string, question: OffPolicyQuestion): Promise<OffPolicyView> {
    const live = await this.#deps.live(endpoint)
    const span = { from: question.from ?? 0, to: question.to ?? Number.MAX_SAFE_INTEGER }
    return judgePolicy(question.policy, await this.#rewarded(live, span, question.reward))
  }

  async #rewarded(
    live: LiveEndpoint,
    span: TimeSpan,
    reward: RewardSpec,
  ): Promise<readonly Rewarded[]> {
    const labels = await labelsIn(this.#deps.database.reader, live.name, span)
    return (await live.log.window(span.from, span.to)).flatMap((row) => {
      const label = labels.get(row.id)
      const drawn = row.rows.schema.mode === 'live' && (row.routing?.propensity ?? 0) > 0
      if (label === undefined || !drawn) return []
      const value = rewardOf(reward, row, label)
      return value === undefined ? [] : [{ row, reward: value }]
    })
  }

  async #route(endpoint: string): Promise<StoredRoute> {
    const route = await latestRoute(this.#deps.database.reader, endpoint)
    if (route) return route
    throw new KaizenError('CONFLICT', `the endpoint "${endpoint}" has no route yet`, {
      hint: `Deploy a model: kaizen endpoints route ${endpoint} champion=models:/MODEL/VERSION`,
    })
  }
}

/** On what terms arms are compared where the router does not say. */
function termsOf(router: RouterSpec): {
  readonly reward: RewardSpec
  readonly alpha: number
  readonly minUnits: number
} {
  if (router.kind === 'ab') return router
  const reward =
    router.kind === 'bandit' ? router.reward : ({ kind: 'value', goal: 'maximise' } as const)
  return { reward, alpha: 0.05, minUnits: 100 }
}

function posteriorOf(
  { model }: BanditRouter,
  arm: ArmRewards,
): { readonly lower: number | null; readonly upper: number | null } {
  if (model === 'linear') return { lower: null, upper: null }
  if (model === 'beta') {
    const [a, b] = [1 + arm.sum, 1 + arm.count - arm.sum]
    return { lower: betaQuantile(0.025, a, b), upper: betaQuantile(0.975, a, b) }
  }
  if (arm.count < 2) return { lower: null, upper: null }
  const reach = studentTQuantile(0.975, arm.count - 1) * Math.sqrt(rewardVariance(arm) / arm.count)
  return { lower: meanReward(arm) - reach, upper: meanReward(arm) + reach }
}
