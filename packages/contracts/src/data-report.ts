import { z } from 'zod'
import { column, columnProfile, columnTypes } from './data.ts'
import { endpoint } from './endpoint.ts'
import { json, nameParams, objectName } from './shared.ts'

/** How strongly two columns go together, from 0 to 1, and by what it was measured. */
export const associationMethods = ['spearman', 'cramers-v', 'correlation-ratio'] as const
export const association = z.object({
  a: z.string(),
  b: z.string(),
  method: z.enum(associationMethods),
  /** Between 0 and 1; Spearman's keeps its sign. Null where a column is constant or rows are missing. */
  value: z.number().nullable(),
})
export type Association = z.output<typeof association>

export const personalDataKinds = [
  'email',
  'phone',
  'credit-card',
  'iban',
  'ip-address',
  'us-social-security-number',
] as const
export const personalData = z.object({
  column: z.string(),
  kind: z.enum(personalDataKinds),
  /** Share of the looked-at distinct values that have the form (and pass the checksum, where there is one). */
  share: z.number(),
  values: z.number().int(),
  /** Masked. */
  examples: z.array(z.string()),
})
export type PersonalData = z.output<typeof personalData>

export const reportAlert = z.object({
  kind: z.string(),
  severity: z.enum(['critical', 'warning', 'info']),
  columns: z.array(z.string()),
  message: z.string(),
})
export type ReportAlert = z.output<typeof reportAlert>

export const dataReport = z.object({
  dataset: objectName,
  version: z.number().int(),
  rowCount: z.number().int(),
  target: z.string().nullable(),
  columns: z.array(columnProfile),
  /** Rows that equal an earlier row in every column. */
  duplicateRows: z.number().int(),
  /** Which columns are missing together, most frequent first; no column is the complete row. */
  missingPatterns: z.array(z.object({ columns: z.array(z.string()), rows: z.number().int() })),
  /** Pearson's coefficient of each pair of numeric columns. */
  pearson: z.array(z.object({ a: z.string(), b: z.string(), value: z.number().nullable() })),
  associations: z.array(association),
  /** Values outside Tukey's fences, 1.5 interquartile ranges beyond the quartiles. */
  outliers: z.array(
    z.object({
      column: z.string(),
      lower: z.number(),
      upper: z.number(),
      below: z.number().int(),
      above: z.number().int(),
    }),
  ),
  personalData: z.array(personalData),
  /** Forms of the texts of a column, as `A-9` of `AB-1234`, the most frequent first, on the sampled rows. */
  textForms: z.array(
    z.object({
      column: z.string(),
      /** Rows with a value, and forms in all. */
      rows: z.number().int(),
      distinct: z.number().int(),
      forms: z.array(z.object({ form: z.string(), rows: z.number().int() })),
    }),
  ),
  alerts: z.array(reportAlert),
  /** Rows that correlations and associations were measured on, every k-th of all. */
  sampledRows: z.number().int(),
  /** Columns left out of associations because there are too many. */
  unrelatedColumns: z.array(z.string()),
})
export type DataReport = z.output<typeof dataReport>

const columnChange = z.object({
  column: z.string(),
  missing: z.object({ before: z.number().nullable(), after: z.number().nullable() }),
  mean: z.object({ before: z.number().nullable(), after: z.number().nullable() }),
  distinct: z.object({ before: z.number(), after: z.number() }),
  /** The comparison of the two distributions, or why there is none. */
  drift: z.union([
    z.object({
      test: z.string(),
      statistic: z.number(),
      pValue: z.number().nullable(),
      threshold: z.number(),
      drifted: z.boolean(),
      rows: z.object({ before: z.number(), after: z.number() }),
    }),
    z.object({ reason: z.string() }),
  ]),
})

/** Two versions of a dataset side by side. */
export const versionComparison = z.object({
  dataset: objectName,
  before: z.number().int(),
  after: z.number().int(),
  rows: z.object({
    before: z.number().int(),
    after: z.number().int(),
    /** Rows of one version that the other does not hold as often, in the columns that both have. */
    removed: z.number().int(),
    added: z.number().int(),
    /** Rows of one key whose other values differ; null where no key was given. */
    changed: z.number().int().nullable(),
    examples: z.object({
      columns: z.array(z.string()),
      removed: z.array(z.array(json)),
      added: z.array(z.array(json)),
    }),
  }),
  schema: z.object({
    added: z.array(column),
    removed: z.array(column),
    changed: z.array(
      z.object({
        column: z.string(),
        before: z.enum(columnTypes),
        after: z.enum(columnTypes),
      }),
    ),
  }),
  columns: z.array(columnChange),
})
export type VersionComparison = z.output<typeof versionComparison>

const versionParams = z.strictObject({ name: objectName, version: z.coerce.number().int().min(1) })
const reportQuery = z.strictObject({
  /** The column to be predicted: the report relates every other column to it. */
  target: z.string().min(1).max(1000).optional(),
})

export const dataReportApi = {
  report: endpoint({
    method: 'GET',
    path: '/api/v1/datasets/:name/versions/:version/report',
    summary: 'Report on a version: missing values, associations, outliers, personal data, alerts',
    action: 'view',
    params: versionParams,
    query: reportQuery,
    response: dataReport,
  }),
  reportPage: endpoint({
    method: 'GET',
    path: '/api/v1/datasets/:name/versions/:version/report.html',
    summary: 'The report on a version as one HTML file',
    action: 'view',
    params: versionParams,
    query: reportQuery,
    transport: 'stream',
    response: z.string(),
  }),
  compare: endpoint({
    method: 'GET',
    path: '/api/v1/datasets/:name/comparison',
    summary: 'Two versions side by side: schema, rows, and the distribution of each column',
    action: 'view',
    params: nameParams,
    query: z.strictObject({
      before: z.coerce.number().int().min(1),
      after: z.coerce.number().int().min(1),
      /** Columns that identify a row, separated by commas. */
      key: z.string().min(1).max(2000).optional(),
    }),
    response: versionComparison,
  }),
} as const
