import { type Reader, type Tx, tables } from '../../storage/index.ts'
import type { ArtifactEntry } from '../model.ts'
import type { TrackingTables } from '../tables.ts'
import { joinPath, splitPath } from './artifact-path.ts'

type EntryRow = TrackingTables['artifact_entry']

const toEntry = (row: EntryRow): ArtifactEntry => ({
  name: row.name,
  isFolder: row.is_folder === 1,
  digest: row.digest,
  sizeBytes: row.size_bytes,
})

export async function findEntry(reader: Reader, path: string): Promise<ArtifactEntry | undefined> {
  const { folder, name } = splitPath(path)
  const row = await tables<TrackingTables>(reader)
    .selectFrom('artifact_entry')
    .selectAll()
    .where('folder', '=', folder)
    .where('name', '=', name)
    .executeTakeFirst()
  return row && toEntry(row)
}

/** Puts a file, replacing one of the same name, and the folders above it. The path must not run through a file. */
export async function putFile(
  tx: Tx,
  path: string,
  file: { readonly digest: string; readonly sizeBytes: number; readonly loggedAt: number },
): Promise<void> {
  const db = tables<TrackingTables>(tx)
  const content = { digest: file.digest, size_bytes: file.sizeBytes, logged_at: file.loggedAt }
  await db
    .insertInto('artifact_entry')
    .values({ ...splitPath(path), is_folder: 0, ...content })
    .onConflict((conflict) => conflict.columns(['folder', 'name']).doUpdateSet(content))
    .execute()
  const folders = foldersAbove(path).map((folder) => ({
    ...splitPath(folder),
    is_folder: 1,
    digest: null,
    size_bytes: null,
    logged_at: file.loggedAt,
  }))
  if (folders.length === 0) return
  await db
    .insertInto('artifact_entry')
    .values(folders)
    .onConflict((conflict) => conflict.columns(['folder', 'name']).doNothing())
    .execute()
}

/** The first of the folders above `path` that is a file. */
export async function fileInTheWay(reader: Reader, path: string): Promise<string | undefined> {
  for (const folder of foldersAbove(path)) {
    const entry = await findEntry(reader, folder)
    if (entry && !entry.isFolder) return folder
  }
  return undefined
}

/** Entries of a folder by name, after `after`. */
export async function listFolder(
  reader: Reader,
  folder: string,
  options: { readonly after?: string | undefined; readonly limit: number },
): Promise<readonly ArtifactEntry[]> {
  let query = tables<TrackingTables>(reader)
    .selectFrom('artifact_entry')
    .selectAll()
    .where('folder', '=', folder)
    .orderBy('name')
    .limit(options.limit)
  if (options.after !== undefined) query = query.where('name', '>', options.after)
  return (await query.execute()).map(toEntry)
}

/** Removes a file or a folder with all below it, then the folders above that became empty; answers the files removed. */
export async function removeTree(tx: Tx, path: string): Promise<number> {
  const db = tables<TrackingTables>(tx)
  const below = await db
    .deleteFrom('artifact_entry')
    .where((eb) =>
      eb.or([
        eb('folder', '=', path),
        eb.and([eb('folder', '>=', `${path}/`), eb('folder', '<', `${path}0`)]),
      ]),
    )
    .returning('is_folder')
    .execute()
  const itself = await removeEntry(tx, path)
  for (const folder of foldersAbove(path)) {
    if ((await listFolder(tx, folder, { limit: 1 })).length > 0) break
    await removeEntry(tx, folder)
  }
  return [...below, ...itself].filter((row) => row.is_folder === 0).length
}

async function removeEntry(tx: Tx, path: string): Promise<readonly { is_folder: number }[]> {
  const { folder, name } = splitPath(path)
  return tables<TrackingTables>(tx)
    .deleteFrom('artifact_entry')
    .where('folder', '=', folder)
    .where('name', '=', name)
    .returning('is_folder')
    .execute()
}

/** `a/b/c` lies below `a/b` and `a`, the nearest first. */
function foldersAbove(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1)
  return parts.map((_, index) => joinPath(...parts.slice(0, parts.length - index)))
}
