import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { json, jsonObject, nameParams, objectName, page, pageQuery, timestampMs } from './shared.ts'

export const expectationSeverities = ['critical', 'warning', 'info'] as const

/** One expectation, as Great Expectations writes it: a type, its arguments, how much a failure matters. */
export const expectationConfig = z.strictObject({
  type: z.string().min(1).max(200),
  kwargs: jsonObject,
  severity: z.enum(expectationSeverities).default('critical'),
  meta: jsonObject.default({}),
})
export type ExpectationConfig = z.output<typeof expectationConfig>

const expectations = z.array(expectationConfig).min(1).max(1000)
/** Names of suites, as other tools choose them. */
export const suiteName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._ -]{0,127}$/,
    'use 1 to 128 letters, digits, spaces, ".", "_" or "-", starting with a letter or digit',
  )

export const expectationSuite = z.object({
  name: suiteName,
  dataset: objectName,
  expectations: z.array(expectationConfig),
  meta: jsonObject,
  updatedAt: timestampMs,
  updatedBy: z.string(),
})
export type ExpectationSuite = z.output<typeof expectationSuite>

/** What one expectation found, in the shape of a result of Great Expectations. */
export const expectationOutcome = z.object({
  success: z.boolean(),
  expectation_config: expectationConfig,
  result: z.record(z.string(), json),
  exception_info: z.object({
    raised_exception: z.boolean(),
    exception_message: z.string().nullable(),
  }),
})
export type ExpectationOutcome = z.output<typeof expectationOutcome>

export const validationStatistics = z.object({
  evaluated_expectations: z.number().int(),
  successful_expectations: z.number().int(),
  unsuccessful_expectations: z.number().int(),
  /** Null where nothing was evaluated. */
  success_percent: z.number().nullable(),
})

/** A validation without its outcomes, as lists show it. */
export const validationSummary = z.object({
  id: z.string(),
  dataset: objectName,
  /** The version that was validated; null for rows that a contract kept from becoming one. */
  version: z.number().int().nullable(),
  suite: z.string(),
  /** Whether no critical expectation failed. */
  success: z.boolean(),
  statistics: validationStatistics,
  rowCount: z.number().int(),
  /** Rows that broke a row by row expectation. */
  failedRows: z.number().int(),
  createdAt: timestampMs,
  createdBy: z.string(),
})
export type ValidationSummary = z.output<typeof validationSummary>
export const validation = validationSummary.extend({ results: z.array(expectationOutcome) })
export type Validation = z.output<typeof validation>

/** What a broken contract does to a new version: keep it from being made, or only say so. */
export const contractActions = ['block', 'warn'] as const
export const datasetContract = z.strictObject({
  suite: suiteName,
  onFailure: z.enum(contractActions).default('block'),
})
export type DatasetContract = z.output<typeof datasetContract>

const versionParams = z.strictObject({ name: objectName, version: z.coerce.number().int().min(1) })
const suiteParams = z.strictObject({ name: objectName, suite: suiteName })
const validationParams = z.strictObject({ name: objectName, id: z.string().min(1).max(128) })

export const dataQualityApi = {
  expectations: endpoint({
    method: 'GET',
    path: '/api/v1/expectations',
    summary:
      'List the expectations that suites may hold, and those that are declined with the reason',
    action: 'view',
    response: z.object({
      supported: z.array(z.string()),
      declined: z.record(z.string(), z.string()),
    }),
  }),
  suites: endpoint({
    method: 'GET',
    path: '/api/v1/datasets/:name/suites',
    summary: 'List expectation suites of a dataset',
    action: 'view',
    params: nameParams,
    query: pageQuery,
    response: page(expectationSuite),
  }),
  suite: endpoint({
    method: 'GET',
    path: '/api/v1/datasets/:name/suites/:suite',
    summary: 'Get an expectation suite',
    action: 'view',
    params: suiteParams,
    response: expectationSuite,
  }),
  putSuite: endpoint({
    method: 'PUT',
    path: '/api/v1/datasets/:name/suites/:suite',
    summary: 'Create or replace an expectation suite',
    action: 'edit',
    params: suiteParams,
    body: z.strictObject({ expectations, meta: jsonObject.default({}) }),
    response: expectationSuite,
  }),
  deleteSuite: endpoint({
    method: 'DELETE',
    path: '/api/v1/datasets/:name/suites/:suite',
    summary: 'Delete an expectation suite',
    action: 'edit',
    params: suiteParams,
    response: z.object({ deleted: suiteName }),
  }),
  inferSuite: endpoint({
    method: 'POST',
    path: '/api/v1/datasets/:name/versions/:version/inferred-suite',
    summary: 'Expectations that a version meets, as a start for a suite; nothing is saved',
    action: 'view',
    params: versionParams,
    body: z.strictObject({
      /** Columns that are absent in this environment, such as the label while serving. */
      absent: z.array(z.string().min(1)).max(1000).default([]),
    }),
    response: z.object({ expectations: z.array(expectationConfig) }),
  }),
  contract: endpoint({
    method: 'PUT',
    path: '/api/v1/datasets/:name/contract',
    summary: 'Set or remove the suite that every new version must meet',
    action: 'edit',
    params: nameParams,
    body: z.strictObject({ contract: datasetContract.nullable() }),
    response: z.object({ contract: datasetContract.nullable() }),
  }),
  getContract: endpoint({
    method: 'GET',
    path: '/api/v1/datasets/:name/contract',
    summary: 'Get the suite that every new version must meet',
    action: 'view',
    params: nameParams,
    response: z.object({ contract: datasetContract.nullable() }),
  }),
  validate: endpoint({
    method: 'POST',
    path: '/api/v1/datasets/:name/versions/:version/validations',
    summary: 'Validate a version by a saved suite or by expectations of the request',
    action: 'edit',
    params: versionParams,
    body: z.strictObject({
      suite: suiteName.optional(),
      expectations: expectations.optional(),
    }),
    response: validation,
    status: 201,
  }),
  validations: endpoint({
    method: 'GET',
    path: '/api/v1/datasets/:name/validations',
    summary: 'List validations of a dataset, newest first',
    action: 'view',
    params: nameParams,
    query: pageQuery,
    response: page(validationSummary),
  }),
  validation: endpoint({
    method: 'GET',
    path: '/api/v1/datasets/:name/validations/:id',
    summary: 'Get a validation with the outcome of every expectation',
    action: 'view',
    params: validationParams,
    response: validation,
  }),
  failedRows: endpoint({
    method: 'GET',
    path: '/api/v1/datasets/:name/validations/:id/rows',
    summary: 'Rows that broke an expectation, in stored order',
    action: 'view',
    params: validationParams,
    query: z.strictObject({
      limit: z.coerce.number().int().min(1).max(1000).default(100),
      after: z.coerce.number().int().min(0).default(0),
    }),
    response: z.object({
      columns: z.array(z.string()),
      rows: z.array(z.array(json)),
      next: z.number().int().nullable(),
    }),
  }),
} as const
