import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import {
  digest,
  displayName,
  json,
  jsonObject,
  nameParams,
  objectName,
  page,
  pageQuery,
  timestampMs,
} from './shared.ts'

export const columnTypes = ['boolean', 'integer', 'number', 'string', 'date', 'timestamp'] as const
export const column = z.object({
  name: z.string(),
  type: z.enum(columnTypes),
  nullable: z.boolean(),
})
export type Column = z.output<typeof column>

/** Where event time stands in a row: a date or timestamp column, with the hour of the day in a second column if it stands apart. UTC. */
export const eventTimeSpec = z.strictObject({
  column: z.string().min(1),
  hourColumn: z.string().min(1).optional(),
})
export type EventTimeSpec = z.output<typeof eventTimeSpec>

/** A rule that each row of a dataset must keep; rows that break it are kept apart and never trained on. */
export const rowRule = z.strictObject({
  column: z.string().min(1),
  min: z.number().optional(),
  max: z.number().optional(),
  notNull: z.boolean().optional(),
  oneOf: z
    .array(z.union([z.string(), z.number()]))
    .min(1)
    .optional(),
})
export type RowRule = z.output<typeof rowRule>

export const histogram = z.object({
  /** n + 1 edges of n cells. */
  edges: z.array(z.number()),
  counts: z.array(z.number()),
})
export const columnProfile = z.object({
  name: z.string(),
  type: z.enum(columnTypes),
  count: z.number(),
  missing: z.number(),
  distinct: z.number(),
  mean: z.number().nullable(),
  standardDeviation: z.number().nullable(),
  min: z.union([z.number(), z.string()]).nullable(),
  max: z.union([z.number(), z.string()]).nullable(),
  /** Quantiles at 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99 of numeric columns. */
  quantiles: z.array(z.number()).nullable(),
  histogram: histogram.nullable(),
  topValues: z.array(z.object({ value: z.string(), count: z.number() })),
})
export type ColumnProfile = z.output<typeof columnProfile>

export const dataset = z.object({
  name: objectName,
  project: z.string().nullable(),
  description: z.string(),
  eventTime: eventTimeSpec.nullable(),
  rules: z.array(rowRule),
  latestVersion: z.number().int().nullable(),
  versions: z.number().int(),
  rowCount: z.number().int(),
  createdAt: timestampMs,
  updatedAt: timestampMs,
})
export type Dataset = z.output<typeof dataset>

export const piece = z.object({ digest, rowCount: z.number().int(), sizeBytes: z.number().int() })
export const datasetVersion = z.object({
  dataset: objectName,
  version: z.number().int(),
  /** Digest over schema and pieces: equal content has an equal digest. */
  digest,
  schema: z.array(column),
  rowCount: z.number().int(),
  sizeBytes: z.number().int(),
  pieces: z.array(piece),
  /** Pieces that the version before holds too. */
  sharedPieces: z.number().int(),
  /** Rows that broke a rule and were kept apart, with the rule that each broke first. */
  quarantined: z.number().int(),
  quarantineReasons: z.array(z.object({ rule: z.string(), rows: z.number().int() })),
  minEventTime: timestampMs.nullable(),
  maxEventTime: timestampMs.nullable(),
  origin: jsonObject,
  createdAt: timestampMs,
  createdBy: z.string(),
})
export type DatasetVersion = z.output<typeof datasetVersion>

export const createDatasetBody = z.strictObject({
  name: objectName,
  description: z.string().max(10_000).default(''),
  eventTime: eventTimeSpec.nullable().default(null),
  rules: z.array(rowRule).max(1000).default([]),
})
const versionParams = z.strictObject({ name: objectName, version: z.coerce.number().int().min(1) })
/** How an uploaded body becomes a version: `create` starts a new content, `append` adds rows to the latest version. */
const uploadQuery = z.strictObject({
  format: z.enum(['csv', 'parquet']),
  mode: z.enum(['create', 'append']).default('create'),
  /** Name of the file as the user knows it; recorded as origin. */
  fileName: displayName.optional(),
  /** Only rows with event time in [from, to), in milliseconds. */
  from: z.coerce.number().int().optional(),
  to: z.coerce.number().int().optional(),
})

export const dataApi = {
  list: endpoint({
    method: 'GET',
    path: '/api/v1/datasets',
    summary: 'List datasets',
    action: 'view',
    query: pageQuery,
    response: page(dataset),
  }),
  create: endpoint({
    method: 'POST',
    path: '/api/v1/datasets',
    summary: 'Register a dataset',
    action: 'edit',
    body: createDatasetBody,
    response: dataset,
    status: 201,
  }),
  get: endpoint({
    method: 'GET',
    path: '/api/v1/datasets/:name',
    summary: 'Get a dataset',
    action: 'view',
    params: nameParams,
    response: dataset,
  }),
  versions: endpoint({
    method: 'GET',
    path: '/api/v1/datasets/:name/versions',
    summary: 'List versions, newest first',
    action: 'view',
    params: nameParams,
    query: pageQuery,
    response: page(datasetVersion),
  }),
  version: endpoint({
    method: 'GET',
    path: '/api/v1/datasets/:name/versions/:version',
    summary: 'Get a version',
    action: 'view',
    params: versionParams,
    response: datasetVersion,
  }),
  profile: endpoint({
    method: 'GET',
    path: '/api/v1/datasets/:name/versions/:version/profile',
    summary: 'Profile of every column of a version',
    action: 'view',
    params: versionParams,
    response: z.object({ columns: z.array(columnProfile) }),
  }),
  rows: endpoint({
    method: 'GET',
    path: '/api/v1/datasets/:name/versions/:version/rows',
    summary: 'Rows of a version, in stored order',
    action: 'view',
    params: versionParams,
    query: z.strictObject({
      limit: z.coerce.number().int().min(1).max(1000).default(100),
      after: z.coerce.number().int().min(0).default(0),
      quarantined: z.enum(['true', 'false']).default('false'),
    }),
    response: z.object({
      columns: z.array(column),
      rows: z.array(z.array(json)),
      next: z.number().int().nullable(),
    }),
  }),
  /** The body is the file itself. */
  upload: endpoint({
    method: 'POST',
    path: '/api/v1/datasets/:name/versions',
    summary: 'Upload a CSV or Parquet file as a new version',
    action: 'edit',
    params: nameParams,
    query: uploadQuery,
    transport: 'stream',
    response: datasetVersion,
    status: 201,
  }),
} as const
