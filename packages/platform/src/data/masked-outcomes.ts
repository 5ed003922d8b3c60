import type { ExpectationOutcome } from '@kaizen/contracts'
import type { Lake } from '../storage/index.ts'
import type { Schema } from './model.ts'
import { searchPersonalData } from './report/describe-rows.ts'
import { mask } from './report/personal-data.ts'

type Json = ExpectationOutcome['result'][string]

/** Fields of a result that hold values of the columns that an expectation looked at. */
const valueFields: ReadonlySet<string> = new Set([
  'partial_unexpected_list',
  'unexpected_list',
  'partial_unexpected_counts',
  'partial_missing_list',
])
/** ... that hold values by the name of their column. */
const namedFields: ReadonlySet<string> = new Set([
  'partial_unexpected_index_list',
  'unexpected_index_list',
])
/** Figures in the unit of the column: of its values, not of how many there are. */
const ofValues = /^expect_column_(?:min|max|median|mean|sum|stdev|quantile_values)_/u

/**
 * Outcomes that name no value of a column with personal data: a result goes further than its data. Columns are searched as a
 * report does, those alone of which something would be named.
 */
export async function maskedOutcomes(
  outcomes: readonly ExpectationOutcome[],
  {
    lake,
    relation,
    schema,
  }: { readonly lake: Lake; readonly relation: string; readonly schema: Schema },
): Promise<readonly ExpectationOutcome[]> {
  const named = new Set(outcomes.flatMap((outcome) => namedColumns(outcome)))
  const searched = schema.filter(({ name }) => named.has(name))
  if (searched.length === 0) return outcomes
  const personal = new Set(
    (await searchPersonalData(lake, relation, searched)).map(({ column }) => column),
  )
  return personal.size === 0 ? outcomes : outcomes.map((outcome) => masked(outcome, personal))
}

/** Columns that the arguments of an expectation name. */
function columnsOf({ expectation_config: { kwargs } }: ExpectationOutcome): readonly string[] {
  const of = ['column', 'column_A', 'column_B', 'column_list', 'column_set']
  return of.flatMap((key) => kwargs[key] ?? []).filter((name) => typeof name === 'string')
}

/** Columns of which a result holds a value. */
function namedColumns(outcome: ExpectationOutcome): readonly string[] {
  const fields = Object.entries(outcome.result)
  const own = fields.some(([field, value]) => holdsValues(outcome, field, value))
  const named = fields.flatMap(([field, value]) => (namedFields.has(field) ? keysOf(value) : []))
  return own ? [...columnsOf(outcome), ...named] : named
}

const keysOf = (value: Json): readonly string[] =>
  Array.isArray(value)
    ? value.flatMap((one) => (one && typeof one === 'object' ? Object.keys(one) : []))
    : []

function holdsValues(
  { expectation_config }: ExpectationOutcome,
  field: string,
  value: Json,
): boolean {
  if (valueFields.has(field)) return Array.isArray(value) && value.length > 0
  if (field !== 'observed_value' || value === null) return false
  return typeof value !== 'number' || ofValues.test(expectation_config.type)
}

function masked(outcome: ExpectationOutcome, personal: ReadonlySet<string>): ExpectationOutcome {
  const isPersonal = columnsOf(outcome).some((column) => personal.has(column))
  const result = Object.fromEntries(
    Object.entries(outcome.result).map(([field, value]) => {
      if (namedFields.has(field)) return [field, maskNamed(value, personal)]
      return [field, isPersonal && holdsValues(outcome, field, value) ? hide(value) : value]
    }),
  )
  return { ...outcome, result }
}

/** Rows by the names of their columns, those alone hidden that are personal. */
const maskNamed = (value: Json, personal: ReadonlySet<string>): Json =>
  Array.isArray(value)
    ? value.map((row) =>
        row && typeof row === 'object' && !Array.isArray(row)
          ? Object.fromEntries(
              Object.entries(row as Readonly<Record<string, Json>>).map(([name, cell]) => [
                name,
                personal.has(name) ? hide(cell) : cell,
              ]),
            )
          : row,
      )
    : value

/** Every value hidden; how often one was found is none. */
function hide(value: Json): Json {
  if (typeof value === 'string' || typeof value === 'number') return mask(String(value))
  if (Array.isArray(value)) return value.map(hide)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value as Readonly<Record<string, Json>>).map(([name, each]) => [
      name,
      name === 'count' ? each : hide(each),
    ]),
  )
}
