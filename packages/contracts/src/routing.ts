import { z } from 'zod'
import { duration, objectName } from './shared.ts'

/**
 * What feedback says an answer was worth. `value`: the ground truth is the reward itself (true is 1); `correct`: 1 where
 * the answer equals it; `absolute_error`: how far off the answer was, less being better.
 */
export const reward = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('value'),
    goal: z.enum(['maximise', 'minimise']).default('maximise'),
  }),
  z.strictObject({ kind: z.literal('correct'), output: z.string().max(250).optional() }),
  z.strictObject({ kind: z.literal('absolute_error'), output: z.string().max(250).optional() }),
])
export type RewardSpec = z.output<typeof reward>

const salt = z.string().max(100).default('')

/** Live arms share units of traffic by weight: the same unit gets the same arm while weights stay. */
export const weightedRouter = z.strictObject({ kind: z.literal('weighted'), salt })

/** As weighted, with a comparison of every arm with the baseline that may be looked at at any time. */
export const abRouter = z.strictObject({
  kind: z.literal('ab'),
  /** Another salt draws another assignment of units to arms. */
  salt,
  baseline: objectName,
  reward,
  /** Chance of ever naming a winner where there is none. */
  alpha: z.number().min(0.0001).max(0.5).default(0.05),
  /** Units per arm before anything is said. */
  minUnits: z.number().int().min(10).max(1e9).default(100),
})

/** Shares follow what arms have earned; weights of the arms count until then for nothing. */
export const banditRouter = z.strictObject({
  kind: z.literal('bandit'),
  policy: z.enum(['thompson', 'ucb', 'epsilon-greedy']).default('thompson'),
  /** `beta`: rewards in [0, 1]; `gaussian`: any number; `linear`: any number, linear in `features`. */
  model: z.enum(['beta', 'gaussian', 'linear']).default('beta'),
  reward,
  salt,
  /** Rewards later than this after the prediction are not learnt from. */
  attributionWindow: duration.default('7d'),
  /** What a prediction without a reward is worth when the window is over: nothing is known, or it is a 0. */
  unrewarded: z.enum(['ignore', 'zero']).default('ignore'),
  /** Share of the traffic that is spread evenly whatever has been learnt. */
  exploration: z.number().min(0).max(1).default(0.05),
  /** Numeric inputs that make the context of a linear model, one row a request. */
  features: z.array(z.string().min(1).max(250)).max(32).default([]),
})
export type BanditRouter = z.output<typeof banditRouter>

export const headerRule = z
  .strictObject({
    /** Name of a request header ... */
    header: z.string().min(1).max(100).optional(),
    /** ... or of a cookie. */
    cookie: z.string().min(1).max(100).optional(),
    /** Any of these values, exactly; or, with `prefix`, what begins so; without both: any value at all. */
    equals: z.array(z.string().max(1000)).min(1).max(100).optional(),
    prefix: z.string().min(1).max(1000).optional(),
    arm: objectName,
  })
  .refine(({ header, cookie }) => (header === undefined) !== (cookie === undefined), {
    message: 'name a header or a cookie, and not both',
  })
  .refine(({ equals, prefix }) => equals === undefined || prefix === undefined, {
    message: 'give equals or prefix, not both',
  })
export type HeaderRule = z.output<typeof headerRule>

/** The first rule that a request meets names its arm; the others are shared by weight. */
export const rulesRouter = z.strictObject({
  kind: z.literal('rules'),
  rules: z.array(headerRule).min(1).max(32),
  salt,
})

export const routerSpec = z.discriminatedUnion('kind', [
  weightedRouter,
  abRouter,
  banditRouter,
  rulesRouter,
])
export type RouterSpec = z.output<typeof routerSpec>
export type RouterInput = z.input<typeof routerSpec>
