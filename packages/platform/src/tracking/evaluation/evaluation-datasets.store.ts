import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { type Dialect, type Reader, type Tx, tables } from '../../storage/index.ts'
import type { Clause, Order } from '../search/filter.ts'
import {
  after,
  ascending,
  compare,
  descending,
  orderBy,
  positionOf,
  type SortedRow,
  type SortTerm,
  sortColumns,
} from '../search/keyset.store.ts'
import type { Position } from '../search/page-token.ts'
import type { DatasetSchema, EvaluationDataset, EvaluationEntity } from './evaluation-datasets.ts'
import type { EvaluationTables } from './evaluation-schema.store.ts'

type DatasetRow = EvaluationTables['evaluation_dataset']

export async function insertDataset(tx: Tx, row: DatasetRow): Promise<void> {
  await tables<EvaluationTables>(tx).insertInto('evaluation_dataset').values(row).execute()
}

export async function updateDataset(
  tx: Tx,
  id: string,
  changes: Partial<Omit<DatasetRow, 'id'>>,
): Promise<void> {
  await tables<EvaluationTables>(tx)
    .updateTable('evaluation_dataset')
    .set(changes)
    .where('id', '=', id)
    .execute()
}

export async function putDatasetTags(
  tx: Tx,
  id: string,
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [key, value] of Object.entries(tags)) {
    await tables<EvaluationTables>(tx)
      .insertInto('evaluation_dataset_tag')
      .values({ dataset_id: id, key, value })
      .onConflict((conflict) => conflict.columns(['dataset_id', 'key']).doUpdateSet({ value }))
      .execute()
  }
}

export async function deleteDatasetTag(tx: Tx, id: string, key: string): Promise<void> {
  await tables<EvaluationTables>(tx)
    .deleteFrom('evaluation_dataset_tag')
    .where('dataset_id', '=', id)
    .where('key', '=', key)
    .execute()
}

