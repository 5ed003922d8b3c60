import { type Reader, type Tx, tables } from '../storage/index.ts'
import type { RunRecord, RunState, StepChange, StepRecord, StepState } from './model.ts'
import type { PipelineTables } from './tables.ts'

type RunRow = PipelineTables['pipeline_run']
type StepRow = PipelineTables['pipeline_step_run']

/** Rows of one statement; engines bound the number of values. */
const insertBatch = 1000

const toRun = (row: RunRow): RunRecord => ({
  id: row.id,
  pipeline: row.pipeline,
  project: row.project,
  revision: row.revision,
  state: row.state,
  params: JSON.parse(row.params) as RunRecord['params'],
  seed: row.seed,
  cache: row.use_cache === 1,
  trigger: row.trigger_name,
  startedBy: row.started_by,
  trackingRunId: row.tracking_run_id,
  versions: row.versions === null ? null : (JSON.parse(row.versions) as RunRecord['versions']),
  createdAt: row.created_at,
  startedAt: row.started_at,
  endedAt: row.ended_at,
  error: row.error === null ? null : (JSON.parse(row.error) as RunRecord['error']),
  outputs: JSON.parse(row.outputs) as RunRecord['outputs'],
  source: row.source === null ? null : (JSON.parse(row.source) as RunRecord['source']),
  reproduces: row.reproduces,
})

const toStep = (row: StepRow): StepRecord => ({
  run: row.run,
  node: row.node,
  step: row.step,
  state: row.state,
  attempt: row.attempt,
  startedAt: row.started_at,
  endedAt: row.ended_at,
  durationMs: row.duration_ms,
  cacheReason: row.cache_reason,
  cacheKey: row.cache_key,
  outputs: JSON.parse(row.outputs) as StepRecord['outputs'],
  lineage: row.lineage === null ? null : (JSON.parse(row.lineage) as StepRecord['lineage']),
  error: row.error === null ? null : (JSON.parse(row.error) as StepRecord['error']),
  handle: row.handle,
})

const text = (value: unknown): string | null => (value === null ? null : JSON.stringify(value))

/** Adds a run with all its steps waiting. */
export async function insertRun(
  tx: Tx,
  run: RunRecord,
  steps: readonly { readonly id: string; readonly step: string }[],
): Promise<void> {
  const db = tables<PipelineTables>(tx)
  await db
    .insertInto('pipeline_run')
    .values({
      id: run.id,
      pipeline: run.pipeline,
      project: run.project,
      revision: run.revision,
      state: run.state,
      params: JSON.stringify(run.params),
      seed: run.seed,
      use_cache: run.cache ? 1 : 0,
      trigger_name: run.trigger,
      started_by: run.startedBy,
      tracking_run_id: run.trackingRunId,
      versions: text(run.versions),
      created_at: run.createdAt,
      started_at: run.startedAt,
      ended_at: run.endedAt,
      error: text(run.error),
      outputs: JSON.stringify(run.outputs),
      source: text(run.source),
      reproduces: run.reproduces,
    })
    .execute()
  const rows = steps.map(({ id, step }, position) => ({
    run: run.id,
    node: id,
    position,
    step,
    state: 'waiting' as const,
    attempt: 0,
    outputs: '{}',
  }))
  for (let from = 0; from < rows.length; from += insertBatch)
    await db
      .insertInto('pipeline_step_run')
      .values(rows.slice(from, from + insertBatch))
      .execute()
}

export async function findRun(reader: Reader, id: string): Promise<RunRecord | undefined> {
  const row = await tables<PipelineTables>(reader)
    .selectFrom('pipeline_run')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  return row && toRun(row)
}

