import type { Manifest } from '@kaizen/contracts'
import { type Reader, type Tx, tables } from '../storage/index.ts'
import type { ProjectRecord } from './model.ts'

interface DeliveryTables {
  project_revision: {
    project: string
    revision: number
    description: string
    manifest: string
    manifest_digest: string
    applied_at: number
    applied_by: string
  }
}

const toProject = (row: DeliveryTables['project_revision']): ProjectRecord => ({
  name: row.project,
  description: row.description,
  revision: row.revision,
  manifest: JSON.parse(row.manifest) as Manifest,
  manifestDigest: row.manifest_digest,
  appliedAt: row.applied_at,
  appliedBy: row.applied_by,
})

export async function insertRevision(tx: Tx, project: ProjectRecord): Promise<void> {
  await tables<DeliveryTables>(tx)
    .insertInto('project_revision')
    .values({
      project: project.name,
      revision: project.revision,
      description: project.description,
      manifest: JSON.stringify(project.manifest),
      manifest_digest: project.manifestDigest,
      applied_at: project.appliedAt,
      applied_by: project.appliedBy,
    })
    .execute()
}

/** The revision in force. */
export async function currentRevision(
  reader: Reader,
  project: string,
): Promise<ProjectRecord | undefined> {
  const row = await tables<DeliveryTables>(reader)
    .selectFrom('project_revision')
    .selectAll()
    .where('project', '=', project)
    .orderBy('revision', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row && toProject(row)
}

/** The revisions in force of projects after `after` by name. */
export async function listProjects(
  reader: Reader,
  after: string,
  limit: number,
): Promise<readonly ProjectRecord[]> {
  const db = tables<DeliveryTables>(reader)
  const newest = db
    .selectFrom('project_revision')
    .select((select) => ['project', select.fn.max('revision').as('newest')])
    .groupBy('project')
    .as('latest')
  const rows = await db
    .selectFrom('project_revision')
    .innerJoin(newest, (join) =>
      join
        .onRef('latest.project', '=', 'project_revision.project')
        .onRef('latest.newest', '=', 'project_revision.revision'),
    )
    .selectAll('project_revision')
    .where('project_revision.project', '>', after)
    .orderBy('project_revision.project')
    .limit(limit)
    .execute()
  return rows.map(toProject)
}
