import type { DatabaseReader } from './database-reader.ts'
import { type Message, textOf } from './endpoint.ts'

/** Evaluation data sets of the default workspace in the form of an answer. */
export async function readEvaluationDatasets(reader: DatabaseReader): Promise<Message> {
  const columns = await reader.columns('evaluation_datasets')
  if (columns.size === 0) return {}
  const rows = await reader.all(
    `SELECT dataset_id, name FROM evaluation_datasets
     ${columns.has('workspace') ? "WHERE workspace = 'default'" : ''} ORDER BY created_time, dataset_id`,
  )
  const datasets: Message[] = []
  for (const { dataset_id, name } of rows) {
    const id = textOf(dataset_id)
    const tags = await reader.all(
      'SELECT key, value FROM evaluation_dataset_tags WHERE dataset_id = ? ORDER BY key',
      [id],
    )
    datasets.push({
      dataset_id: id,
      name,
      tags: JSON.stringify(Object.fromEntries(tags.map(({ key, value }) => [key, value]))),
    })
  }
  return { datasets }
}

/** The experiments that one of them belongs to. */
export async function readDatasetExperiments(reader: DatabaseReader, id: string): Promise<Message> {
  const rows = await reader.all(
    `SELECT destination_id FROM entity_associations
     WHERE source_type = 'evaluation_dataset' AND source_id = ? AND destination_type = 'experiment'
     ORDER BY destination_id`,
    [id],
  )
  return { experiment_ids: rows.map((row) => textOf(row['destination_id'])) }
}

const fields = ['inputs', 'outputs', 'expectations', 'tags', 'source'] as const

/** All records of one of them. */
export async function readEvaluationRecords(reader: DatabaseReader, id: string): Promise<Message> {
  const rows = await reader.all(
    `SELECT ${fields.join(', ')} FROM evaluation_dataset_records WHERE dataset_id = ?
     ORDER BY created_time, dataset_record_id`,
    [id],
  )
  const records = rows.map((row) =>
    Object.fromEntries(
      fields.flatMap((field) => {
        const value = row[field] === null ? null : JSON.parse(textOf(row[field]))
        return value === null ? [] : [[field, unwrapped(value)]]
      }),
    ),
  )
  return { records: JSON.stringify(records) }
}

/** Outputs that are no object stand in one of this key. */
const wrapper = 'mlflow_wrapped'

const unwrapped = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && wrapper in value
    ? (value as Message)[wrapper]
    : value
