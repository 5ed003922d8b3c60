import { type BodyOf, type experimentsApi, KaizenError, type ResponseOf } from '@kaizen/contracts'
import {
  type LinearPosterior,
  type LoggedDecision,
  linearPosterior,
  noLinearRewards,
  offPolicyEstimate,
  predictLinear,
  withLinearReward,
} from '@kaizen/ml/bandits'
import { describeInsufficient } from '@kaizen/ml/outcome'
import type { BlockRow } from '../log/block.ts'
import { loggedContext } from './reward.ts'

export type OffPolicyQuestion = BodyOf<typeof experimentsApi.offPolicy>
export type OffPolicyView = ResponseOf<typeof experimentsApi.offPolicy>

/** A logged prediction with its reward. */
export interface Rewarded {
  readonly row: BlockRow
  readonly reward: number
}

/** The reward that a policy would have had. @throws INVALID_REQUEST where the log cannot tell. */
export function judgePolicy(
  policy: OffPolicyQuestion['policy'],
  rewarded: readonly Rewarded[],
): OffPolicyView {
  const arms = [...new Set(rewarded.map(({ row }) => row.rows.schema.arm))].sort()
  const decisions =
    policy.kind === 'shares'
      ? underShares(policy.shares, rewarded, arms)
      : underLinear(policy.features, rewarded, arms)
  const estimate = offPolicyEstimate(decisions)
  if (estimate.status !== 'ok') {
    throw new KaizenError('INVALID_REQUEST', describeInsufficient(estimate), {
      hint: 'Widen the span, wait for more feedback, or ask about arms that have been played.',
    })
  }
  const { status: _, alpha: __, ...view } = estimate
  return {
    ...view,
    observed: decisions.reduce((sum, { reward }) => sum + reward, 0) / decisions.length,
  }
}

function underShares(
  shares: Readonly<Record<string, number>>,
  rewarded: readonly Rewarded[],
  arms: readonly string[],
): readonly LoggedDecision[] {
  const total = Object.values(shares).reduce((sum, share) => sum + share, 0)
  if (Math.abs(total - 1) > 1e-6) {
    throw new KaizenError('INVALID_REQUEST', `body.policy.shares: they add up to ${total}, not 1`)
  }
  const unplayed = Object.keys(shares).find((name) => shares[name]! > 0 && !arms.includes(name))
  if (unplayed !== undefined) {
    throw new KaizenError(
      'INVALID_REQUEST',
      `body.policy.shares: the arm "${unplayed}" was never played with a reward, so nothing is known of it`,
      { hint: `Played were ${arms.join(', ') || 'none'}.` },
    )
  }
  const target = arms.map((name) => shares[name] ?? 0)
  return rewarded.map(({ row, reward }) => ({ ...loggedOf(row, arms), reward, target }))
}

const loggedOf = (
  row: BlockRow,
  arms: readonly string[],
): Pick<LoggedDecision, 'arm' | 'propensity'> => ({
  arm: arms.indexOf(row.rows.schema.arm),
  propensity: row.routing!.propensity,
})

/** Each half is judged by a policy that was fitted on the other. */
function underLinear(
  features: readonly string[],
  rewarded: readonly Rewarded[],
  arms: readonly string[],
): readonly LoggedDecision[] {
  const known = rewarded.flatMap(({ row, reward }) => {
    const context = loggedContext(row, features)
    return context ? [{ row, reward, context: Float64Array.from(context) }] : []
  })
  if (known.length === 0 && rewarded.length > 0) {
    throw new KaizenError(
      'INVALID_REQUEST',
      'body.policy.features: no logged prediction has all of them as numbers',
    )
  }
  const halves = [0, 1].map((half) =>
    fitted(
      known.filter((_, i) => i % 2 === half),
      arms,
      features,
    ),
  )
  return known.map(({ row, reward, context }, i) => {
    const expected = halves[1 - (i % 2)]!.map((arm) => predictLinear(arm, context).mean)
    const best = expected.indexOf(Math.max(...expected))
    const target = arms.map((_, arm) => (arm === best ? 1 : 0))
    return { ...loggedOf(row, arms), reward, target, expected }
  })
}

function fitted(
  known: readonly (Rewarded & { readonly context: Float64Array })[],
  arms: readonly string[],
  features: readonly string[],
): readonly LinearPosterior[] {
  const totals = arms.map(() => noLinearRewards(features.length + 1))
  for (const { row, reward, context } of known) {
    const arm = arms.indexOf(row.rows.schema.arm)
    totals[arm] = withLinearReward(totals[arm]!, { context, reward })
  }
  return totals.map((arm) => linearPosterior(arm))
}