export interface RunFilter {
  readonly pipeline?: string | undefined
  readonly state?: RunState | undefined
  /** Only runs older than this one. */
  readonly before?: string | undefined
  readonly limit: number
}
/** Newest first. */
export async function listRuns(reader: Reader, filter: RunFilter): Promise<readonly RunRecord[]> {
  let query = tables<PipelineTables>(reader).selectFrom('pipeline_run').selectAll()
  if (filter.pipeline !== undefined) query = query.where('pipeline', '=', filter.pipeline)
  if (filter.state !== undefined) query = query.where('state', '=', filter.state)
  if (filter.before !== undefined) query = query.where('id', '<', filter.before)
  return (await query.orderBy('id', 'desc').limit(filter.limit).execute()).map(toRun)
}

/** Runs that ended in [from, to) and were not cancelled, oldest first, with their steps. */
export async function endedRuns(
  reader: Reader,
  pipeline: string,
  span: { readonly from: number; readonly to: number },
): Promise<readonly EndedRun[]> {
  const db = tables<PipelineTables>(reader)
  const rows = await db
    .selectFrom('pipeline_run')
    .selectAll()
    .where('pipeline', '=', pipeline)
    .where('ended_at', '>=', span.from)
    .where('ended_at', '<', span.to)
    .where('state', '!=', 'cancelled')
    .orderBy('ended_at')
    .orderBy('id')
    .execute()
  const steps = new Map<string, StepRecord[]>()
  for (let from = 0; from < rows.length; from += insertBatch) {
    const ids = rows.slice(from, from + insertBatch).map(({ id }) => id)
    const found = await db
      .selectFrom('pipeline_step_run')
      .selectAll()
      .where('run', 'in', ids)
      .execute()
    for (const row of found) steps.set(row.run, [...(steps.get(row.run) ?? []), toStep(row)])
  }
  return rows.map((row) => ({ run: toRun(row), steps: steps.get(row.id) ?? [] }))
}

export interface EndedRun {
  readonly run: RunRecord
  readonly steps: readonly StepRecord[]
}

/** When the first and the last run of a pipeline ended; undefined before the first. */
export async function endedSpan(
  reader: Reader,
  pipeline: string,
): Promise<{ readonly from: number; readonly to: number } | undefined> {
  const row = await tables<PipelineTables>(reader)
    .selectFrom('pipeline_run')
    .select(({ fn }) => [
      fn.min<number | null>('ended_at').as('from'),
      fn.max<number | null>('ended_at').as('to'),
    ])
    .where('pipeline', '=', pipeline)
    .where('state', '!=', 'cancelled')
    .executeTakeFirst()
  return row && row.from !== null && row.to !== null
    ? { from: Number(row.from), to: Number(row.to) + 1 }
    : undefined
}

/** The newest run of each pipeline. */
export async function newestRuns(
  reader: Reader,
  pipelines: readonly string[],
): Promise<readonly RunRecord[]> {
  if (pipelines.length === 0) return []
  const db = tables<PipelineTables>(reader)
  const newest = db
    .selectFrom('pipeline_run')
    .select(({ fn }) => fn.max('id').as('id'))
    .where('pipeline', 'in', pipelines)
    .groupBy('pipeline')
  const rows = await db.selectFrom('pipeline_run').selectAll().where('id', 'in', newest).execute()
  return rows.map(toRun)
}

export interface StepCount {
  readonly run: string
  readonly state: StepState
  readonly count: number
}
export async function countSteps(
  reader: Reader,
  runs: readonly string[],
): Promise<readonly StepCount[]> {
  if (runs.length === 0) return []
  const rows = await tables<PipelineTables>(reader)
    .selectFrom('pipeline_step_run')
    .select(['run', 'state', ({ fn }) => fn.countAll<number>().as('count')])
    .where('run', 'in', runs)
    .groupBy(['run', 'state'])
    .execute()
  return rows.map((row) => ({ ...row, count: Number(row.count) }))
}