export async function linkExperiments(
  tx: Tx,
  id: string,
  numbers: readonly number[],
): Promise<void> {
  if (numbers.length === 0) return
  await tables<EvaluationTables>(tx)
    .insertInto('evaluation_dataset_experiment')
    .values(numbers.map((number) => ({ dataset_id: id, experiment_number: number })))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

export async function unlinkExperiments(
  tx: Tx,
  id: string,
  numbers: readonly number[],
): Promise<void> {
  if (numbers.length === 0) return
  await tables<EvaluationTables>(tx)
    .deleteFrom('evaluation_dataset_experiment')
    .where('dataset_id', '=', id)
    .where('experiment_number', 'in', [...numbers])
    .execute()
}

/** Data sets by id, in the order of `ids`. */
export async function readDatasets(
  reader: Reader,
  ids: readonly string[],
): Promise<readonly EvaluationDataset[]> {
  if (ids.length === 0) return []
  const db = tables<EvaluationTables>(reader)
  const owned = <T extends 'evaluation_dataset_tag' | 'evaluation_dataset_experiment'>(table: T) =>
    db.selectFrom(table as 'evaluation_dataset_tag').where('dataset_id', 'in', [...ids])
  const rows = await db
    .selectFrom('evaluation_dataset')
    .selectAll()
    .where('id', 'in', [...ids])
    .execute()
  const tags = Map.groupBy(
    await owned('evaluation_dataset_tag').selectAll().orderBy('key').execute(),
    (row) => row.dataset_id,
  )
  const links = Map.groupBy(
    await db
      .selectFrom('evaluation_dataset_experiment')
      .selectAll()
      .where('dataset_id', 'in', [...ids])
      .orderBy('experiment_number')
      .execute(),
    (row) => row.dataset_id,
  )
  const counts = new Map(
    (
      await db
        .selectFrom('evaluation_record')
        .select(['dataset_id', ({ fn }) => fn.countAll<number>().as('count')])
        .where('dataset_id', 'in', [...ids])
        .groupBy('dataset_id')
        .execute()
    ).map((row) => [row.dataset_id, Number(row.count)]),
  )
  const found = new Map(rows.map((row) => [row.id, row]))
  return ids.flatMap((id) => {
    const row = found.get(id)
    if (!row) return []
    return [
      {
        ...toDataset(row),
        tags: Object.fromEntries((tags.get(id) ?? []).map(({ key, value }) => [key, value])),
        experimentIds: (links.get(id) ?? []).map((link) => String(link.experiment_number)),
        records: counts.get(id) ?? 0,
      },
    ]
  })
}

const toDataset = (
  row: DatasetRow,
): Omit<EvaluationDataset, 'tags' | 'experimentIds' | 'records'> => ({
  datasetId: row.id,
  name: row.name,
  digest: row.digest,
  schema: row.schema === '' ? undefined : (JSON.parse(row.schema) as DatasetSchema),
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  createdBy: row.created_by,
  updatedBy: row.updated_by,
})

export async function deleteDataset(tx: Tx, id: string): Promise<void> {
  for (const table of [
    'evaluation_record',
    'evaluation_dataset_tag',
    'evaluation_dataset_experiment',
  ] as const)
    await tables<EvaluationTables>(tx).deleteFrom(table).where('dataset_id', '=', id).execute()
  await tables<EvaluationTables>(tx).deleteFrom('evaluation_dataset').where('id', '=', id).execute()
}

export interface DatasetQuery {
  /** Of any experiment when none is named. */
  readonly experimentNumbers: readonly number[]
  readonly clauses: readonly Clause<EvaluationEntity>[]
  readonly order: readonly Order<EvaluationEntity>[]
  readonly after?: Position | undefined
  readonly limit: number
  readonly workspace: string
}

/** Ids of the data sets of one page, with the position of each. */
export async function searchDatasets(
  reader: Reader,
  dialect: Dialect,
  query: DatasetQuery,
): Promise<readonly { readonly id: string; readonly position: Position }[]> {
  const terms: readonly SortTerm[] = [
    ...query.order.map(
      ({ key, type, descending: down }): SortTerm => ({
        type: type === 'number' ? 'integer' : 'text',
        expression: sql.ref(`d.${key}`),
        descending: down,
      }),
    ),
    descending('integer', sql.ref('d.created_at')),
    ascending('text', sql.ref('d.id')),
  ]
  const conditions = [
    sql<SqlBool>`d.workspace = ${query.workspace}`,
    ...(query.experimentNumbers.length === 0 ? [] : [ofExperiments(query.experimentNumbers)]),
    ...query.clauses.map((clause) => condition(dialect, clause)),
    ...(query.after ? [after(terms, query.after)] : []),
  ]
  const { rows } = await sql<SortedRow & { id: string }>`
    select d.id as id, ${sortColumns(terms)} from evaluation_dataset as d
    where ${sql.join(conditions, sql` and `)} order by ${orderBy(terms)} limit ${query.limit}`.execute(
    reader,
  )
  return rows.map((row) => ({ id: row.id, position: positionOf(terms, row) }))
}

const ofExperiments = (numbers: readonly number[]): RawBuilder<SqlBool> =>
  sql<SqlBool>`exists (select 1 from evaluation_dataset_experiment as e
    where e.dataset_id = d.id and e.experiment_number in (${sql.join([...numbers])}))`

const condition = (
  dialect: Dialect,
  { entity, key, operator, value }: Clause<EvaluationEntity>,
): RawBuilder<SqlBool> =>
  entity === 'attribute'
    ? compare(dialect, sql.ref(`d.${key}`), operator, value)
    : sql<SqlBool>`exists (select 1 from evaluation_dataset_tag as t where t.dataset_id = d.id
        and t.key = ${key} and ${compare(dialect, sql.ref('t.value'), operator, value)})`
