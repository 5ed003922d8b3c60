import { sql } from 'kysely'
import { type Dialect, PreparedInsert, type Reader, type Tx, tables } from '../../storage/index.ts'
import type { AttributedMetric, KeyValue, LoggedModel, LoggedModelStatus } from '../model.ts'
import { storedValue } from '../rules.ts'
import type { TrackingTables } from '../tables.ts'

type ModelRow = TrackingTables['logged_model']
type MetricRow = TrackingTables['logged_model_metric']

const metricRows = new PreparedInsert<MetricRow>(
  [
    'model_id',
    'key',
    'timestamp',
    'step',
    'run_id',
    'value',
    'is_nan',
    'dataset_name',
    'dataset_digest',
  ],
  (tx, rows) =>
    tables<TrackingTables>(tx)
      .insertInto('logged_model_metric')
      .values(rows)
      .onConflict((conflict) => conflict.doNothing()),
)

/** Attributes points of a run to the models that they measure. */
export async function insertModelMetrics(
  tx: Tx,
  dialect: Dialect,
  runId: string,
  points: readonly AttributedMetric[],
): Promise<void> {
  await metricRows.run(
    tx,
    dialect,
    points.map((point) => ({
      model_id: point.modelId ?? '',
      key: point.key,
      timestamp: point.timestamp,
      step: point.step,
      run_id: runId,
      value: Number.isNaN(point.value) ? 0 : storedValue(point.value),
      is_nan: Number.isNaN(point.value) ? 1 : 0,
      dataset_name: point.datasetName ?? '',
      dataset_digest: point.datasetDigest ?? '',
    })),
  )
}

export async function insertLoggedModel(tx: Tx, row: ModelRow): Promise<void> {
  await tables<TrackingTables>(tx).insertInto('logged_model').values(row).execute()
}

/** Models by id, in the order of `ids`, with all that belongs to them; deleted ones are left out. */
export async function readLoggedModels(
  reader: Reader,
  ids: readonly string[],
): Promise<readonly LoggedModel[]> {
  if (ids.length === 0) return []
  const db = tables<TrackingTables>(reader)
  const rows = await db
    .selectFrom('logged_model')
    .selectAll()
    .where('id', 'in', ids)
    .where('lifecycle', '=', 'active')
    .execute()
  const params = await keyValues(reader, 'logged_model_param', ids)
  const tags = await keyValues(reader, 'logged_model_tag', ids)
  const metrics = await db
    .selectFrom('logged_model_metric')
    .selectAll()
    .where('model_id', 'in', ids)
    .orderBy('model_id')
    .orderBy('key')
    .orderBy('step')
    .orderBy('timestamp')
    .execute()
  const metricsOf = Map.groupBy(metrics, (row) => row.model_id)
  const found = new Map(
    rows.map((row): [string, LoggedModel] => [
      row.id,
      toLoggedModel(row, params.get(row.id), tags.get(row.id), metricsOf.get(row.id)),
    ]),
  )
  return ids.flatMap((id) => found.get(id) ?? [])
}

const toLoggedModel = (
  row: ModelRow,
  params: readonly KeyValue[] = [],
  tags: readonly KeyValue[] = [],
  metrics: readonly MetricRow[] = [],
): LoggedModel => ({
  modelId: row.id,
  experimentId: String(row.experiment_number),
  name: row.name,
  modelType: row.model_type,
  sourceRunId: row.source_run_id,
  status: row.status as LoggedModelStatus,
  statusMessage: row.status_message,
  artifactUri: row.artifact_uri,
  creatorId: row.creator_id,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  params,
  tags,
  metrics: metrics.map((metric) => ({
    key: metric.key,
    value: metric.is_nan === 1 ? Number.NaN : metric.value,
    step: metric.step,
    timestamp: metric.timestamp,
    modelId: metric.model_id,
    runId: metric.run_id,
    datasetName: metric.dataset_name || undefined,
    datasetDigest: metric.dataset_digest || undefined,
  })),
})

async function keyValues(
  reader: Reader,
  table: 'logged_model_param' | 'logged_model_tag',
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly KeyValue[]>> {
  const rows = await tables<TrackingTables>(reader)
    .selectFrom(table)
    .select(['model_id', 'key', 'value'])
    .where('model_id', 'in', ids)
    .orderBy('key')
    .execute()
  const grouped = Map.groupBy(rows, (row) => row.model_id)
  return new Map(
    [...grouped].map(([id, pairs]) => [id, pairs.map(({ key, value }) => ({ key, value }))]),
  )
}

export async function updateLoggedModel(
  tx: Tx,
  id: string,
  change: Partial<Pick<ModelRow, 'status' | 'status_message' | 'updated_at' | 'lifecycle'>>,
): Promise<void> {
  await tables<TrackingTables>(tx)
    .updateTable('logged_model')
    .set(change)
    .where('id', '=', id)
    .execute()
}

/** Adds or replaces parameters or tags of a model. */
export async function putModelPairs(
  tx: Tx,
  table: 'logged_model_param' | 'logged_model_tag',
  id: string,
  pairs: readonly KeyValue[],
): Promise<void> {
  const last = new Map(pairs.map(({ key, value }) => [key, value]))
  if (last.size === 0) return
  await tables<TrackingTables>(tx)
    .insertInto(table)
    .values([...last].map(([key, value]) => ({ model_id: id, key, value })))
    .onConflict((conflict) =>
      conflict.columns(['model_id', 'key']).doUpdateSet({ value: sql`excluded.value` }),
    )
    .execute()
}

/** Answers whether there was such a tag. */
export async function deleteModelTag(tx: Tx, id: string, key: string): Promise<boolean> {
  const result = await tables<TrackingTables>(tx)
    .deleteFrom('logged_model_tag')
    .where('model_id', '=', id)
    .where('key', '=', key)
    .executeTakeFirst()
  return result.numDeletedRows > 0n
}
