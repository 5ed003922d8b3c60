import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { reward, routerSpec } from './routing.ts'
import { nameParams, objectName, timestampMs } from './shared.ts'

const spanQuery = {
  from: z.coerce.number().int().min(0).optional(),
  to: z.coerce.number().int().min(0).optional(),
}

/** An arm in a comparison; units are what the router assigned, a prediction each where requests name none. */
export const comparedArm = z.object({
  arm: z.string(),
  model: z.string(),
  version: z.number().int(),
  requests: z.number().int(),
  errors: z.number().int(),
  p50: z.number().nullable(),
  p99: z.number().nullable(),
  units: z.number().int(),
  /** Units with a reward. */
  rewarded: z.number().int(),
  meanReward: z.number().nullable(),
  deviation: z.number().nullable(),
})

/** An arm against the baseline: always valid, so that it may be looked at whenever one likes. */
export const armContrast = z.object({
  arm: z.string(),
  /** Mean reward of the arm less that of the baseline, with its confidence sequence. */
  difference: z.number().nullable(),
  lower: z.number().nullable(),
  upper: z.number().nullable(),
  /** Always-valid p-value of the mixture sequential probability ratio test. */
  pValue: z.number().nullable(),
  verdict: z.enum(['better', 'worse', 'undecided', 'insufficient']),
  /** Units that the smaller arm has, and needs before anything is said. */
  have: z.number().int(),
  need: z.number().int(),
})

export const comparison = z.object({
  baseline: z.string(),
  reward,
  alpha: z.number(),
  from: timestampMs,
  to: timestampMs,
  arms: z.array(comparedArm),
  contrasts: z.array(armContrast),
  /** Whether units were split as the weights say; null where shares were not constant. */
  sampleRatio: z
    .object({
      statistic: z.number(),
      pValue: z.number(),
      /** p below 0.001: do not trust the comparison before the cause is found. */
      mismatch: z.boolean(),
    })
    .nullable(),
})
export type Comparison = z.output<typeof comparison>

export const banditArm = z.object({
  arm: z.string(),
  version: z.number().int(),
  /** Rewards learnt. */
  rewards: z.number(),
  meanReward: z.number().nullable(),
  deviation: z.number().nullable(),
  /** Ends of the central 95 % of the posterior of its mean reward; null for linear arms. */
  lower: z.number().nullable(),
  upper: z.number().nullable(),
  /** Share of the traffic now; null where it depends on the context. */
  share: z.number().nullable(),
  /** Weights of a linear arm: the intercept, then the features. */
  weights: z.array(z.number()).nullable(),
})
export const banditView = z.object({
  router: routerSpec,
  arms: z.array(banditArm),
  /** Reward given away so far against the arm of the highest mean, as far as means are known. */
  regret: z.number(),
})
export type BanditView = z.output<typeof banditView>

const estimate = z.object({
  value: z.number(),
  standardError: z.number(),
  lower: z.number(),
  upper: z.number(),
})
export const offPolicyView = z.object({
  decisions: z.number().int(),
  ips: estimate,
  snips: estimate,
  doublyRobust: estimate,
  effectiveSampleSize: z.number(),
  largestWeight: z.number(),
  /** Mean reward of what did run. */
  observed: z.number(),
})

export const experimentsApi = {
  comparison: endpoint({
    method: 'GET',
    path: '/api/v1/endpoints/:name/comparison',
    summary: 'Arms against the baseline, by sequential tests',
    action: 'view',
    params: nameParams,
    query: z.strictObject({ ...spanQuery, baseline: objectName.optional() }),
    response: comparison,
  }),
  bandit: endpoint({
    method: 'GET',
    path: '/api/v1/endpoints/:name/bandit',
    summary: 'What the bandit of an endpoint has learnt',
    action: 'view',
    params: nameParams,
    response: banditView,
  }),
  offPolicy: endpoint({
    method: 'POST',
    path: '/api/v1/endpoints/:name/off-policy',
    summary: 'The reward that a policy never run would have had',
    action: 'view',
    params: nameParams,
    body: z.strictObject({
      reward,
      from: timestampMs.optional(),
      to: timestampMs.optional(),
      policy: z.discriminatedUnion('kind', [
        /** Fixed shares, one an arm; they add up to 1. */
        z.strictObject({
          kind: z.literal('shares'),
          shares: z.record(z.string(), z.number().min(0).max(1)),
        }),
        /** The best arm by a linear model of these inputs, fitted on the half that is not judged. */
        z.strictObject({
          kind: z.literal('linear'),
          features: z.array(z.string().min(1).max(250)).min(1).max(32),
        }),
      ]),
    }),
    response: offPolicyView,
  }),
} as const
