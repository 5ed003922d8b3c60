import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { logRetention } from './endpoint-settings.ts'
import { nameParams, timestampMs } from './shared.ts'

const amount = { rows: z.number().int(), sizeBytes: z.number().int() }

/** What an endpoint's prediction log holds, and takes of the disk. */
export const logView = z.object({
  ...amount,
  /** Event times from the first to after the last; null while nothing is logged. */
  span: z.object({ from: timestampMs, to: timestampMs }).nullable(),
  /** What is not Parquet yet. */
  segments: z.object({ count: z.number().int(), ...amount }),
  /** Parquet by day of event time (UTC), newest first. */
  days: z.array(z.object({ day: z.string(), files: z.number().int(), ...amount })),
  retention: logRetention.nullable(),
  /** Files that retention removed last, newest first. */
  removed: z.array(
    z.object({
      day: z.string(),
      ...amount,
      reason: z.enum(['age', 'size']),
      removedAt: timestampMs,
    }),
  ),
})
export type LogView = z.output<typeof logView>

export const predictionLogApi = {
  get: endpoint({
    method: 'GET',
    path: '/api/v1/endpoints/:name/log',
    summary: 'What the prediction log holds, by day, and what retention removed',
    action: 'view',
    params: nameParams,
    response: logView,
  }),
  compact: endpoint({
    method: 'POST',
    path: '/api/v1/endpoints/:name/log/compact',
    summary: 'Write everything logged so far as Parquet, and apply retention',
    action: 'edit',
    params: nameParams,
    response: logView,
  }),
} as const
