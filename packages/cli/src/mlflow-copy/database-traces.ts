import type { DatabaseReader } from './database-reader.ts'
import { exactJson, type Message, messageOf, textOf } from './endpoint.ts'
import { answerOfKept } from './otlp-span.ts'

const pageSize = 500

/** One page of the traces of an experiment, in the form of an answer; the token is the id of the last one. */
export async function readTracePage(
  reader: DatabaseReader,
  experimentId: string,
  after: string,
): Promise<Message> {
  const columns = await reader.columns('trace_info')
  if (columns.size === 0) return {}
  const newer = ['client_request_id', 'request_preview', 'response_preview'].filter((name) =>
    columns.has(name),
  )
  const rows = await reader.all(
    `SELECT ${['request_id', 'timestamp_ms', 'execution_time_ms', 'status', ...newer].join(', ')}
     FROM trace_info WHERE experiment_id = ? AND request_id > ? ORDER BY request_id LIMIT ${pageSize}`,
    [Number(experimentId), after],
  )
  const traces: Message[] = []
  for (const row of rows) traces.push(await traceOf(reader, experimentId, row))
  const last = rows.length === pageSize ? textOf(rows.at(-1)?.['request_id']) : ''
  return { traces, ...(last ? { next_page_token: last } : {}) }
}

async function traceOf(
  reader: DatabaseReader,
  experimentId: string,
  row: Message,
): Promise<Message> {
  const id = textOf(row['request_id'])
  const pairs = async (table: string): Promise<Message> => {
    const found = await reader.all(`SELECT key, value FROM ${table} WHERE request_id = ?`, [id])
    return Object.fromEntries(found.map(({ key, value }) => [textOf(key), textOf(value)]))
  }
  const told = ['client_request_id', 'request_preview', 'response_preview'].filter((name) =>
    Boolean(row[name]),
  )
  const duration = row['execution_time_ms']
  return {
    trace_id: id,
    trace_location: {
      type: 'MLFLOW_EXPERIMENT',
      mlflow_experiment: { experiment_id: experimentId },
    },
    request_time: instantOf(row['timestamp_ms']),
    ...(typeof duration === 'number' ? { execution_duration: `${duration / 1000}s` } : {}),
    state: textOf(row['status']),
    ...Object.fromEntries(told.map((name) => [name, row[name]])),
    trace_metadata: await pairs('trace_request_metadata'),
    tags: await pairs('trace_tags'),
    assessments: await assessmentsOf(reader, id),
  }
}

const instantOf = (ms: unknown): string => new Date(Number(ms ?? 0)).toISOString()

async function assessmentsOf(reader: DatabaseReader, id: string): Promise<readonly Message[]> {
  if ((await reader.columns('assessments')).size === 0) return []
  const rows = await reader.all(
    `SELECT assessment_id, name, assessment_type, value, error, created_timestamp, last_updated_timestamp, source_type,
       source_id, span_id, rationale, overrides, valid, assessment_metadata
     FROM assessments WHERE trace_id = ? ORDER BY created_timestamp, assessment_id`,
    [id],
  )
  return rows.map((row) => ({
    assessment_id: row['assessment_id'],
    assessment_name: row['name'],
    trace_id: id,
    source: { source_type: row['source_type'], source_id: textOf(row['source_id'] ?? '') },
    create_time: instantOf(row['created_timestamp']),
    last_update_time: instantOf(row['last_updated_timestamp']),
    ...saidIn(row),
    ...Object.fromEntries(
      ['span_id', 'rationale', 'overrides'].flatMap((name) =>
        row[name] ? [[name, row[name]]] : [],
      ),
    ),
    ...(row['assessment_metadata']
      ? { metadata: exactJson(textOf(row['assessment_metadata'])) }
      : {}),
    valid: row['valid'] === 1,
  }))
}

function saidIn(row: Message): Message {
  const value = row['value'] ? exactJson(textOf(row['value'])) : null
  const kind = textOf(row['assessment_type'])
  if (kind === 'issue') return { issue: { issue_name: textOf(value ?? row['name']) } }
  if (kind === 'expectation') return { expectation: { value } }
  const error = row['error'] ? { error: exactJson(textOf(row['error'])) } : {}
  return { feedback: { value, ...error } }
}

/** The spans of traces, in the form of an answer. */
export async function readSpans(
  reader: DatabaseReader,
  ids: readonly string[],
): Promise<readonly Message[]> {
  const hasSpans = (await reader.columns('spans')).size > 0
  const traces: Message[] = []
  for (const id of ids) {
    const rows = hasSpans
      ? await reader.all(
          'SELECT content FROM spans WHERE trace_id = ? ORDER BY start_time_unix_nano, span_id',
          [id],
        )
      : []
    const spans = rows.map(({ content }) => answerOfKept(messageOf(exactJson(textOf(content)))))
    traces.push({ trace_info: { trace_id: id }, spans })
  }
  return traces
}

/** Where older clients left the spans of a trace. */
export async function traceLocation(reader: DatabaseReader, id: string): Promise<string> {
  const [row] = await reader.all(
    "SELECT value FROM trace_tags WHERE request_id = ? AND key = 'mlflow.artifactLocation'",
    [id],
  )
  return textOf(row?.['value'])
}
