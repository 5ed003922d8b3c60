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

/**
 * Environments by name, each with the columns that it does not have, such as the label while serving. What is
 * validated for an environment is not asked about them.
 */
export const suiteEnvironments = z.record(
  objectName,
  z.strictObject({ absent: z.array(z.string().min(1).max(1000)).max(1000) }),
)
export type SuiteEnvironments = z.output<typeof suiteEnvironments>

/** How much a result tells, under the names of Great Expectations. */
export const resultFormatNames = ['BOOLEAN_ONLY', 'BASIC', 'SUMMARY', 'COMPLETE'] as const
export const resultFormat = z.union([
  z.enum(resultFormatNames),
  z.strictObject({
    result_format: z.enum(resultFormatNames).default('SUMMARY'),
    /** Values that the lists named `partial` hold at most. */
    partial_unexpected_count: z.number().int().min(0).max(1000).default(20),
    /** Columns by which results name rows, instead of by position. */
    unexpected_index_column_names: z.array(z.string().min(1)).max(100).default([]),
  }),
])
export type ResultFormatRequest = z.output<typeof resultFormat>
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
  environments: suiteEnvironments,
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
    /** Always null: what went wrong is in the message. */
    exception_traceback: z.null().optional(),
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
  /** The environment that was validated for; null where none was named. */
  environment: z.string().nullable(),
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

/** What a broken contract does to a new version: keep it from being made, keep pipelines from reading it, or only say so. */
export const contractActions = ['block', 'hold', 'warn'] as const
export const datasetContract = z.strictObject({
  suite: suiteName,
  /** The environment of the suite that versions are validated for. */
  environment: objectName.optional(),
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
    body: z.strictObject({
      expectations,
      environments: suiteEnvironments.default({}),
      meta: jsonObject.default({}),
    }),
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
      /** An environment of the saved suite. */
      environment: objectName.optional(),
      resultFormat: resultFormat.optional(),
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
    summary: 'Rows that broke an expectation, in stored order; personal data is masked',
    action: 'view',
    params: validationParams,
    query: z.strictObject({
      limit: z.coerce.number().int().min(1).max(1000).default(100),
      after: z.coerce.number().int().min(0).default(0),
    }),
    response: z.object({
      columns: z.array(z.string()),
      rows: z.array(z.array(json)),
      /** Columns whose values look like personal data and are masked. */
      masked: z.array(z.string()),
      next: z.number().int().nullable(),
    }),
  }),
  failedRowsFile: endpoint({
    method: 'GET',
    path: '/api/v1/datasets/:name/validations/:id/rows.csv',
    summary: 'All rows that broke an expectation, as CSV; personal data is masked',
    action: 'view',
    params: validationParams,
    transport: 'stream',
    response: z.string(),
  }),
} as const
