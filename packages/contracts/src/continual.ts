import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { policyDeclaration, rolloutStep } from './manifest.ts'
import { gateDecision } from './models.ts'
import {
  duration,
  idParams,
  jsonObject,
  nameParams,
  objectName,
  page,
  pageQuery,
  timestampMs,
} from './shared.ts'

/** The life of a candidate; the last five are ends. */
export const candidateStates = [
  'collecting',
  'training',
  'evaluating',
  'refitting',
  'rolling-out',
  'promoted',
  'rejected',
  'rolled-back',
  'failed',
  'cancelled',
] as const
export type CandidateState = (typeof candidateStates)[number]

/** One decision of the loop with the inputs, the rule and the numbers that made it. */
export const decision = z.object({
  id: z.string(),
  candidate: z.string().nullable(),
  policy: objectName,
  kind: z.enum([
    'trigger',
    'hold',
    'gate',
    'rollout',
    'promote',
    'reject',
    'rollback',
    'freeze',
    'fail',
  ]),
  at: timestampMs,
  summary: z.string(),
  data: jsonObject,
})
export type Decision = z.output<typeof decision>

export const candidate = z.object({
  id: z.string(),
  policy: objectName,
  endpoint: objectName,
  number: z.number().int(),
  state: z.enum(candidateStates),
  /** Which trigger fired, in words with numbers. */
  trigger: z.string(),
  incident: z.string().nullable(),
  trainFrom: timestampMs.nullable(),
  trainTo: timestampMs.nullable(),
  holdoutFrom: timestampMs.nullable(),
  holdoutTo: timestampMs.nullable(),
  datasetVersion: z.number().int().nullable(),
  pipelineRunId: z.string().nullable(),
  refitRunId: z.string().nullable(),
  modelVersion: z.number().int().nullable(),
  gate: gateDecision.nullable(),
  rollout: z
    .object({
      step: z.number().int(),
      of: z.number().int(),
      current: rolloutStep.nullable(),
      since: timestampMs,
    })
    .nullable(),
  createdAt: timestampMs,
  endedAt: timestampMs.nullable(),
  error: z.string().nullable(),
})
export type Candidate = z.output<typeof candidate>

export const policyView = z.object({
  name: objectName,
  project: z.string().nullable(),
  declaration: policyDeclaration,
  state: z.enum(['idle', 'busy', 'cooling-down', 'frozen', 'paused']),
  candidates: z.number().int(),
  promotions: z.number().int(),
  rejections: z.number().int(),
  rollbacks: z.number().int(),
  championVersion: z.number().int().nullable(),
  lastCandidateAt: timestampMs.nullable(),
  nextPossibleAt: timestampMs.nullable(),
})
export type PolicyView = z.output<typeof policyView>

export const loopStages = [
  'data',
  'training',
  'evaluation',
  'registry',
  'deployment',
  'serving',
  'feedback',
  'monitoring',
  'trigger',
] as const
/** One stage of the ring: what is there now, what happened last and why. */
export const loopStage = z.object({
  stage: z.enum(loopStages),
  state: z.enum(['waiting', 'ok', 'busy', 'attention', 'failed']),
  headline: z.string(),
  /** The figure shown large, with its unit. */
  value: z.number().nullable(),
  unit: z.string().nullable(),
  last: z.object({ at: timestampMs, text: z.string(), href: z.string() }).nullable(),
})
export type LoopStage = z.output<typeof loopStage>
export const loopView = z.object({
  policy: objectName,
  project: z.string().nullable(),
  endpoint: objectName,
  monitor: objectName,
  pipeline: objectName,
  dataset: objectName,
  model: z.string(),
  state: policyView.shape.state,
  stages: z.array(loopStage),
  candidate: candidate.nullable(),
  decisions: z.array(decision),
  now: timestampMs,
})
export type LoopView = z.output<typeof loopView>

export const continualApi = {
  policies: endpoint({
    method: 'GET',
    path: '/api/v1/policies',
    summary: 'List policies',
    action: 'view',
    query: pageQuery,
    response: page(policyView),
  }),
  policy: endpoint({
    method: 'GET',
    path: '/api/v1/policies/:name',
    summary: 'Get a policy',
    action: 'view',
    params: nameParams,
    response: policyView,
  }),
  /** A manual trigger; windows may be overridden, the gate may not. */
  trigger: endpoint({
    method: 'POST',
    path: '/api/v1/policies/:name/trigger',
    summary: 'Ask for a candidate now',
    action: 'edit',
    params: nameParams,
    body: z.strictObject({
      reason: z.string().min(1).max(2000),
      trainingLength: duration.optional(),
      incident: z.string().max(200).optional(),
      ignoreCooldown: z.boolean().default(false),
    }),
    response: candidate,
    status: 201,
  }),
  pause: endpoint({
    method: 'POST',
    path: '/api/v1/policies/:name/pause',
    summary: 'Pause or resume a policy',
    action: 'edit',
    params: nameParams,
    body: z.strictObject({ paused: z.boolean(), reason: z.string().max(2000).default('') }),
    response: policyView,
  }),
  rollback: endpoint({
    method: 'POST',
    path: '/api/v1/policies/:name/rollback',
    summary: 'Stop the rollout and give all traffic back to the champion',
    action: 'edit',
    params: nameParams,
    body: z.strictObject({ reason: z.string().min(1).max(2000) }),
    response: policyView,
  }),
  candidates: endpoint({
    method: 'GET',
    path: '/api/v1/candidates',
    summary: 'Candidates, newest first',
    action: 'view',
    query: pageQuery.extend({ policy: objectName.optional() }),
    response: page(candidate),
  }),
  candidate: endpoint({
    method: 'GET',
    path: '/api/v1/candidates/:id',
    summary: 'A candidate with its decisions',
    action: 'view',
    params: idParams,
    response: candidate.extend({ decisions: z.array(decision) }),
  }),
  decisions: endpoint({
    method: 'GET',
    path: '/api/v1/decisions',
    summary: 'Decisions, newest first',
    action: 'view',
    query: pageQuery.extend({ policy: objectName.optional() }),
    response: page(decision),
  }),
  loops: endpoint({
    method: 'GET',
    path: '/api/v1/loops',
    summary: 'Every loop with its stages',
    action: 'view',
    response: z.object({ loops: z.array(loopView) }),
  }),
} as const
