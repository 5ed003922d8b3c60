import { type Dialect, PreparedQuery, type Reader, type Tx, tables } from '../../storage/index.ts'
import type { Experiment, KeyValue, Lifecycle } from '../model.ts'
import type { TrackingTables } from '../tables.ts'

type ExperimentRow = TrackingTables['experiment']

const toExperiment = (row: ExperimentRow, tags: readonly KeyValue[]): Experiment => ({
  experimentId: String(row.number),
  name: row.name,
  artifactLocation: row.artifact_location,
  lifecycle: row.lifecycle as Lifecycle,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
  workspace: row.workspace,
})

/** Answers the new number, or undefined when the name is taken. */
export async function insertExperiment(
  tx: Tx,
  row: Omit<ExperimentRow, 'number' | 'artifact_location'>,
  locationOf: (number: number) => string,
): Promise<number | undefined> {
  const db = tables<TrackingTables>(tx)
  const inserted = await db
    .insertInto('experiment')
    .values({ ...row, artifact_location: '' } as ExperimentRow)
    .onConflict((conflict) => conflict.columns(['workspace', 'name']).doNothing())
    .returning('number')
    .executeTakeFirst()
  if (!inserted) return undefined
  await db
    .updateTable('experiment')
    .set({ artifact_location: locationOf(inserted.number) })
    .where('number', '=', inserted.number)
    .execute()
  return inserted.number
}

/** The experiments with these numbers, in their order; the ones that do not exist are left out. */
export async function readExperiments(
  reader: Reader,
  numbers: readonly number[],
): Promise<readonly Experiment[]> {
  if (numbers.length === 0) return []
  const db = tables<TrackingTables>(reader)
  const rows = await db
    .selectFrom('experiment')
    .selectAll()
    .where('number', 'in', numbers)
    .execute()
  const tags = await db
    .selectFrom('experiment_tag')
    .selectAll()
    .where('experiment_number', 'in', numbers)
    .orderBy('key')
    .execute()
  const tagsOf = Map.groupBy(tags, (tag) => tag.experiment_number)
  const found = new Map(
    rows.map((row) => [row.number, toExperiment(row, tagsOf.get(row.number) ?? [])]),
  )
  return numbers.flatMap((number) => found.get(number) ?? [])
}

const placeByNumber = new PreparedQuery<
  readonly [number: number],
  Pick<ExperimentRow, 'artifact_location' | 'lifecycle'>
>((reader, number) =>
  tables<TrackingTables>(reader)
    .selectFrom('experiment')
    .select(['artifact_location', 'lifecycle'])
    .where('number', '=', number),
)

/** Where the runs of an experiment put their artifacts; undefined for one that is deleted or does not exist. */
export async function findActivePlace(
  reader: Reader,
  dialect: Dialect,
  number: number,
): Promise<string | undefined> {
  const [row] = await placeByNumber.run(reader, dialect, number)
  return row?.lifecycle === 'active' ? row.artifact_location : undefined
}

export async function findExperimentByName(
  reader: Reader,
  name: string,
  workspace: string,
): Promise<{ readonly number: number; readonly lifecycle: Lifecycle } | undefined> {
  const row = await tables<TrackingTables>(reader)
    .selectFrom('experiment')
    .select(['number', 'lifecycle'])
    .where('workspace', '=', workspace)
    .where('name', '=', name)
    .executeTakeFirst()
  return row && { number: row.number, lifecycle: row.lifecycle as Lifecycle }
}

export async function updateExperiment(
  tx: Tx,
  number: number,
  change: Partial<Pick<ExperimentRow, 'name' | 'lifecycle' | 'updated_at'>>,
): Promise<void> {
  await tables<TrackingTables>(tx)
    .updateTable('experiment')
    .set(change)
    .where('number', '=', number)
    .execute()
}

/** Deleting or restoring an experiment deletes or restores its runs with it. */
export async function setLifecycleOfRuns(
  tx: Tx,
  number: number,
  change: { readonly lifecycle: Lifecycle; readonly deleted_at: number | null },
): Promise<void> {
  await tables<TrackingTables>(tx)
    .updateTable('run')
    .set(change)
    .where('experiment_number', '=', number)
    .execute()
}

export async function putExperimentTag(tx: Tx, number: number, tag: KeyValue): Promise<void> {
  await tables<TrackingTables>(tx)
    .insertInto('experiment_tag')
    .values({ experiment_number: number, ...tag })
    .onConflict((conflict) =>
      conflict.columns(['experiment_number', 'key']).doUpdateSet({ value: tag.value }),
    )
    .execute()
}

/** Answers whether there was such a tag. */
export async function deleteExperimentTag(tx: Tx, number: number, key: string): Promise<boolean> {
  const result = await tables<TrackingTables>(tx)
    .deleteFrom('experiment_tag')
    .where('experiment_number', '=', number)
    .where('key', '=', key)
    .executeTakeFirst()
  return result.numDeletedRows > 0n
}
