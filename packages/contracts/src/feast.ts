import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { featureStatuses } from './features.ts'
import { json } from './shared.ts'

const columns = z.record(z.string().min(1).max(250), z.array(json))
const time = z.union([z.string().max(64), z.null()])

/** A request of `get-online-features`; unknown fields are tolerated, as stock servers do. */
export const onlineFeaturesBody = z.object({
  /** Values of join keys, column by column. */
  entities: columns,
  features: z.array(z.string().max(400)).max(5000).nullish(),
  feature_service: z.string().max(250).nullish(),
  full_feature_names: z.boolean().nullish(),
})
/** `results[i]` is the column of `metadata.feature_names[i]`: one entry for each row of the request. */
export const onlineFeatures = z.object({
  metadata: z.object({ feature_names: z.array(z.string()) }),
  results: z.array(
    z.object({
      values: z.array(json),
      statuses: z.array(z.enum(featureStatuses)),
      event_timestamps: z.array(z.string()),
    }),
  ),
})
export type OnlineFeatures = z.output<typeof onlineFeatures>

const post = { method: 'POST', action: 'edit' } as const
const background = z.object({ async: z.string().optional(), force: z.string().optional() })
const materialized = z.union([
  z.null(),
  z.object({ status: z.literal('accepted'), feature_views: z.array(z.string()) }),
])

/**
 * The HTTP surface of Feast's feature server.
 * https://docs.feast.dev/reference/feature-servers/python-feature-server
 */
export const feastApi = {
  getOnlineFeatures: endpoint({
    method: 'POST',
    path: '/get-online-features',
    summary: 'Newest values of features for entities',
    action: 'predict',
    body: onlineFeaturesBody,
    response: onlineFeatures,
  }),
  push: endpoint({
    ...post,
    path: '/push',
    summary: 'Push rows of a feature view',
    body: z.object({
      push_source_name: z.string().max(250),
      df: columns,
      to: z.enum(['online', 'offline', 'online_and_offline']).default('online'),
    }),
    response: z.null(),
  }),
  writeToOnlineStore: endpoint({
    ...post,
    path: '/write-to-online-store',
    summary: 'Write rows of a feature view to the online store',
    body: z.object({ feature_view_name: z.string().max(250), df: columns }),
    response: z.null(),
  }),
  materialize: endpoint({
    ...post,
    path: '/materialize',
    summary: 'Bring a window of event time into the online store',
    query: background,
    body: z.object({
      start_ts: time.optional(),
      end_ts: time.optional(),
      feature_views: z.array(z.string().max(250)).max(1000).nullish(),
    }),
    response: materialized,
  }),
  materializeIncremental: endpoint({
    ...post,
    path: '/materialize-incremental',
    summary: 'Bring what came since the last time into the online store',
    query: background,
    body: z.object({
      end_ts: time.optional(),
      feature_views: z.array(z.string().max(250)).max(1000).nullish(),
    }),
    response: materialized,
  }),
} as const
