import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { reward } from './routing.ts'
import { nameParams, timestampMs } from './shared.ts'

const answer = z.union([z.number(), z.string(), z.boolean(), z.null()])

export const replayView = z.object({
  model: z.string(),
  version: z.number().int(),
  /** Logged answers of live arms in the span, newest first, at most `limit`. */
  rows: z.number().int(),
  /** Of these, answered by the candidate. */
  answered: z.number().int(),
  /** Rows that lack an input of the candidate, for example because it is redacted. */
  incomplete: z.number().int(),
  /** Rows on which the candidate failed. */
  failed: z.number().int(),
  /** Answers that are the same within the tolerance. */
  same: z.number().int(),
  /** Of numbers; null for labels. */
  meanDifference: z.number().nullable(),
  largestDifference: z.number().nullable(),
  /** Mean rewards where ground truth is known; null without a reward or ground truth. */
  rewarded: z.number().int(),
  loggedReward: z.number().nullable(),
  candidateReward: z.number().nullable(),
  /** Where the two differ most. */
  examples: z.array(
    z.object({ inferenceId: z.string(), logged: answer, candidate: answer, actual: answer }),
  ),
})
export type ReplayView = z.output<typeof replayView>

export const replaysApi = {
  run: endpoint({
    method: 'POST',
    path: '/api/v1/endpoints/:name/replays',
    summary: 'What a candidate would have answered to logged requests',
    action: 'edit',
    params: nameParams,
    body: z.strictObject({
      model: z.string().min(1).max(600),
      from: timestampMs.optional(),
      to: timestampMs.optional(),
      limit: z.number().int().min(1).max(100_000).default(10_000),
      /** Numbers that differ by at most this are the same. */
      tolerance: z.number().min(0).default(1e-6),
      reward: reward.optional(),
    }),
    response: replayView,
  }),
} as const
