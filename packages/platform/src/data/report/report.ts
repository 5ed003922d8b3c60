import { type DataReport, KaizenError } from '@kaizen/contracts'
import { identifier, type Lake } from '../../storage/index.ts'
import { reservedColumns } from '../column-names.ts'
import type { ReadableVersion } from '../model.ts'
import { reportAlerts } from './alerts.ts'
import { associate } from './associations.ts'
import {
  countDuplicates,
  countOutliers,
  missingPatterns,
  searchPersonalData,
} from './describe-rows.ts'
import { mask } from './personal-data.ts'
import { textForms } from './text-forms.ts'

/** Rows that associations are measured on: fewer of them where there are many columns. */
const mostSampledRows = 100_000
const leastSampledRows = 5_000
const mostSampledValues = 10_000_000

const sampledRowsOf = (columns: number): number =>
  Math.max(leastSampledRows, Math.min(mostSampledRows, Math.floor(mostSampledValues / columns)))

const row = identifier(reservedColumns.rowIndex)

/**
 * One row of each k that follow each other, drawn by a hash of their place: the same version always gives the same report, and
 * rows that repeat in some rhythm (every k-th one of another kind) are drawn in the proportion in which they are there.
 */
export const sampleOf = (relation: string, rowCount: number, most: number): string => {
  const every = Math.ceil(rowCount / most)
  return every <= 1
    ? relation
    : `(SELECT * EXCLUDE (${row}) FROM (SELECT *, row_number() OVER () - 1 AS ${row} FROM ${relation}) WHERE ${row} % ${every} = hash(${row} // ${every}) % ${every})`
}

/** Looks at a version as a careful analyst would before trusting it. @throws INVALID_REQUEST for an unknown target */
export async function reportOn(
  lake: Lake,
  version: ReadableVersion,
  target: string | undefined,
): Promise<DataReport> {
  const { schema, profile, rowCount, relation } = version
  if (target !== undefined && !schema.some(({ name }) => name === target))
    throw new KaizenError('INVALID_REQUEST', `query.target: there is no column "${target}"`, {
      hint: `The columns are: ${schema
        .map(({ name }) => name)
        .slice(0, 50)
        .join(', ')}.`,
    })
  const most = sampledRowsOf(schema.length)
  const sampled = sampleOf(relation, rowCount, most)
  const distinct = new Map(profile.map((column) => [column.name, column.distinct]))
  const partial = new Set(profile.filter(({ missing }) => missing > 0).map(({ name }) => name))
  const { unrelatedColumns, ...associations } = await associate(lake, sampled, {
    schema,
    distinct,
    target,
  })
  const personalData = await searchPersonalData(lake, relation, schema)
  const facts = {
    dataset: version.dataset,
    version: version.version,
    rowCount,
    target: target ?? null,
    columns: hidePersonal(profile, personalData),
    duplicateRows: await countDuplicates(lake, relation, schema),
    missingPatterns: await missingPatterns(
      lake,
      relation,
      schema.filter(({ name }) => partial.has(name)),
    ),
    ...associations,
    outliers: await countOutliers(
      lake,
      relation,
      profile.filter(({ name }) => !personalData.some(({ column }) => column === name)),
    ),
    personalData,
    textForms: await textForms(lake, sampled, schema),
    sampledRows: await countRows(lake, sampled),
    unrelatedColumns: [...unrelatedColumns],
  }
  return { ...facts, alerts: reportAlerts(facts) }
}

const countRows = async (lake: Lake, relation: string): Promise<number> =>
  Number((await lake.query(`SELECT count(*) FROM ${relation}`)).columns[0]!.values[0])

/** Profiles that name no value of a column with personal data; a report goes further than its data. */
function hidePersonal(
  profile: ReadableVersion['profile'],
  personalData: DataReport['personalData'],
): DataReport['columns'] {
  const personal = new Set(personalData.map(({ column }) => column))
  const masked = (value: string | number | null) => (value === null ? null : mask(String(value)))
  return profile.map((column) =>
    personal.has(column.name)
      ? {
          ...column,
          min: masked(column.min),
          max: masked(column.max),
          mean: null,
          standardDeviation: null,
          quantiles: null,
          histogram: null,
          topValues: column.topValues.map((top) => ({ ...top, value: mask(top.value) })),
        }
      : column,
  )
}
