import { type Reader, type Tx, tables } from '../../storage/index.ts'
import type { DatasetInput, KeyValue, ModelUse } from '../model.ts'
import type { TrackingTables } from '../tables.ts'

const contextTag = 'mlflow.data.context'

/** Notes that a run read a data set: what was said of it first stands. Its description is kept once for each experiment. */
export async function insertDatasetInput(
  tx: Tx,
  experimentNumber: number,
  runNumber: number,
  input: DatasetInput,
): Promise<void> {
  const db = tables<TrackingTables>(tx)
  await db
    .insertInto('input_dataset')
    .values({
      experiment_number: experimentNumber,
      name: input.name,
      digest: input.digest,
      source_type: input.sourceType,
      source: input.source,
      schema: input.schema,
      profile: input.profile,
    } as TrackingTables['input_dataset'])
    .onConflict((conflict) => conflict.columns(['experiment_number', 'name', 'digest']).doNothing())
    .execute()
  const { number } = await db
    .selectFrom('input_dataset')
    .select('number')
    .where('experiment_number', '=', experimentNumber)
    .where('name', '=', input.name)
    .where('digest', '=', input.digest)
    .executeTakeFirstOrThrow()
  const use = {
    context: input.tags.findLast(({ key }) => key === contextTag)?.value ?? null,
    tags: JSON.stringify(input.tags),
  }
  await db
    .insertInto('run_dataset')
    .values({ run_number: runNumber, dataset_number: number, ...use })
    .onConflict((conflict) => conflict.columns(['run_number', 'dataset_number']).doNothing())
    .execute()
}

export async function readDatasetInputs(
  reader: Reader,
  runNumbers: readonly number[],
): Promise<ReadonlyMap<number, readonly DatasetInput[]>> {
  if (runNumbers.length === 0) return new Map()
  const rows = await tables<TrackingTables>(reader)
    .selectFrom('run_dataset')
    .innerJoin('input_dataset', 'input_dataset.number', 'run_dataset.dataset_number')
    .selectAll()
    .where('run_number', 'in', runNumbers)
    .orderBy('dataset_number')
    .execute()
  const grouped = Map.groupBy(rows, (row) => row.run_number)
  return new Map(
    [...grouped].map(([runNumber, uses]) => [
      runNumber,
      uses.map((row) => ({
        name: row.name,
        digest: row.digest,
        sourceType: row.source_type,
        source: row.source,
        schema: row.schema,
        profile: row.profile,
        tags: JSON.parse(row.tags) as readonly KeyValue[],
      })),
    ]),
  )
}

export async function insertModelUses(
  tx: Tx,
  runNumber: number,
  role: 'input' | 'output',
  uses: readonly ModelUse[],
): Promise<void> {
  if (uses.length === 0) return
  await tables<TrackingTables>(tx)
    .insertInto('run_model')
    .values(
      uses.map(({ modelId, step }) => ({ run_number: runNumber, role, model_id: modelId, step })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

export async function readModelUses(
  reader: Reader,
  runNumbers: readonly number[],
): Promise<ReadonlyMap<number, readonly (ModelUse & { readonly role: string })[]>> {
  if (runNumbers.length === 0) return new Map()
  const rows = await tables<TrackingTables>(reader)
    .selectFrom('run_model')
    .selectAll()
    .where('run_number', 'in', runNumbers)
    .orderBy('model_id')
    .execute()
  const grouped = Map.groupBy(rows, (row) => row.run_number)
  return new Map(
    [...grouped].map(([runNumber, uses]) => [
      runNumber,
      uses.map(({ model_id, step, role }) => ({ modelId: model_id, step, role })),
    ]),
  )
}

/** A data set that some run of an experiment read, in one role. */
export interface DatasetSummary {
  readonly experimentId: string
  readonly name: string
  readonly digest: string
  readonly context: string | null
}

export async function summarizeDatasets(
  reader: Reader,
  experimentNumbers: readonly number[],
  limit: number,
): Promise<readonly DatasetSummary[]> {
  if (experimentNumbers.length === 0) return []
  const rows = await tables<TrackingTables>(reader)
    .selectFrom('run_dataset')
    .innerJoin('input_dataset', 'input_dataset.number', 'run_dataset.dataset_number')
    .innerJoin('run', 'run.number', 'run_dataset.run_number')
    .select(['input_dataset.experiment_number', 'input_dataset.name', 'digest', 'context'])
    .distinct()
    .where('input_dataset.experiment_number', 'in', experimentNumbers)
    .where('run.lifecycle', '=', 'active')
    .orderBy('input_dataset.name')
    .orderBy('digest')
    .orderBy('context')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    experimentId: String(row.experiment_number),
    name: row.name,
    digest: row.digest,
    context: row.context,
  }))
}
