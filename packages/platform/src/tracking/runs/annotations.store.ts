import {
  type Dialect,
  PreparedInsert,
  PreparedQuery,
  type Reader,
  type Tx,
  tables,
} from '../../storage/index.ts'
import type { KeyValue } from '../model.ts'
import type { TrackingTables } from '../tables.ts'
import type { RunKey } from './runs.store.ts'

type AnnotationRow = TrackingTables['run_tag']

const columns = ['run_number', 'key', 'value', 'experiment_number'] as const

const newParams = new PreparedInsert<AnnotationRow>(columns, (tx, rows) =>
  tables<TrackingTables>(tx)
    .insertInto('run_param')
    .values(rows)
    .onConflict((conflict) => conflict.columns(['run_number', 'key']).doNothing())
    .returning('key'),
)

const newParamOf = new PreparedQuery<
  readonly [key: string, value: string, runId: string, lifecycle: string],
  Pick<AnnotationRow, 'key'>
>((tx, key, value, runId, lifecycle) =>
  tables<TrackingTables>(tx)
    .insertInto('run_param')
    .columns([...columns])
    .expression(({ selectFrom, val }) =>
      selectFrom('run')
        .select((run) => [
          'run.number',
          val(key).as('key'),
          val(value).as('value'),
          run.ref('run.experiment_number').as('experiment_number'),
        ])
        .where('run.id', '=', runId)
        .where('run.lifecycle', '=', lifecycle),
    )
    .onConflict((conflict) => conflict.columns(['run_number', 'key']).doNothing())
    .returning('key'),
)

/** Adds a new parameter to a run that is not deleted, in one statement; false when it is not new or there is no such run. */
export async function insertNewParam(
  tx: Tx,
  dialect: Dialect,
  runId: string,
  { key, value }: KeyValue,
): Promise<boolean> {
  return (await newParamOf.run(tx, dialect, key, value, runId, 'active')).length > 0
}

const tags = new PreparedInsert<AnnotationRow>(columns, (tx, rows) =>
  tables<TrackingTables>(tx)
    .insertInto('run_tag')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(['run_number', 'key'])
        .doUpdateSet((eb) => ({ value: eb.ref('excluded.value') })),
    ),
)

const toRow = (run: RunKey, { key, value }: KeyValue): AnnotationRow => ({
  run_number: run.number,
  key,
  value,
  experiment_number: run.experimentNumber,
})

/** Adds the parameters that are new; answers the ones that hold another value already. */
export async function insertParams(
  tx: Tx,
  dialect: Dialect,
  run: RunKey,
  params: readonly KeyValue[],
): Promise<readonly (KeyValue & { readonly stored: string })[]> {
  if (params.length === 0) return []
  const added = await newParams.run(
    tx,
    dialect,
    params.map((param) => toRow(run, param)),
  )
  if (added === params.length) return []
  const rows = await tables<TrackingTables>(tx)
    .selectFrom('run_param')
    .select(['key', 'value'])
    .where('run_number', '=', run.number)
    .where(
      'key',
      'in',
      params.map(({ key }) => key),
    )
    .execute()
  const stored = new Map(rows.map(({ key, value }) => [key, value]))
  return params.flatMap(({ key, value }) => {
    const known = stored.get(key)
    return known === undefined || known === value ? [] : [{ key, value, stored: known }]
  })
}

/** Sets tags; of several with one key the last counts. */
export async function putTags(
  tx: Tx,
  dialect: Dialect,
  run: RunKey,
  newTags: readonly KeyValue[],
): Promise<void> {
  const last = new Map(newTags.map(({ key, value }) => [key, value]))
  await tags.run(
    tx,
    dialect,
    [...last].map(([key, value]) => toRow(run, { key, value })),
  )
}

/** Answers whether there was such a tag. */
export async function deleteTag(tx: Tx, runNumber: number, key: string): Promise<boolean> {
  const result = await tables<TrackingTables>(tx)
    .deleteFrom('run_tag')
    .where('run_number', '=', runNumber)
    .where('key', '=', key)
    .executeTakeFirst()
  return result.numDeletedRows > 0n
}

export async function readTag(
  reader: Reader,
  runNumber: number,
  key: string,
): Promise<string | undefined> {
  const row = await tables<TrackingTables>(reader)
    .selectFrom('run_tag')
    .select('value')
    .where('run_number', '=', runNumber)
    .where('key', '=', key)
    .executeTakeFirst()
  return row?.value
}

/** Parameters or tags of runs, by key. */
export async function readAnnotations(
  reader: Reader,
  table: 'run_param' | 'run_tag',
  runNumbers: readonly number[],
): Promise<ReadonlyMap<number, readonly KeyValue[]>> {
  if (runNumbers.length === 0) return new Map()
  const rows = await tables<TrackingTables>(reader)
    .selectFrom(table)
    .select(['run_number', 'key', 'value'])
    .where('run_number', 'in', runNumbers)
    .orderBy('run_number')
    .orderBy('key')
    .execute()
  const found = new Map<number, KeyValue[]>()
  for (const { run_number, key, value } of rows) {
    const list = found.get(run_number)
    if (list) list.push({ key, value })
    else found.set(run_number, [{ key, value }])
  }
  return found
}
