import { sql } from 'kysely'
import type { Database } from '../storage/index.ts'

/** Rows of what code of bundles belongs to, with nothing else in them. */
export async function fillPipelines(
  database: Database,
  rows: {
    /** Digests of bundles by revision. */
    readonly revisions: Readonly<Record<string, string>>
    readonly declared: string
    readonly runs: readonly {
      readonly id: string
      readonly revision: string
      readonly endedAt: number | null
    }[]
    readonly monitored: string
    readonly served: string
  },
): Promise<void> {
  const bundle = (digest: string) => JSON.stringify({ digest, files: [] })
  await database.write(async (tx) => {
    for (const [revision, digest] of Object.entries(rows.revisions)) {
      await sql`insert into pipeline_revision (digest, declaration, bundle)
        values (${revision}, '{}', ${bundle(digest)})`.execute(tx)
    }
    await sql`insert into pipeline (name, description, revision, steps)
      values ('p', '', ${rows.declared}, 1)`.execute(tx)
    for (const { id, revision, endedAt } of rows.runs) {
      await sql`insert into pipeline_run (id, pipeline, revision, state, params, seed, use_cache,
          trigger_name, started_by, created_at, ended_at, outputs)
        values (${id}, 'p', ${revision}, ${endedAt === null ? 'running' : 'succeeded'}, '{}', 1, 1,
          'manual', 'x', 1, ${endedAt}, '{}')`.execute(tx)
    }
    await sql`insert into monitor (name, declaration, closed_to, started, label_cursor, created_at, bundle)
      values ('m', '{}', 0, 0, 0, 0, ${bundle(rows.monitored)})`.execute(tx)
    await sql`insert into serving_ensemble (name, version, declaration, members, signature, bundle,
        digest, created_at, created_by)
      values ('e', 1, '{}', '[]', '{}', ${bundle(rows.served)}, 'd', 0, 'x')`.execute(tx)
  })
}
