import { type Reader, type Tx, tables } from '../storage/index.ts'
import type { PolicyRecord } from './model.ts'
import type { ContinualTables } from './tables.ts'

type PolicyRow = ContinualTables['policy']

const toPolicy = (row: PolicyRow): PolicyRecord => ({
  name: row.name,
  project: row.project,
  declaration: JSON.parse(row.declaration) as PolicyRecord['declaration'],
  collect: row.collect === null ? null : (JSON.parse(row.collect) as PolicyRecord['collect']),
  paused: row.paused === 1,
  frozenUntil: row.frozen_until,
  declaredAt: row.declared_at,
  holdKey: row.hold_key,
})

/** Declares a policy; one that exists keeps its past. */
export async function upsertPolicy(tx: Tx, policy: PolicyRecord): Promise<void> {
  const declared = {
    project: policy.project,
    declaration: JSON.stringify(policy.declaration),
    collect: policy.collect && JSON.stringify(policy.collect),
  }
  await tables<ContinualTables>(tx)
    .insertInto('policy')
    .values({
      name: policy.name,
      ...declared,
      paused: Number(policy.paused),
      frozen_until: policy.frozenUntil,
      declared_at: policy.declaredAt,
      hold_key: policy.holdKey,
    })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(declared))
    .execute()
}

export async function deletePolicy(tx: Tx, name: string): Promise<void> {
  await tables<ContinualTables>(tx).deleteFrom('policy').where('name', '=', name).execute()
}

export async function updatePolicy(
  tx: Tx,
  name: string,
  change: Partial<Pick<PolicyRecord, 'paused' | 'frozenUntil' | 'holdKey'>>,
): Promise<void> {
  await tables<ContinualTables>(tx)
    .updateTable('policy')
    .set({
      ...(change.paused === undefined ? {} : { paused: Number(change.paused) }),
      ...(change.frozenUntil === undefined ? {} : { frozen_until: change.frozenUntil }),
      ...(change.holdKey === undefined ? {} : { hold_key: change.holdKey }),
    })
    .where('name', '=', name)
    .execute()
}

export async function findPolicy(reader: Reader, name: string): Promise<PolicyRecord | undefined> {
  const row = await tables<ContinualTables>(reader)
    .selectFrom('policy')
    .selectAll()
    .where('name', '=', name)
    .executeTakeFirst()
  return row && toPolicy(row)
}

/** By name, after a name. */
export async function listPolicies(
  reader: Reader,
  after: string,
  limit: number,
): Promise<readonly PolicyRecord[]> {
  const rows = await tables<ContinualTables>(reader)
    .selectFrom('policy')
    .selectAll()
    .where('name', '>', after)
    .orderBy('name')
    .limit(limit)
    .execute()
  return rows.map(toPolicy)
}
