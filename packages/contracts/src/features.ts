import { z } from 'zod'
import { datasetVersion } from './data.ts'
import { endpoint } from './endpoint.ts'
import {
  entityDeclaration,
  featureReference,
  featureServiceDeclaration,
  featureViewDeclaration,
  joinKey,
} from './features-spec.ts'
import {
  digest,
  idParams,
  json,
  nameParams,
  objectName,
  page,
  pageQuery,
  timestampMs,
} from './shared.ts'

/** What every definition of a feature says of itself. */
export const recordedDefinition = {
  project: z.string().nullable(),
  /** Counts up with each change of the definition; old ones stay readable. */
  version: z.number().int(),
  /** Of the definition. */
  digest,
  createdAt: timestampMs,
  createdBy: z.string(),
}

export const entityView = z.object({ ...recordedDefinition, definition: entityDeclaration })
export type EntityView = z.output<typeof entityView>

export const featureServiceView = z.object({
  ...recordedDefinition,
  definition: featureServiceDeclaration,
})
export type FeatureServiceView = z.output<typeof featureServiceView>

/** What of a view stands in the online store. */
export const onlineState = z.object({
  /** The newest version of the dataset that has been brought in whole; null before the first time. */
  datasetVersion: z.number().int().nullable(),
  /** Event times before this have been brought in. */
  materializedTo: timestampMs.nullable(),
  /** Newest event time that is there. */
  newestEvent: timestampMs.nullable(),
  /** When rows were written last. */
  writtenAt: timestampMs.nullable(),
})
export type OnlineState = z.output<typeof onlineState>

export const featureView = z.object({
  ...recordedDefinition,
  definition: featureViewDeclaration,
  /** Of all its entities, in their order. */
  joinKeys: z.array(joinKey),
  online: onlineState,
})
export type FeatureView = z.output<typeof featureView>

export const materializationStates = ['queued', 'running', 'succeeded', 'failed'] as const
export const materialization = z.object({
  id: z.string(),
  view: objectName,
  viewVersion: z.number().int(),
  state: z.enum(materializationStates),
  /** `incremental`: what came since the last time, late rows too; `window`: all rows of a window of event time. */
  kind: z.enum(['incremental', 'window']),
  from: timestampMs.nullable(),
  to: timestampMs,
  dataset: objectName,
  datasetVersion: z.number().int(),
  /** Entities whose newest row has been offered so far. */
  rows: z.number().int(),
  /** Of them, those that were newer than what stood there. */
  written: z.number().int(),
  error: z.string().nullable(),
  createdAt: timestampMs,
  createdBy: z.string(),
  endedAt: timestampMs.nullable(),
})
export type Materialization = z.output<typeof materialization>

/** Features by name, or a feature service. */
const selection = {
  features: z.array(featureReference).min(1).max(5000).optional(),
  service: objectName.optional(),
}
const oneOf = [
  ({ features, service }: { features?: unknown; service?: unknown }): boolean =>
    (features === undefined) !== (service === undefined),
  { message: 'give either features or service' },
] as const

const joinOptions = {
  ...selection,
  /** The column of the rows that says for which time features are wanted. */
  eventTime: z.string().min(1).max(250),
  /** `available`: only rows that were known by then, by the `created` column of their view. */
  asOf: z.enum(['event', 'available']).default('event'),
  /** Columns are named `view__feature`. */
  fullNames: z.boolean().default(false),
  /** The dataset whose new version the joined rows become; made where there is none of the name. */
  into: objectName,
}
export const featureJoinBody = z
  .strictObject({
    ...joinOptions,
    rows: z.strictObject({ dataset: objectName, version: z.number().int().min(1).optional() }),
  })
  .refine(...oneOf)

const uploadedJoinQuery = z
  .strictObject({
    ...joinOptions,
    format: z.enum(['csv', 'parquet']),
    features: z
      .union([featureReference, z.array(featureReference).min(1).max(5000)])
      .transform((given) => [given].flat())
      .optional(),
    fullNames: z
      .enum(['true', 'false'])
      .default('false')
      .transform((text) => text === 'true'),
  })
  .refine(...oneOf)

