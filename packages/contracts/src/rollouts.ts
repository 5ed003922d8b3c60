import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { reward } from './routing.ts'
import {
  duration,
  jsonObject,
  nameParams,
  objectName,
  page,
  pageQuery,
  timestampMs,
} from './shared.ts'

export const rolloutStage = z.strictObject({
  /** Share of the traffic that the candidate answers; in a dry run, the share that it is shown. */
  weight: z.number().min(0.0001).max(1),
  /** The step lasts at least this long, and until the candidate has had `minSamples` requests. */
  duration: duration.default('10m'),
  minSamples: z.number().int().min(1).max(1e9).default(100),
})
export type RolloutStage = z.output<typeof rolloutStage>

const share = z.number().min(0).max(1)

/** What must hold while a candidate takes traffic; each is judged by a test that may be looked at any time. */
export const rolloutGuardrails = z.strictObject({
  /** Share of the candidate's requests that may fail. */
  maxErrorRate: share.default(0.05),
  /** How much higher than the baseline's its error rate may be. */
  maxErrorIncrease: share.default(0.01),
  /** 99 of 100 of its answers take at most this long. */
  maxP99Ms: z.number().positive().max(3_600_000).optional(),
  /** Share of its requests that may not fit its signature. */
  maxSchemaFailures: share.optional(),
  /** Population stability index of its answers against the baseline's; 0.2 is a notable shift. */
  maxPredictionDrift: z.number().positive().max(100).optional(),
  /** What its answers are worth once feedback comes; it must not be worse than the baseline by more than `margin`. */
  metric: z.strictObject({ reward, margin: z.number().min(0).default(0) }).optional(),
})
export type RolloutGuardrails = z.output<typeof rolloutGuardrails>

export const rolloutSpec = z.strictObject({
  /**
   * `models:/NAME/VERSION`, `models:/NAME@ALIAS`, `ensembles:/NAME[/VERSION]`, or a model of another server:
   * `https://HOST/v2/models/NAME`. Aliases are resolved when the rollout starts.
   */
  model: z.string().min(1).max(600),
  /** Name of the candidate's arm while it is one. */
  arm: objectName.default('canary'),
  steps: z
    .array(rolloutStage)
    .min(1)
    .max(20)
    .refine((steps) => steps.every(({ weight }, i) => i === 0 || weight >= steps[i - 1]!.weight), {
      message: 'weights must not fall from step to step',
    }),
  guardrails: rolloutGuardrails.default({ maxErrorRate: 0.05, maxErrorIncrease: 0.01 }),
  test: z.enum(['confidence-sequence', 'msprt']).default('confidence-sequence'),
  /** Chance that a good candidate is ever rolled back by chance, over all guardrails. */
  alpha: z.number().min(0.0001).max(0.5).default(0.05),
  /** Promote as soon as the metric is better for certain and the step has its samples. */
  promoteEarly: z.boolean().default(false),
  /** The candidate only watches: everything is judged and recorded, traffic never moves. */
  dryRun: z.boolean().default(false),
})
export type RolloutSpec = z.output<typeof rolloutSpec>

export const rolloutStates = ['running', 'paused', 'promoted', 'rolled_back', 'overruled'] as const
export type RolloutState = (typeof rolloutStates)[number]

export const rolloutCheck = z.object({
  name: z.enum(['error_rate', 'error_increase', 'p99', 'schema', 'drift', 'metric']),
  status: z.enum(['kept', 'broken', 'better', 'insufficient']),
  /** In words, with the numbers. */
  text: z.string(),
  value: z.number().nullable(),
  lower: z.number().nullable(),
  upper: z.number().nullable(),
  limit: z.number().nullable(),
  samples: z.number().int(),
})
export type RolloutCheck = z.output<typeof rolloutCheck>

export const rolloutDecision = z.object({
  at: timestampMs,
  kind: z.enum([
    'started',
    'advanced',
    'skipped',
    'paused',
    'resumed',
    'promoted',
    'rolled_back',
    'overruled',
  ]),
  actor: z.string(),
  reason: z.string(),
  step: z.number().int(),
  data: jsonObject,
})
export type RolloutDecision = z.output<typeof rolloutDecision>

const rolloutArm = z.object({
  arm: z.string(),
  model: z.string(),
  version: z.number().int(),
  /** What no alias can move; absent in rollouts of before it was kept. */
  uri: z.string().optional(),
})

export const rolloutView = z.object({
  endpoint: objectName,
  number: z.number().int(),
  spec: rolloutSpec,
  state: z.enum(rolloutStates),
  /** Step under way, from 0. */
  step: z.number().int(),
  stepSince: timestampMs,
  startedAt: timestampMs,
  startedBy: z.string(),
  endedAt: timestampMs.nullable(),
  baseline: rolloutArm,
  candidate: rolloutArm,
  /** Requests of the candidate in this step. */
  samples: z.number().int(),
  checks: z.array(rolloutCheck),
  decisions: z.array(rolloutDecision),
})
export type RolloutView = z.output<typeof rolloutView>

const rolloutParams = nameParams.extend({ number: z.coerce.number().int().min(1) })

export const rolloutsApi = {
  start: endpoint({
    method: 'POST',
    path: '/api/v1/endpoints/:name/rollouts',
    summary: 'Roll a candidate out in steps',
    action: 'edit',
    params: nameParams,
    body: rolloutSpec.extend({ reason: z.string().max(2000).default('') }),
    response: rolloutView,
    status: 201,
  }),
  list: endpoint({
    method: 'GET',
    path: '/api/v1/endpoints/:name/rollouts',
    summary: 'Rollouts of an endpoint, newest first',
    action: 'view',
    params: nameParams,
    query: pageQuery,
    response: page(rolloutView),
  }),
  get: endpoint({
    method: 'GET',
    path: '/api/v1/endpoints/:name/rollouts/:number',
    summary: 'A rollout with its checks and decisions',
    action: 'view',
    params: rolloutParams,
    response: rolloutView,
  }),
  act: endpoint({
    method: 'POST',
    path: '/api/v1/endpoints/:name/rollouts/:number/actions',
    summary: 'Pause, resume, skip a step, promote or roll back',
    action: 'edit',
    params: rolloutParams,
    body: z.strictObject({
      action: z.enum(['pause', 'resume', 'skip', 'promote', 'rollback']),
      reason: z.string().max(2000).default(''),
    }),
    response: rolloutView,
  }),
} as const
export type RolloutAction = 'pause' | 'resume' | 'skip' | 'promote' | 'rollback'
