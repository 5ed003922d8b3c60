import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Dialect } from '../../storage/index.ts'
import { indexedValue } from '../runs/search-index.store.ts'
import { traceKeys } from './traces.ts'

/** Words of both dialects for the columns of these tables; `key` is compared byte by byte. */
const words = {
  sqlite: {
    counter: 'integer primary key',
    key: 'text',
    integer: 'integer',
    real: 'real',
    bytes: 'blob',
    clustered: 'without rowid',
  },
  postgres: {
    counter: 'bigserial primary key',
    key: 'text collate "C"',
    integer: 'bigint',
    real: 'double precision',
    bytes: 'bytea',
    clustered: '',
  },
} as const

type Words = (typeof words)[Dialect]

const run = async (db: Kysely<unknown>, statements: readonly string[]): Promise<void> => {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const traces = ({ counter, key, integer, bytes, clustered }: Words): readonly string[] => [
  `create table trace (
    number ${counter}, id ${key} not null unique, experiment_number ${integer} not null,
    timestamp_ms ${integer} not null, execution_ms ${integer}, state ${key} not null,
    client_request_id ${key}, request_preview ${key}, response_preview ${key},
    finalized ${integer} not null)`,
  'create index trace_by_time on trace (experiment_number, timestamp_ms desc, id)',
  `create table trace_tag (trace_number ${integer} not null, key ${key} not null, value ${key} not null,
    primary key (trace_number, key)) ${clustered}`,
  `create table trace_metadata (trace_number ${integer} not null, key ${key} not null, value ${key} not null,
    primary key (trace_number, key)) ${clustered}`,
  `create table trace_run (run_id ${key} not null, trace_number ${integer} not null,
    primary key (trace_number, run_id)) ${clustered}`,
  'create index trace_run_by_run on trace_run (run_id, trace_number)',
  `create table trace_prompt (prompt ${key} not null, trace_number ${integer} not null,
    primary key (trace_number, prompt)) ${clustered}`,
  'create index trace_prompt_by_prompt on trace_prompt (prompt, trace_number)',
  `create table trace_chunk (trace_number ${integer} not null, chunk ${integer} not null,
    span_count ${integer} not null, tree ${bytes} not null, used ${key} not null, content ${bytes} not null,
    primary key (trace_number, chunk))`,
  `create table trace_span_group (trace_number ${integer} not null, chunk ${integer} not null,
    item ${integer} not null, name ${key} not null, type ${key} not null, status ${key} not null,
    model ${key} not null, provider ${key} not null, span_count ${integer} not null, points ${bytes} not null,
    primary key (trace_number, chunk, item)) ${clustered}`,
]

const assessments = ({ key, integer, real }: Words): readonly string[] => [
  `create table trace_assessment (
    id ${key} primary key, trace_number ${integer} not null, name ${key} not null, kind ${key} not null,
    value ${key} not null, number ${real}, error ${key}, serialized ${integer} not null,
    source_type ${key} not null, source_id ${key} not null, span_id ${key}, rationale ${key},
    metadata ${key} not null, overrides ${key}, valid ${integer} not null,
    created_at ${integer} not null, updated_at ${integer} not null)`,
  'create index trace_assessment_by_trace on trace_assessment (trace_number, kind, name)',
]

/** Traces, with the spans of each call packed into one row. */
export const createTraces = (db: Kysely<unknown>, _types: unknown, dialect: Dialect) =>
  run(db, traces(words[dialect]))

export const createAssessments = (db: Kysely<unknown>, _types: unknown, dialect: Dialect) =>
  run(db, assessments(words[dialect]))

/** The condition on `trace_assessment`, as its index has it, of what is said of a whole session. */
export const ofWholeSession = `metadata like '%"mlflow.trace.session":%'`

export const indexSessionAssessments = (db: Kysely<unknown>) =>
  run(db, [
    `create index trace_assessment_by_session on trace_assessment (kind, name) where ${ofWholeSession}`,
  ])

/** What the names of traces are read by, from an index of names alone; it must be written in every query alike. */
export const traceNameValue = (dialect: Dialect, tag: string): RawBuilder<unknown> =>
  indexedValue(dialect, sql.ref(`${tag}.value`))
/** The condition on `trace_tag`, as that index has it. */
export const isTraceName = (tag: string): RawBuilder<SqlBool> =>
  sql<SqlBool>`${sql.ref(`${tag}.key`)} = ${sql.lit(traceKeys.name)}`

export async function indexTraceNames(db: Kysely<unknown>, _types: unknown, dialect: Dialect) {
  await sql`create index trace_tag_of_names on trace_tag
    (${indexedValue(dialect, sql.ref('value'))}, trace_number)
    where key = ${sql.lit(traceKeys.name)}`.execute(db)
}

/** Rows of the tables of traces as the drivers answer them. */
export interface TraceTables {
  trace: {
    number: number
    id: string
    experiment_number: number
    timestamp_ms: number
    execution_ms: number | null
    state: string
    client_request_id: string | null
    request_preview: string | null
    response_preview: string | null
    /** 1 once a client has told the whole trace: what spans say no longer changes it. */
    finalized: number
  }
  trace_tag: { trace_number: number; key: string; value: string }
  trace_metadata: { trace_number: number; key: string; value: string }
  trace_run: { run_id: string; trace_number: number }
  trace_prompt: { prompt: string; trace_number: number }
  /**
   * The spans of one call: `content` is a ScopeSpans message of OTLP, compressed where it is long, `tree` 16 bytes a span (its id and its parent's),
   * `used` JSON of the tokens and dollars by span.
   */
  trace_chunk: {
    trace_number: number
    chunk: number
    span_count: number
    tree: Uint8Array
    used: string
    content: Uint8Array
  }
  /** Spans of one chunk that searches cannot tell apart; `points` is 16 bytes a span: start and duration in milliseconds. */
  trace_span_group: {
    trace_number: number
    chunk: number
    item: number
    name: string
    type: string
    status: string
    model: string
    provider: string
    span_count: number
    points: Uint8Array
  }
  trace_assessment: {
    id: string
    trace_number: number
    name: string
    kind: string
    value: string
    number: number | null
    error: string | null
    serialized: number
    source_type: string
    source_id: string
    span_id: string | null
    rationale: string | null
    metadata: string
    overrides: string | null
    valid: number
    created_at: number
    updated_at: number
  }
}