/** How the rows met one view. */
export const joinedView = z.object({
  view: z.string(),
  version: z.number().int(),
  datasetVersion: z.number().int(),
  /** Rows that found values. */
  matched: z.number().int(),
  /** Rows whose newest values are older than the view's `ttl`. */
  expired: z.number().int(),
  /** Rows for which there is nothing at their time. */
  unmatched: z.number().int(),
  /** Matched rows whose values became known only after their time: what a model would learn from the future. */
  knownLater: z.number().int().nullable(),
})
export type JoinedView = z.output<typeof joinedView>
export const featureJoin = z.object({ version: datasetVersion, views: z.array(joinedView) })
export type FeatureJoin = z.output<typeof featureJoin>

export const featureStatuses = ['PRESENT', 'NULL_VALUE', 'NOT_FOUND', 'OUTSIDE_MAX_AGE'] as const
export type FeatureStatus = (typeof featureStatuses)[number]

const row = z.record(z.string().min(1).max(250), json)
export const pushTargets = ['online', 'offline', 'online_and_offline'] as const
export const pushBody = z.strictObject({
  /** Join keys, event time, features and whatever else the dataset has, by column. */
  rows: z.array(row).min(1).max(10_000),
  to: z.enum(pushTargets).default('online'),
})
export const pushAnswer = z.object({
  rows: z.number().int(),
  /** Rows that are newer than what stood there. */
  written: z.number().int(),
  /** The version of the dataset with the rows, where they went there too. */
  datasetVersion: z.number().int().nullable(),
})
export type PushAnswer = z.output<typeof pushAnswer>

/** How what stands online compares with the dataset that it was brought in from, entity by entity. */
export const featureConsistency = z.object({
  view: objectName,
  datasetVersion: z.number().int().nullable(),
  materializedTo: timestampMs.nullable(),
  checked: z.number().int(),
  equal: z.number().int(),
  /** Entities that are not online. */
  missing: z.number().int(),
  /** Entities whose row online is older than that of the dataset. */
  older: z.number().int(),
  /** Entities whose row online is newer, as pushes make it. */
  newer: z.number().int(),
  /** Entities with a row of the same time and other values. */
  different: z.number().int(),
  features: z.array(z.object({ name: z.string(), different: z.number().int() })),
})
export type FeatureConsistency = z.output<typeof featureConsistency>

const versionQuery = z.strictObject({
  version: z.coerce.number().int().min(1).max(1e9).optional(),
})

