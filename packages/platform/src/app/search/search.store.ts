import type { FoundKind } from '@kaizen/contracts'
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Visibility } from '../../kernel/index.ts'
import { modelNameColumn, shownModels } from '../../registry/index.ts'
import type { Dialect, Reader } from '../../storage/index.ts'
import { isTraceName, traceNameValue, within } from '../../tracking/index.ts'
import { idBeginning, pattern } from './search-words.ts'

/** What the caller may be shown. */
export interface SearchScope {
  readonly workspace: string
  readonly experiments: Visibility | undefined
  readonly models: Visibility | undefined
}

export interface SearchQuery extends SearchScope {
  readonly dialect: Dialect
  readonly words: readonly string[]
  readonly limit: number
}

export interface FoundRow {
  readonly id: string
  readonly name: string
  readonly detail: string | null
  readonly at: number | null
}

type Sql = RawBuilder<unknown>

/** The rows of one kind that fit, the best and newest of them. */
export async function findOfKind(
  reader: Reader,
  kind: FoundKind,
  query: SearchQuery,
): Promise<readonly FoundRow[]> {
  const statement = statements[kind](query)
  if (!statement) return []
  const { rows } = await sql<FoundRow>`${statement}`.execute(reader)
  return rows.map((row) => ({ ...row, at: row.at === null ? null : Number(row.at) }))
}

const statements: Readonly<Record<FoundKind, (query: SearchQuery) => Sql | undefined>> = {
  experiment: (query) =>
    ranked(
      query,
      sql`select cast(number as text) as id, name, cast(null as text) as detail, updated_at as at
        from experiment where ${shownExperiments(query)}`,
    ),
  run: runs,
  trace: traces,
  model: (query) => models('models', query),
  prompt: (query) => models('prompts', query),
  'model-version': versions,
  'evaluation-dataset': evaluationDatasets,
  dataset: (query) => named(query, 'dataset', { at: 'updated_at', detail: 'description' }),
  'feature-view': (query) =>
    ranked(
      query,
      sql`select name as id, name, cast(null as text) as detail, created_at as at from feature_definition
        where kind = 'view' and newest = 1`,
    ),
  pipeline: (query) => named(query, 'pipeline', { detail: 'description' }),
  endpoint: (query) =>
    named(query, 'serving_endpoint', { at: 'updated_at', detail: 'description' }),
  monitor: (query) => named(query, 'monitor', { at: 'created_at' }),
  'monitor-report': (query) => named(query, 'monitor_report', { at: 'updated_at' }),
  'pipeline-run': (query) => byId(query, 'pipeline_run', 'pipeline'),
  candidate: (query) => byId(query, 'candidate', 'policy'),
}

/** Every word lies within the text, whatever the case of its ASCII letters. */
const holds = ({ dialect, words }: SearchQuery, text: Sql): Sql =>
  sql.join(
    words.map((word) => like(dialect, text, `%${pattern(word)}%`)),
    sql` and `,
  )

const like = (dialect: Dialect, text: Sql, given: string): Sql =>
  dialect === 'postgres'
    ? sql`${text} ilike ${given} escape '\\'`
    : sql`${text} like ${given} escape '\\'`

/** Of rows with a name and a time the best: what is so called, what begins so, the rest; the newest of each first. */
function ranked(query: SearchQuery, rows: Sql): Sql {
  const { dialect, words, limit } = query
  const name = sql.ref('found.name')
  return sql`select * from (${rows}) as found where ${holds(query, name)}
    order by case when lower(found.name) = ${words.join(' ')} then 0
      when ${like(dialect, name, `${pattern(words[0] ?? '')}%`)} then 1 else 2 end,
    found.at desc limit ${limit}`
}

const missing = { at: sql`cast(null as bigint)`, detail: sql`cast(null as text)` }

const named = (
  query: SearchQuery,
  table: string,
  { at, detail }: { readonly at?: string; readonly detail?: string },
): Sql =>
  ranked(
    query,
    sql`select name as id, name, ${detail ? sql.ref(detail) : missing.detail} as detail,
      ${at ? sql.ref(at) : missing.at} as at from ${sql.table(table)}`,
  )

const byId = (query: SearchQuery, table: string, detail: string): Sql =>
  ranked(
    query,
    sql`select id, id as name, ${sql.ref(detail)} as detail, created_at as at
      from ${sql.table(table)}`,
  )

