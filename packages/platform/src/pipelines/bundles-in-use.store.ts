import { type Reader, tables } from '../storage/index.ts'
import type { Bundle } from './model.ts'
import type { PipelineTables } from './tables.ts'

/** Digests of bundles that pipelines as they are declared, or runs that have not ended, take their code from. */
export async function bundlesInUse(reader: Reader): Promise<ReadonlySet<string>> {
  const db = tables<PipelineTables>(reader)
  const rows = await db
    .selectFrom('pipeline_revision')
    .select('bundle')
    .where((eb) =>
      eb.or([
        eb('digest', 'in', db.selectFrom('pipeline').select('revision')),
        eb(
          'digest',
          'in',
          db.selectFrom('pipeline_run').select('revision').where('ended_at', 'is', null),
        ),
      ]),
    )
    .execute()
  return new Set(rows.map(({ bundle }) => (JSON.parse(bundle) as Bundle).digest))
}
