import type { RolloutSpec, RolloutState } from '@kaizen/contracts'
import { type Reader, type Tx, tables } from '../../storage/index.ts'
import type { ArmPin, RolloutRecord, StoredDecision } from './model.ts'

interface RolloutTables {
  serving_rollout: {
    endpoint: string
    number: number
    spec: string
    state: string
    step: number
    step_since: number
    started_at: number
    started_by: string
    ended_at: number | null
    baseline: string
    candidate: string
    before: string
    applied: number | null
    schema_failures: number
  }
  serving_rollout_decision: {
    endpoint: string
    number: number
    seq: number
    at: number
    kind: string
    actor: string
    reason: string
    step: number
    data: string
  }
}

const toRow = (record: RolloutRecord): RolloutTables['serving_rollout'] => ({
  endpoint: record.endpoint,
  number: record.number,
  spec: JSON.stringify(record.spec),
  state: record.state,
  step: record.step,
  step_since: record.stepSince,
  started_at: record.startedAt,
  started_by: record.startedBy,
  ended_at: record.endedAt,
  baseline: JSON.stringify(record.baseline),
  candidate: JSON.stringify(record.candidate),
  before: JSON.stringify(record.before),
  applied: record.applied,
  schema_failures: record.schemaFailures,
})

const toRecord = (row: RolloutTables['serving_rollout']): RolloutRecord => ({
  endpoint: row.endpoint,
  number: Number(row.number),
  spec: JSON.parse(row.spec) as RolloutSpec,
  state: row.state as RolloutState,
  step: Number(row.step),
  stepSince: Number(row.step_since),
  startedAt: Number(row.started_at),
  startedBy: row.started_by,
  endedAt: row.ended_at === null ? null : Number(row.ended_at),
  baseline: JSON.parse(row.baseline) as ArmPin,
  candidate: JSON.parse(row.candidate) as ArmPin,
  before: JSON.parse(row.before) as RolloutRecord['before'],
  applied: row.applied === null ? null : Number(row.applied),
  schemaFailures: Number(row.schema_failures),
})

export async function insertRollout(tx: Tx, record: RolloutRecord): Promise<void> {
  await tables<RolloutTables>(tx).insertInto('serving_rollout').values(toRow(record)).execute()
}

export async function updateRollout(tx: Tx, record: RolloutRecord): Promise<void> {
  await tables<RolloutTables>(tx)
    .updateTable('serving_rollout')
    .set(toRow(record))
    .where('endpoint', '=', record.endpoint)
    .where('number', '=', record.number)
    .execute()
}

export async function findRollout(
  reader: Reader,
  endpoint: string,
  number: number,
): Promise<RolloutRecord | undefined> {
  const row = await tables<RolloutTables>(reader)
    .selectFrom('serving_rollout')
    .selectAll()
    .where('endpoint', '=', endpoint)
    .where('number', '=', number)
    .executeTakeFirst()
  return row && toRecord(row)
}

/** Of an endpoint, newest first, with numbers below a place. */
export async function listRollouts(
  reader: Reader,
  endpoint: string,
  options: { readonly below: number; readonly limit: number },
): Promise<readonly RolloutRecord[]> {
  const rows = await tables<RolloutTables>(reader)
    .selectFrom('serving_rollout')
    .selectAll()
    .where('endpoint', '=', endpoint)
    .where('number', '<', options.below)
    .orderBy('number', 'desc')
    .limit(options.limit)
    .execute()
  return rows.map(toRecord)
}

/** Rollouts that still want something: those under way, and those whose last route is still to be set. */
export async function openRollouts(reader: Reader): Promise<readonly RolloutRecord[]> {
  const rows = await tables<RolloutTables>(reader)
    .selectFrom('serving_rollout')
    .selectAll()
    .where((where) =>
      where.or([
        where('state', 'in', ['running', 'paused']),
        where.and([where('applied', 'is', null), where('state', '!=', 'overruled')]),
      ]),
    )
    .orderBy('endpoint')
    .orderBy('number')
    .execute()
  return rows.map(toRecord)
}

export async function insertDecision(tx: Tx, decision: Omit<StoredDecision, 'seq'>): Promise<void> {
  const { seq } = await tables<RolloutTables>(tx)
    .selectFrom('serving_rollout_decision')
    .select((all) => all.fn.countAll<number>().as('seq'))
    .where('endpoint', '=', decision.endpoint)
    .where('number', '=', decision.number)
    .executeTakeFirstOrThrow()
  await tables<RolloutTables>(tx)
    .insertInto('serving_rollout_decision')
    .values({ ...decision, seq: Number(seq) + 1, data: JSON.stringify(decision.data) })
    .execute()
}

export async function decisionsOf(
  reader: Reader,
  endpoint: string,
  number: number,
): Promise<readonly StoredDecision[]> {
  const rows = await tables<RolloutTables>(reader)
    .selectFrom('serving_rollout_decision')
    .selectAll()
    .where('endpoint', '=', endpoint)
    .where('number', '=', number)
    .orderBy('seq')
    .execute()
  return rows.map((row) => ({
    ...row,
    number: Number(row.number),
    seq: Number(row.seq),
    at: Number(row.at),
    step: Number(row.step),
    kind: row.kind as StoredDecision['kind'],
    data: JSON.parse(row.data) as StoredDecision['data'],
  }))
}
