import { sql } from 'kysely'
import type { Reader } from '../storage/index.ts'

/** Ids of runs and logged models whose files a model version that still exists is made of. */
export async function ownersOfVersions(reader: Reader): Promise<ReadonlySet<string>> {
  const { rows } = await sql<Record<string, string | null>>`
    select run_id, logged_model_id, source, storage_uri from model_version
    where deleted_at is null`.execute(reader)
  const owners = new Set<string>()
  for (const row of rows) {
    for (const text of Object.values(row)) {
      for (const [id] of (text ?? '').matchAll(/(?:m-)?[0-9a-f]{32}/g)) owners.add(id)
    }
  }
  return owners
}

/** Digests of bundles that monitors compute metrics with, and ensembles answer with. */
export async function bundlesOfDefinitions(reader: Reader): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ readonly bundle: string }>`
    select bundle from monitor where bundle is not null
    union all select bundle from serving_ensemble where bundle is not null`.execute(reader)
  return new Set(rows.map(({ bundle }) => (JSON.parse(bundle) as { digest: string }).digest))
}