function shownExperiments({ workspace, experiments }: SearchScope): RawBuilder<SqlBool> {
  const visible = experiments
    ? sql`and ${within(sql`cast(experiment.number as text)`, experiments)}`
    : sql``
  return sql<SqlBool>`(experiment.workspace = ${workspace} and experiment.lifecycle = 'active' ${visible})`
}

const shownNumbers = (query: SearchScope): Sql =>
  sql`(select experiment.number from experiment where ${shownExperiments(query)})`

/** Names are read from an index of them alone, however wide the runs are; those found are looked up. */
function runs(query: SearchQuery): Sql {
  const active = sql`select number, name, start_time as at from run
    where experiment_number in ${shownNumbers(query)} and lifecycle = 'active'`
  const begun = idBeginning(query.words)
  const byId = begun
    ? sql`union select number, name, at from (${active} and id >= ${begun} and id < ${`${begun}g`}
        limit ${query.limit}) as begun`
    : sql``
  return sql`select run.id as id, run.name as name, experiment.name as detail, run.start_time as at
    from (select number, name, at from (${ranked(query, active)}) as called ${byId}) as hit
    join run on run.number = hit.number
    join experiment on experiment.number = run.experiment_number`
}

function traces(query: SearchQuery): Sql {
  const shown = sql`trace.experiment_number in ${shownNumbers(query)}`
  const name = traceNameValue(query.dialect, 'tag')
  // Names come first: SQLite takes the tables of a cross join as they stand.
  const called = sql`select trace.number as number, ${name} as name, trace.timestamp_ms as at
    from trace_tag as tag cross join trace
    where ${isTraceName('tag')} and ${holds(query, name)}
      and trace.number = tag.trace_number and ${shown}`
  const [word = ''] = query.words
  const byId = /^tr-[0-9a-f]{6,32}$/.test(word)
    ? sql`union select number, name, at from (select number, '' as name, timestamp_ms as at from trace
        where ${shown} and id >= ${word} and id < ${`${word}g`} limit ${query.limit}) as begun`
    : sql``
  return sql`select trace.id as id, coalesce(tag.value, trace.id) as name, experiment.name as detail,
      trace.timestamp_ms as at
    from (select number, name, at from (${ranked(query, called)}) as called ${byId}) as hit
    join trace on trace.number = hit.number
    join experiment on experiment.number = trace.experiment_number
    left join trace_tag as tag on tag.trace_number = trace.number and ${isTraceName('tag')}`
}

function models(which: 'models' | 'prompts', query: SearchQuery): Sql {
  const scope = { workspace: query.workspace, visible: query.models }
  const name = modelNameColumn(query.workspace)
  return ranked(
    query,
    sql`select ${name} as id, ${name} as name, description as detail, updated_at as at
      from registered_model where ${shownModels(which, scope)}`,
  )
}

/** A version by its model and number, or by an alias: `bike-demand/21`, `bike-demand@champion`. */
function versions(query: SearchQuery): Sql {
  const scope = { workspace: query.workspace, visible: query.models }
  const model = modelNameColumn(query.workspace)
  const shown = sql`join registered_model on registered_model.number = version.model_number
    where version.deleted_at is null and ${shownModels('models', scope)}`
  const id = sql`${model} || '/' || cast(version.version as text)`
  const facts = sql`version.description as detail, version.created_at as at`
  const aliased = sql`select ${id} as id, ${model} || '@' || alias.alias as name, ${facts}
    from registered_model_alias as alias
    join model_version as version
      on version.model_number = alias.model_number and version.version = alias.version ${shown}`
  // Without a number in the text every version of a model would be found with it.
  const numbered = query.words.some((word) => /\d/.test(word))
    ? sql`union all select ${id} as id, ${id} as name, ${facts} from model_version as version ${shown}`
    : sql``
  return ranked(query, sql`${aliased} ${numbered}`)
}

/** One belongs to all experiments that it is used in: who does not see all experiments is shown none. */
function evaluationDatasets(query: SearchQuery): Sql | undefined {
  if (query.experiments !== undefined) return undefined
  return ranked(
    query,
    sql`select id, name, ${missing.detail} as detail, updated_at as at from evaluation_dataset
      where workspace = ${query.workspace}`,
  )
}
