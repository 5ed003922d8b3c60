import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { digest, idParams, objectName, page, pageQuery, timestampMs } from './shared.ts'

export const batchFormats = ['csv', 'jsonl', 'parquet'] as const
export type BatchFormat = (typeof batchFormats)[number]
export const batchStates = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const
export type BatchState = (typeof batchStates)[number]

const columnNames = z.array(z.string().min(1).max(250)).max(10_000)

/** A file as it was stored to be scored. */
export const batchFile = z.object({
  digest,
  sizeBytes: z.number().int(),
  rowCount: z.number().int(),
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
})
export type BatchFile = z.output<typeof batchFile>

export const batchInput = z.union([
  /** A file that was uploaded to `/api/v1/batch-files`. */
  z.strictObject({ file: digest }),
  /** A version of a dataset, the latest unless told. */
  z.strictObject({ dataset: objectName, version: z.number().int().min(1).optional() }),
])

export const newBatchJob = z.strictObject({
  /** `models:/NAME/VERSION`, `models:/NAME@ALIAS`, `ensembles:/NAME`, the URL of a model of another server, or an endpoint: what it answers with now. */
  model: z.string().min(1).max(600),
  input: batchInput,
  /** Columns that make up the one matrix that a model takes, in its order; all of them unless told. */
  columns: columnNames.min(1).optional(),
  format: z.enum(batchFormats).default('parquet'),
  /** Columns of the input that stand before the answers; all of them unless told. */
  keep: columnNames.optional(),
  /** Dataset that gets the output as a new version; the format is Parquet then. */
  dataset: objectName.optional(),
  rowsPerSecond: z.number().positive().max(1e9).optional(),
})
export type NewBatchJob = z.output<typeof newBatchJob>

const storedFile = z.object({ digest, sizeBytes: z.number().int(), rowCount: z.number().int() })

export const batchJob = z.object({
  id: z.string(),
  state: z.enum(batchStates),
  /** As it was asked for, and the version that it stood for then. */
  model: z.string(),
  modelName: z.string(),
  modelVersion: z.number().int(),
  input: batchInput,
  /** As they were asked for; null where all were. */
  columns: columnNames.nullable(),
  keep: columnNames.nullable(),
  format: z.enum(batchFormats),
  dataset: objectName.nullable(),
  /** Version of the dataset that holds the output. */
  datasetVersion: z.number().int().nullable(),
  rowsPerSecond: z.number().nullable(),
  rows: z.number().int(),
  /** Rows that have an answer, and rows that were set aside; all of them when the job has succeeded. */
  scored: z.number().int(),
  failed: z.number().int(),
  output: storedFile.nullable(),
  /** Rows that were set aside, each with its reason. */
  errors: storedFile.nullable(),
  error: z.string().nullable(),
  createdAt: timestampMs,
  createdBy: z.string(),
  endedAt: timestampMs.nullable(),
})
export type BatchJob = z.output<typeof batchJob>

export const batchJobsApi = {
  /** The body is the file itself. */
  upload: endpoint({
    method: 'POST',
    path: '/api/v1/batch-files',
    summary: 'Upload a CSV, JSON Lines or Parquet file to be scored',
    action: 'edit',
    query: z.strictObject({ format: z.enum(batchFormats) }),
    transport: 'stream',
    response: batchFile,
    status: 201,
  }),
  create: endpoint({
    method: 'POST',
    path: '/api/v1/batch-jobs',
    summary: 'Score a file or a dataset version with a model',
    action: 'edit',
    body: newBatchJob,
    response: batchJob,
    status: 201,
  }),
  list: endpoint({
    method: 'GET',
    path: '/api/v1/batch-jobs',
    summary: 'List batch jobs, newest first',
    action: 'view',
    query: pageQuery,
    response: page(batchJob),
  }),
  get: endpoint({
    method: 'GET',
    path: '/api/v1/batch-jobs/:id',
    summary: 'Get a batch job and how far it is',
    action: 'view',
    params: idParams,
    response: batchJob,
  }),
  cancel: endpoint({
    method: 'POST',
    path: '/api/v1/batch-jobs/:id/cancel',
    summary: 'Cancel a batch job',
    action: 'edit',
    params: idParams,
    response: batchJob,
  }),
  output: endpoint({
    method: 'GET',
    path: '/api/v1/batch-jobs/:id/output',
    summary: 'Download the rows with their answers',
    action: 'view',
    params: idParams,
    transport: 'stream',
    response: z.unknown(),
  }),
  errors: endpoint({
    method: 'GET',
    path: '/api/v1/batch-jobs/:id/errors',
    summary: 'Download the rows that were set aside, each with its reason',
    action: 'view',
    params: idParams,
    transport: 'stream',
    response: z.unknown(),
  }),
} as const
