import type { ApprovalPolicy, ApprovalView } from '@kaizen/contracts'
import { type Reader, type Tx, tables } from '../../storage/index.ts'

interface ApprovalTables {
  model_approval_policy: { model_number: number; policy: string }
  model_approval: {
    number: number
    model_number: number
    version: number
    target: string
    decision: ApprovalView['decision']
    decided_by: string
    roles: string
    reason: string
    model_digest: string | null
    decided_at: number
  }
}

/** What holds for a model without a policy, and for what an older one does not speak of. */
const noPolicy: ApprovalPolicy = { rules: [], requireSignature: false }

export async function readPolicy(reader: Reader, modelNumber: number): Promise<ApprovalPolicy> {
  const row = await tables<ApprovalTables>(reader)
    .selectFrom('model_approval_policy')
    .select('policy')
    .where('model_number', '=', modelNumber)
    .executeTakeFirst()
  return { ...noPolicy, ...(row && (JSON.parse(row.policy) as Partial<ApprovalPolicy>)) }
}

export async function putPolicy(
  tx: Tx,
  modelNumber: number,
  policy: ApprovalPolicy,
): Promise<void> {
  const text = JSON.stringify(policy)
  await tables<ApprovalTables>(tx)
    .insertInto('model_approval_policy')
    .values({ model_number: modelNumber, policy: text })
    .onConflict((conflict) => conflict.column('model_number').doUpdateSet({ policy: text }))
    .execute()
}

export async function insertApproval(
  tx: Tx,
  key: { readonly modelNumber: number; readonly version: number },
  approval: ApprovalView,
): Promise<void> {
  await tables<ApprovalTables>(tx)
    .insertInto('model_approval')
    .values({
      model_number: key.modelNumber,
      version: key.version,
      target: approval.target,
      decision: approval.decision,
      decided_by: approval.by,
      roles: JSON.stringify(approval.roles),
      reason: approval.reason,
      model_digest: approval.modelDigest,
      decided_at: approval.at,
    } as ApprovalTables['model_approval'])
    .execute()
}

/** Decisions about a version, oldest first. */
export async function readApprovals(
  reader: Reader,
  key: { readonly modelNumber: number; readonly version: number },
): Promise<readonly ApprovalView[]> {
  const rows = await tables<ApprovalTables>(reader)
    .selectFrom('model_approval')
    .selectAll()
    .where('model_number', '=', key.modelNumber)
    .where('version', '=', key.version)
    .orderBy('number')
    .execute()
  return rows.map((row) => ({
    target: row.target,
    decision: row.decision,
    by: row.decided_by,
    roles: JSON.parse(row.roles) as string[],
    reason: row.reason,
    modelDigest: row.model_digest,
    at: row.decided_at,
  }))
}

/** What was said about a model goes with it. */
export async function deleteApprovals(tx: Tx, modelNumber: number): Promise<void> {
  const db = tables<ApprovalTables>(tx)
  await db.deleteFrom('model_approval').where('model_number', '=', modelNumber).execute()
  await db.deleteFrom('model_approval_policy').where('model_number', '=', modelNumber).execute()
}
