import type {
  DatasetContract,
  ExpectationSuite,
  Validation,
  ValidationSummary,
} from '@kaizen/contracts'
import { type Reader, type Tx, tables } from '../storage/index.ts'

interface QualityTables {
  dataset_suite: {
    dataset: string
    name: string
    content: string
  }
  dataset_contract: { dataset: string; content: string }
  dataset_validation: {
    id: string
    dataset: string
    /** The validation without its outcomes, as JSON. */
    summary: string
    results: string
    rows_digest: string | null
  }
}

/** A validation with the Parquet blob of the rows that failed. */
export interface ValidationRecord extends Validation {
  readonly rowsDigest: string | null
}

export async function upsertSuite(tx: Tx, suite: ExpectationSuite): Promise<void> {
  const content = JSON.stringify(suite)
  await tables<QualityTables>(tx)
    .insertInto('dataset_suite')
    .values({ dataset: suite.dataset, name: suite.name, content })
    .onConflict((conflict) => conflict.columns(['dataset', 'name']).doUpdateSet({ content }))
    .execute()
}

export async function findSuite(
  reader: Reader,
  dataset: string,
  name: string,
): Promise<ExpectationSuite | undefined> {
  const row = await tables<QualityTables>(reader)
    .selectFrom('dataset_suite')
    .select('content')
    .where('dataset', '=', dataset)
    .where('name', '=', name)
    .executeTakeFirst()
  return row && suiteOf(row)
}

/** Suites of a dataset by name, after `after`. */
export async function listSuites(
  reader: Reader,
  dataset: string,
  page: { readonly after: string; readonly limit: number },
): Promise<readonly ExpectationSuite[]> {
  const rows = await tables<QualityTables>(reader)
    .selectFrom('dataset_suite')
    .select('content')
    .where('dataset', '=', dataset)
    .where('name', '>', page.after)
    .orderBy('name')
    .limit(page.limit)
    .execute()
  return rows.map(suiteOf)
}

/** Suites of releases before environments have none. */
function suiteOf({ content }: { readonly content: string }): ExpectationSuite {
  const suite = JSON.parse(content) as ExpectationSuite
  return { ...suite, environments: suite.environments ?? {} }
}

function summaryOf({ summary: content }: { readonly summary: string }): ValidationSummary {
  const summary = JSON.parse(content) as ValidationSummary
  return { ...summary, environment: summary.environment ?? null }
}

export async function deleteSuite(tx: Tx, dataset: string, name: string): Promise<void> {
  await tables<QualityTables>(tx)
    .deleteFrom('dataset_suite')
    .where('dataset', '=', dataset)
    .where('name', '=', name)
    .execute()
}

export async function saveContract(
  tx: Tx,
  dataset: string,
  contract: DatasetContract | null,
): Promise<void> {
  const db = tables<QualityTables>(tx)
  if (contract === null) {
    await db.deleteFrom('dataset_contract').where('dataset', '=', dataset).execute()
    return
  }
  const content = JSON.stringify(contract)
  await db
    .insertInto('dataset_contract')
    .values({ dataset, content })
    .onConflict((conflict) => conflict.column('dataset').doUpdateSet({ content }))
    .execute()
}

export async function findContract(
  reader: Reader,
  dataset: string,
): Promise<DatasetContract | null> {
  const row = await tables<QualityTables>(reader)
    .selectFrom('dataset_contract')
    .select('content')
    .where('dataset', '=', dataset)
    .executeTakeFirst()
  return row ? (JSON.parse(row.content) as DatasetContract) : null
}

export async function insertValidation(tx: Tx, record: ValidationRecord): Promise<void> {
  const { results, rowsDigest, ...summary } = record
  await tables<QualityTables>(tx)
    .insertInto('dataset_validation')
    .values({
      id: record.id,
      dataset: record.dataset,
      summary: JSON.stringify(summary),
      results: JSON.stringify(results),
      rows_digest: rowsDigest,
    })
    .execute()
}

export async function findValidation(
  reader: Reader,
  dataset: string,
  id: string,
): Promise<ValidationRecord | undefined> {
  const row = await tables<QualityTables>(reader)
    .selectFrom('dataset_validation')
    .selectAll()
    .where('dataset', '=', dataset)
    .where('id', '=', id)
    .executeTakeFirst()
  return (
    row && {
      ...summaryOf(row),
      results: JSON.parse(row.results) as Validation['results'],
      rowsDigest: row.rows_digest,
    }
  )
}

/** Validations of a dataset before one, newest first: identifiers rise with time. */
export async function listValidations(
  reader: Reader,
  dataset: string,
  page: { readonly before: string | undefined; readonly limit: number },
): Promise<readonly ValidationSummary[]> {
  const rows = await tables<QualityTables>(reader)
    .selectFrom('dataset_validation')
    .select('summary')
    .where('dataset', '=', dataset)
    .$if(page.before !== undefined, (query) => query.where('id', '<', page.before as string))
    .orderBy('id', 'desc')
    .limit(page.limit)
    .execute()
  return rows.map(summaryOf)
}
