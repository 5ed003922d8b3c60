import type { EnsembleDeclaration, EnsembleMember, ModelSignature } from '@kaizen/contracts'
import type { Bundle } from '../../pipelines/index.ts'
import { type Reader, type Tx, tables } from '../../storage/index.ts'

interface EnsembleTables {
  serving_ensemble: {
    name: string
    version: number
    project: string | null
    declaration: string
    members: string
    signature: string
    bundle: string | null
    digest: string
    created_at: number
    created_by: string
  }
}

/** A version of an ensemble; it never changes. */
export interface EnsembleRecord {
  readonly name: string
  readonly version: number
  readonly project: string | null
  readonly declaration: EnsembleDeclaration
  readonly members: readonly EnsembleMember[]
  readonly signature: ModelSignature
  /** What its steps run from; null where it has none. */
  readonly bundle: Bundle | null
  readonly digest: string
  readonly createdAt: number
  readonly createdBy: string
}

const toRecord = (row: EnsembleTables['serving_ensemble']): EnsembleRecord => ({
  name: row.name,
  version: row.version,
  project: row.project,
  declaration: JSON.parse(row.declaration) as EnsembleDeclaration,
  members: JSON.parse(row.members) as EnsembleMember[],
  signature: JSON.parse(row.signature) as ModelSignature,
  bundle: row.bundle === null ? null : (JSON.parse(row.bundle) as Bundle),
  digest: row.digest,
  createdAt: row.created_at,
  createdBy: row.created_by,
})

/** A version, the newest unless told. */
export async function findEnsemble(
  reader: Reader,
  name: string,
  version?: number,
): Promise<EnsembleRecord | undefined> {
  let query = tables<EnsembleTables>(reader)
    .selectFrom('serving_ensemble')
    .selectAll()
    .where('name', '=', name)
  if (version !== undefined) query = query.where('version', '=', version)
  const row = await query.orderBy('version', 'desc').limit(1).executeTakeFirst()
  return row && toRecord(row)
}

/** The newest version of each, by name, after a name. */
export async function listEnsembles(
  reader: Reader,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<readonly EnsembleRecord[]> {
  const rows = await tables<EnsembleTables>(reader)
    .selectFrom('serving_ensemble as each')
    .selectAll()
    .where('each.name', '>', after)
    .where('each.version', '=', ({ selectFrom }) =>
      selectFrom('serving_ensemble as other')
        .select(({ fn }) => fn.max('other.version').as('newest'))
        .whereRef('other.name', '=', 'each.name'),
    )
    .orderBy('each.name')
    .limit(limit)
    .execute()
  return rows.map(toRecord)
}

/** Versions of one, newest first, below a version. */
export async function listVersions(
  reader: Reader,
  name: string,
  { below, limit }: { readonly below: number; readonly limit: number },
): Promise<readonly EnsembleRecord[]> {
  const rows = await tables<EnsembleTables>(reader)
    .selectFrom('serving_ensemble')
    .selectAll()
    .where('name', '=', name)
    .where('version', '<', below)
    .orderBy('version', 'desc')
    .limit(limit)
    .execute()
  return rows.map(toRecord)
}

export async function insertEnsemble(tx: Tx, record: EnsembleRecord): Promise<void> {
  await tables<EnsembleTables>(tx)
    .insertInto('serving_ensemble')
    .values({
      name: record.name,
      version: record.version,
      project: record.project,
      declaration: JSON.stringify(record.declaration),
      members: JSON.stringify(record.members),
      signature: JSON.stringify(record.signature),
      bundle: record.bundle === null ? null : JSON.stringify(record.bundle),
      digest: record.digest,
      created_at: record.createdAt,
      created_by: record.createdBy,
    })
    .execute()
}