/** Marks a queued run as running, with the versions that it reads. */
export async function beginRun(
  tx: Tx,
  id: string,
  begun: {
    readonly startedAt: number
    readonly versions: Readonly<Record<string, number>>
    readonly trackingRunId: string
  },
): Promise<boolean> {
  const result = await tables<PipelineTables>(tx)
    .updateTable('pipeline_run')
    .set({
      state: 'running',
      started_at: begun.startedAt,
      versions: JSON.stringify(begun.versions),
      tracking_run_id: begun.trackingRunId,
    })
    .where('id', '=', id)
    .where('state', '=', 'queued')
    .executeTakeFirst()
  return result.numUpdatedRows > 0n
}

/** Ends a run that has not ended; answers false when it had. */
export async function endRun(
  tx: Tx,
  id: string,
  ended: Pick<RunRecord, 'state' | 'endedAt' | 'error' | 'outputs'>,
): Promise<boolean> {
  const result = await tables<PipelineTables>(tx)
    .updateTable('pipeline_run')
    .set({
      state: ended.state,
      ended_at: ended.endedAt,
      error: text(ended.error),
      outputs: JSON.stringify(ended.outputs),
    })
    .where('id', '=', id)
    .where('state', 'in', ['queued', 'running'])
    .executeTakeFirst()
  return result.numUpdatedRows > 0n
}

/** In the order of the declaration. */
export async function readSteps(reader: Reader, run: string): Promise<readonly StepRecord[]> {
  const rows = await tables<PipelineTables>(reader)
    .selectFrom('pipeline_step_run')
    .selectAll()
    .where('run', '=', run)
    .orderBy('position')
    .execute()
  return rows.map(toStep)
}

const unfinished: readonly StepState[] = ['waiting', 'queued', 'running', 'retrying']

/** Changes a step that has not ended. */
export async function updateStep(
  tx: Tx,
  run: string,
  node: string,
  change: StepChange,
): Promise<void> {
  await tables<PipelineTables>(tx)
    .updateTable('pipeline_step_run')
    .set(toColumns(change))
    .where('run', '=', run)
    .where('node', '=', node)
    .where('state', 'in', unfinished)
    .execute()
}

function toColumns(change: StepChange): Partial<StepRow> {
  const { startedAt, endedAt, durationMs, cacheReason, cacheKey, outputs, lineage, error } = change
  return {
    ...(change.state === undefined ? {} : { state: change.state }),
    ...(change.attempt === undefined ? {} : { attempt: change.attempt }),
    ...(startedAt === undefined ? {} : { started_at: startedAt }),
    ...(endedAt === undefined ? {} : { ended_at: endedAt }),
    ...(durationMs === undefined ? {} : { duration_ms: durationMs }),
    ...(cacheReason === undefined ? {} : { cache_reason: cacheReason }),
    ...(cacheKey === undefined ? {} : { cache_key: cacheKey }),
    ...(outputs === undefined ? {} : { outputs: JSON.stringify(outputs) }),
    ...(lineage === undefined ? {} : { lineage: text(lineage) }),
    ...(error === undefined ? {} : { error: text(error) }),
    ...(change.handle === undefined ? {} : { handle: change.handle }),
  }
}

/** Ends every step of a run that has not ended. */
export async function endOpenSteps(
  tx: Tx,
  run: string,
  state: 'cancelled' | 'skipped',
  endedAt: number,
): Promise<void> {
  await tables<PipelineTables>(tx)
    .updateTable('pipeline_step_run')
    .set({ state, ended_at: endedAt })
    .where('run', '=', run)
    .where('state', 'in', unfinished)
    .execute()
}

/** When runs ended, by id: null for one that goes on; one that is not known is absent. */
export async function endsOfRuns(
  reader: Reader,
  ids: readonly string[],
): Promise<ReadonlyMap<string, number | null>> {
  if (ids.length === 0) return new Map()
  const rows = await tables<PipelineTables>(reader)
    .selectFrom('pipeline_run')
    .select(['id', 'ended_at'])
    .where('id', 'in', [...ids])
    .execute()
  return new Map(rows.map(({ id, ended_at }) => [id, ended_at]))
}
