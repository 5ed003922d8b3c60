import { type RawBuilder, sql } from 'kysely'
import type { Dialect, Reader } from '../../storage/index.ts'
import { numberList } from '../search/number-list.store.ts'
import { metricValue } from './curve-texts.store.ts'

type Sql = RawBuilder<unknown>

/**
 * Runs with all they logged, by number, as the protocol writes them in JSON (`toWireRun`), with commas between, in the order
 * of the numbers. A page of a thousand runs is tens of thousands of rows: the database makes one text of them, and they
 * become neither objects nor, once more, text here.
 */
export async function readRunTexts(
  reader: Reader,
  dialect: Dialect,
  runNumbers: readonly number[],
): Promise<string> {
  // SQLite keeps the order of the list, which a cross join reads first.
  const order = dialect === 'postgres' ? sql` order by position` : sql``
  const { rows } = await sql<{ text: string | null }>`
    select string_agg(text, ','${order}) as text from (
      select ${runText(dialect)} as text, listed.position
      from (${numberList(dialect, runNumbers)}) as listed cross join run
      where run.number = listed.number
    ) as written`.execute(reader)
  return rows[0]?.text ?? ''
}

function runText(dialect: Dialect): Sql {
  const data = fields(
    list(dialect, 'metrics', metric(dialect), sql`run_latest_metric as o where o`, 'o.key'),
    list(dialect, 'params', pair(dialect), sql`run_param as o where o`, 'o.key'),
    list(dialect, 'tags', pair(dialect), sql`run_tag as o where o`, 'o.key'),
  )
  const used = sql`run_dataset as o join input_dataset as d on d.number = o.dataset_number where o`
  const models = (role: string) => sql`run_model as o where o.role = ${sql.lit(role)} and o`
  const model = sql`'{"model_id":' || ${quoted(dialect, 'o.model_id')}`
  const inputs = fields(
    list(dialect, 'dataset_inputs', dataset(dialect), used, 'o.dataset_number'),
    list(dialect, 'model_inputs', sql`${model} || '}'`, models('input'), 'o.model_id'),
  )
  const written = sql`${model} || ',"step":' || o.step || '}'`
  const outputs = fields(list(dialect, 'model_outputs', written, models('output'), 'o.model_id'))
  return sql`'{"info":' || ${info(dialect)} || ',"data":{' || ${data} || '},"inputs":{' || ${inputs}
    || '},"outputs":{' || ${outputs} || '}}'`
}

/** A text column as a JSON string. */
const quoted = (dialect: Dialect, column: string): Sql =>
  dialect === 'postgres'
    ? sql`cast(to_json(${sql.ref(column)}) as text)`
    : sql`json_quote(${sql.ref(column)})`

/** Fields of an object, each with a comma before it or nothing at all. */
const fields = (...each: readonly Sql[]): Sql => sql`substr(${sql.join(each, sql` || `)}, 2)`

/** A field with what is nothing where the value is null. */
const unlessNull = (name: string, value: Sql): Sql =>
  sql`coalesce(${sql.lit(`,"${name}":`)} || ${value}, '')`

/** A list of what a run has in a table, in the order of a column; the protocol leaves out empty lists. */
const list = (dialect: Dialect, name: string, item: Sql, from: Sql, column: string): Sql => {
  // SQLite reads in the order of the primary key, in which the rows lie.
  const order = dialect === 'postgres' ? sql` order by ${sql.ref(column)}` : sql``
  const items = sql`(select string_agg(${item}, ','${order}) from ${from}.run_number = run.number)`
  return unlessNull(name, sql`'[' || ${items} || ']'`)
}

const pair = (dialect: Dialect): Sql =>
  sql`'{"key":' || ${quoted(dialect, 'o.key')} || ',"value":' || ${quoted(dialect, 'o.value')} || '}'`

const metric = (dialect: Dialect): Sql =>
  sql`'{"key":' || ${quoted(dialect, 'o.key')}
    || ',"value":' || ${metricValue(sql.ref('o.is_nan'), sql.ref('o.value'))}
    || ',"timestamp":' || o.timestamp || ',"step":' || o.step || '}'`

const dataset = (dialect: Dialect): Sql =>
  sql`'{' || case when o.tags = '[]' then '' else '"tags":' || o.tags || ',' end
    || '"dataset":{"name":' || ${quoted(dialect, 'd.name')}
    || ',"digest":' || ${quoted(dialect, 'd.digest')}
    || ',"source_type":' || ${quoted(dialect, 'd.source_type')}
    || ',"source":' || ${quoted(dialect, 'd.source')}
    || ${unlessNull('schema', nullable(dialect, 'd.schema'))}
    || ${unlessNull('profile', nullable(dialect, 'd.profile'))} || '}}'`

/** SQLite quotes a null as the word. */
const nullable = (dialect: Dialect, column: string): Sql =>
  sql`case when ${sql.ref(column)} is not null then ${quoted(dialect, column)} end`

/** `toWireRunInfo`. */
const info = (dialect: Dialect): Sql =>
  sql`'{"run_id":"' || run.id || '","run_uuid":"' || run.id || '","run_name":' || ${quoted(dialect, 'run.name')}
    || ',"experiment_id":"' || run.experiment_number || '","user_id":' || ${quoted(dialect, 'run.user_id')}
    || ',"status":"' || run.status || '","start_time":' || run.start_time
    || ${unlessNull('end_time', sql.ref('run.end_time'))}
    || ',"artifact_uri":' || ${quoted(dialect, 'run.artifact_uri')}
    || ',"lifecycle_stage":"' || run.lifecycle || '"}'`
