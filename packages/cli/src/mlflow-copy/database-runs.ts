import { KaizenError } from '@kaizen/contracts'
import type { DatabaseReader, SqlValue } from './database-reader.ts'
import { type Message, textOf } from './endpoint.ts'

const runsPerPage = 500
const pointsPerPage = 25_000

/** Names of the runs of an experiment, oldest first. */
export async function readRunPage(
  reader: DatabaseReader,
  experimentId: string,
  after: string,
): Promise<Message> {
  const [start, id] = after === '' ? [-1, ''] : (JSON.parse(after) as [number, string])
  const rows = await reader.all(
    `SELECT run_uuid, COALESCE(start_time, 0) AS start_time FROM runs
     WHERE experiment_id = ? AND (COALESCE(start_time, 0) > ? OR (COALESCE(start_time, 0) = ? AND run_uuid > ?))
     ORDER BY COALESCE(start_time, 0), run_uuid LIMIT ${runsPerPage}`,
    [Number(experimentId), start, start, id],
  )
  const last = rows.at(-1)
  return {
    runs: rows.map((row) => ({ info: { run_id: row['run_uuid'] } })),
    ...(last && rows.length === runsPerPage
      ? { next_page_token: JSON.stringify([last['start_time'], last['run_uuid']]) }
      : {}),
  }
}

/** A run with everything but its curves. @throws NOT_FOUND */
export async function readRun(reader: DatabaseReader, runId: string): Promise<Message> {
  const all = (sql: string) => reader.all(sql, [runId])
  const [row] = await all(
    `SELECT name, user_id, status, start_time, end_time, lifecycle_stage, artifact_uri
     FROM runs WHERE run_uuid = ?`,
  )
  if (!row) throw new KaizenError('NOT_FOUND', `there is no run ${runId}`)
  const pairs = async (table: 'params' | 'tags') =>
    (await all(`SELECT key, value FROM ${table} WHERE run_uuid = ? ORDER BY key`)).map(
      ({ key, value }) => ({ key, value: textOf(value ?? '') }),
    )
  const tags = await pairs('tags')
  return {
    info: {
      ...row,
      run_id: runId,
      // Older stores name runs in a tag alone.
      run_name: row['name'] || tags.find(({ key }) => key === 'mlflow.runName')?.value || '',
      user_id: row['user_id'] ?? '',
      start_time: row['start_time'] ?? 0,
    },
    data: {
      tags,
      params: await pairs('params'),
      metrics: await all('SELECT key FROM latest_metrics WHERE run_uuid = ? ORDER BY key'),
    },
    inputs: {
      dataset_inputs: await readDatasets(reader, runId),
      model_inputs: await readModelInputs(reader, runId),
    },
    outputs: { model_outputs: await readOutputs(reader, runId) },
  }
}

async function readDatasets(reader: DatabaseReader, runId: string): Promise<readonly Message[]> {
  if ((await reader.columns('inputs')).size === 0) return []
  const rows = await reader.all(
    `SELECT inputs.input_uuid, datasets.name, datasets.digest, dataset_source_type, dataset_source,
       dataset_schema, dataset_profile
     FROM inputs JOIN datasets ON datasets.dataset_uuid = inputs.source_id
     WHERE inputs.destination_type = 'RUN' AND inputs.destination_id = ? ORDER BY inputs.input_uuid`,
    [runId],
  )
  const found: Message[] = []
  for (const row of rows) {
    const tags = await reader.all(
      'SELECT name AS key, value FROM input_tags WHERE input_uuid = ? ORDER BY name',
      [textOf(row['input_uuid'])],
    )
    found.push({
      tags,
      dataset: {
        name: row['name'],
        digest: row['digest'],
        source_type: row['dataset_source_type'],
        source: row['dataset_source'],
        ...(row['dataset_schema'] ? { schema: row['dataset_schema'] } : {}),
        ...(row['dataset_profile'] ? { profile: row['dataset_profile'] } : {}),
      },
    })
  }
  return found
}

async function readModelInputs(reader: DatabaseReader, runId: string): Promise<readonly Message[]> {
  if ((await reader.columns('inputs')).size === 0) return []
  return reader.all(
    `SELECT destination_id AS model_id FROM inputs
     WHERE source_type = 'RUN_INPUT' AND source_id = ? AND destination_type = 'MODEL_INPUT'
     ORDER BY destination_id`,
    [runId],
  )
}

async function readOutputs(reader: DatabaseReader, runId: string): Promise<readonly Message[]> {
  if (!(await reader.columns('inputs')).has('step')) return []
  return reader.all(
    `SELECT destination_id AS model_id, step FROM inputs
     WHERE source_type = 'RUN_OUTPUT' AND source_id = ? AND destination_type = 'MODEL_OUTPUT'
     ORDER BY destination_id`,
    [runId],
  )
}

/** A truth value in both databases. */
const isNan = 'CASE WHEN is_nan THEN 1 ELSE 0 END'

const placeOf = (row: Message) => ['timestamp', 'step', 'value', 'is_nan'].map((name) => row[name])

/** Points of one curve by (time, step, value), a page at a time. */
export async function readMetricPage(
  reader: DatabaseReader,
  {
    runId,
    key,
    after,
  }: { readonly runId: string; readonly key: string; readonly after: string | undefined },
): Promise<Message> {
  const position = after === undefined ? undefined : (JSON.parse(after) as readonly SqlValue[])
  const rows = await reader.all(
    `SELECT timestamp, step, value, ${isNan} AS is_nan FROM metrics WHERE run_uuid = ? AND key = ?
     ${position ? `AND (timestamp, step, value, ${isNan}) > (?, ?, ?, ?)` : ''}
     ORDER BY timestamp, step, value, ${isNan} LIMIT ${pointsPerPage}`,
    [runId, key, ...(position ?? [])],
  )
  const last = rows.at(-1)
  return {
    metrics: rows.map((row) => ({
      key,
      timestamp: row['timestamp'],
      step: row['step'],
      value: Number(row['is_nan']) === 1 ? 'NaN' : row['value'],
    })),
    ...(last && rows.length === pointsPerPage
      ? { next_page_token: JSON.stringify(placeOf(last)) }
      : {}),
  }
}
