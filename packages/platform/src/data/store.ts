import { type Reader, type Tx, tables } from '../storage/index.ts'
import type { ColumnProfile, DatasetRecord, VersionRecord } from './model.ts'

interface DataTables {
  dataset: {
    name: string
    project: string | null
    description: string
    event_time: string | null
    rules: string
    created_at: number
    updated_at: number
  }
  dataset_version: {
    dataset: string
    version: number
    row_count: number
    content: string
    profile: string
  }
  dataset_window: { key: string; digest: string; size_bytes: number; row_count: number }
}

const toDataset = (row: DataTables['dataset']): DatasetRecord => ({
  name: row.name,
  project: row.project,
  description: row.description,
  eventTime:
    row.event_time === null ? null : (JSON.parse(row.event_time) as DatasetRecord['eventTime']),
  rules: JSON.parse(row.rules) as DatasetRecord['rules'],
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

const toVersion = (row: Pick<DataTables['dataset_version'], 'content'>): VersionRecord =>
  JSON.parse(row.content) as VersionRecord

/** Until somebody asks for it, a version has no profile. */
const noProfile = 'null'

export async function upsertDataset(tx: Tx, dataset: DatasetRecord): Promise<void> {
  const values = {
    project: dataset.project,
    description: dataset.description,
    event_time: dataset.eventTime ? JSON.stringify(dataset.eventTime) : null,
    rules: JSON.stringify(dataset.rules),
    updated_at: dataset.updatedAt,
  }
  await tables<DataTables>(tx)
    .insertInto('dataset')
    .values({ name: dataset.name, created_at: dataset.createdAt, ...values })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(values))
    .execute()
}

export async function findDataset(
  reader: Reader,
  name: string,
): Promise<DatasetRecord | undefined> {
  const row = await tables<DataTables>(reader)
    .selectFrom('dataset')
    .selectAll()
    .where('name', '=', name)
    .executeTakeFirst()
  return row && toDataset(row)
}

/** Datasets by name, after `after`. */
export async function listDatasets(
  reader: Reader,
  after: string,
  limit: number,
): Promise<readonly DatasetRecord[]> {
  const rows = await tables<DataTables>(reader)
    .selectFrom('dataset')
    .selectAll()
    .where('name', '>', after)
    .orderBy('name')
    .limit(limit)
    .execute()
  return rows.map(toDataset)
}

export async function insertVersion(tx: Tx, version: VersionRecord): Promise<void> {
  await tables<DataTables>(tx)
    .insertInto('dataset_version')
    .values({
      dataset: version.dataset,
      version: version.version,
      row_count: version.rowCount,
      content: JSON.stringify(version),
      profile: noProfile,
    })
    .execute()
}

export async function findVersion(
  reader: Reader,
  dataset: string,
  version: number,
): Promise<VersionRecord | undefined> {
  const row = await tables<DataTables>(reader)
    .selectFrom('dataset_version')
    .select('content')
    .where('dataset', '=', dataset)
    .where('version', '=', version)
    .executeTakeFirst()
  return row && toVersion(row)
}

/** The profile of a version, where it has been made. */
export async function findProfile(
  reader: Reader,
  dataset: string,
  version: number,
): Promise<readonly ColumnProfile[] | undefined> {
  const row = await tables<DataTables>(reader)
    .selectFrom('dataset_version')
    .select('profile')
    .where('dataset', '=', dataset)
    .where('version', '=', version)
    .executeTakeFirst()
  if (!row || row.profile === noProfile) return undefined
  return JSON.parse(row.profile) as readonly ColumnProfile[]
}

export async function writeProfile(
  tx: Tx,
  { dataset, version }: VersionRecord,
  profile: readonly ColumnProfile[],
): Promise<void> {
  await tables<DataTables>(tx)
    .updateTable('dataset_version')
    .set({ profile: JSON.stringify(profile) })
    .where('dataset', '=', dataset)
    .where('version', '=', version)
    .execute()
}

/** The newest version. */
export async function latestVersion(
  reader: Reader,
  dataset: string,
): Promise<VersionRecord | undefined> {
  const row = await tables<DataTables>(reader)
    .selectFrom('dataset_version')
    .select('content')
    .where('dataset', '=', dataset)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row && toVersion(row)
}

/** Versions before `before`, newest first. */
export async function listVersions(
  reader: Reader,
  dataset: string,
  before: number,
  limit: number,
): Promise<readonly VersionRecord[]> {
  const rows = await tables<DataTables>(reader)
    .selectFrom('dataset_version')
    .select('content')
    .where('dataset', '=', dataset)
    .where('version', '<', before)
    .orderBy('version', 'desc')
    .limit(limit)
    .execute()
  return rows.map(toVersion)
}

/** Window files by what determines them. */
export async function findWindow(
  reader: Reader,
  key: string,
): Promise<{ digest: string; sizeBytes: number; rowCount: number } | undefined> {
  const row = await tables<DataTables>(reader)
    .selectFrom('dataset_window')
    .selectAll()
    .where('key', '=', key)
    .executeTakeFirst()
  return row && { digest: row.digest, sizeBytes: row.size_bytes, rowCount: row.row_count }
}

export async function insertWindow(
  tx: Tx,
  key: string,
  window: { digest: string; sizeBytes: number; rowCount: number },
): Promise<void> {
  await tables<DataTables>(tx)
    .insertInto('dataset_window')
    .values({
      key,
      digest: window.digest,
      size_bytes: window.sizeBytes,
      row_count: window.rowCount,
    })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .execute()
}