export const featuresApi = {
  entities: endpoint({
    method: 'GET',
    path: '/api/v1/entities',
    summary: 'List entities',
    action: 'view',
    query: pageQuery,
    response: page(entityView),
  }),
  putEntity: endpoint({
    method: 'POST',
    path: '/api/v1/entities',
    summary: 'Define an entity; defined as it stands, nothing changes',
    action: 'edit',
    body: entityDeclaration,
    response: entityView,
    status: 201,
  }),
  entity: endpoint({
    method: 'GET',
    path: '/api/v1/entities/:name',
    summary: 'Get an entity',
    action: 'view',
    params: nameParams,
    response: entityView,
  }),
  removeEntity: endpoint({
    method: 'DELETE',
    path: '/api/v1/entities/:name',
    summary: 'Remove an entity that no feature view has',
    action: 'edit',
    params: nameParams,
    response: z.object({}),
  }),
  views: endpoint({
    method: 'GET',
    path: '/api/v1/feature-views',
    summary: 'List feature views',
    action: 'view',
    query: pageQuery,
    response: page(featureView),
  }),
  putView: endpoint({
    method: 'POST',
    path: '/api/v1/feature-views',
    summary: 'Define a feature view; a change makes a new version of it',
    action: 'edit',
    body: featureViewDeclaration,
    response: featureView,
    status: 201,
  }),
  view: endpoint({
    method: 'GET',
    path: '/api/v1/feature-views/:name',
    summary: 'Get a feature view, its newest version unless told',
    action: 'view',
    params: nameParams,
    query: versionQuery,
    response: featureView,
  }),
  viewVersions: endpoint({
    method: 'GET',
    path: '/api/v1/feature-views/:name/versions',
    summary: 'Versions of the definition of a feature view, newest first',
    action: 'view',
    params: nameParams,
    query: pageQuery,
    response: page(featureView),
  }),
  removeView: endpoint({
    method: 'DELETE',
    path: '/api/v1/feature-views/:name',
    summary: 'Remove a feature view with what stands of it in the online store',
    action: 'edit',
    params: nameParams,
    response: z.object({}),
  }),
  services: endpoint({
    method: 'GET',
    path: '/api/v1/feature-services',
    summary: 'List feature services',
    action: 'view',
    query: pageQuery,
    response: page(featureServiceView),
  }),
  putService: endpoint({
    method: 'POST',
    path: '/api/v1/feature-services',
    summary: 'Define a feature service; a change makes a new version of it',
    action: 'edit',
    body: featureServiceDeclaration,
    response: featureServiceView,
    status: 201,
  }),
  service: endpoint({
    method: 'GET',
    path: '/api/v1/feature-services/:name',
    summary: 'Get a feature service',
    action: 'view',
    params: nameParams,
    response: featureServiceView,
  }),
  removeService: endpoint({
    method: 'DELETE',
    path: '/api/v1/feature-services/:name',
    summary: 'Remove a feature service',
    action: 'edit',
    params: nameParams,
    response: z.object({}),
  }),
  materialize: endpoint({
    method: 'POST',
    path: '/api/v1/feature-views/:name/materializations',
    summary:
      'Bring rows of the dataset into the online store; without a window what came since the last time',
    action: 'edit',
    params: nameParams,
    body: z.strictObject({
      /** First event time; given, all rows of the window are brought in again. */
      from: timestampMs.optional(),
      /** First event time that no longer is; now unless told. */
      to: timestampMs.optional(),
    }),
    response: materialization,
    status: 202,
  }),
  materializations: endpoint({
    method: 'GET',
    path: '/api/v1/feature-views/:name/materializations',
    summary: 'What was brought into the online store, newest first',
    action: 'view',
    params: nameParams,
    query: pageQuery,
    response: page(materialization),
  }),
  materialization: endpoint({
    method: 'GET',
    path: '/api/v1/materializations/:id',
    summary: 'Get a materialization',
    action: 'view',
    params: idParams,
    response: materialization,
  }),
  push: endpoint({
    method: 'POST',
    path: '/api/v1/feature-views/:name/rows',
    summary: 'Write rows to the online store, to the dataset, or to both',
    action: 'edit',
    params: nameParams,
    body: pushBody,
    response: pushAnswer,
  }),
  join: endpoint({
    method: 'POST',
    path: '/api/v1/feature-joins',
    summary: 'Give each row of a dataset the features that were true at its time, as a new version',
    action: 'edit',
    body: featureJoinBody,
    response: featureJoin,
    status: 201,
  }),
  consistency: endpoint({
    method: 'GET',
    path: '/api/v1/feature-views/:name/consistency',
    summary: 'Compare what stands online with the dataset, for a sample of entities',
    action: 'view',
    params: nameParams,
    query: z.strictObject({ sample: z.coerce.number().int().min(1).max(100_000).default(1000) }),
    response: featureConsistency,
  }),
  /** The body is the file itself. */
  joinUpload: endpoint({
    method: 'POST',
    path: '/api/v1/feature-joins/upload',
    summary:
      'Give each row of an uploaded CSV or Parquet file the features that were true at its time',
    action: 'edit',
    query: uploadedJoinQuery,
    transport: 'stream',
    response: featureJoin,
    status: 201,
  }),
} as const
