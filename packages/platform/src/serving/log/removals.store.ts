import { type Reader, type Tx, tables } from '../../storage/index.ts'
import type { RemovalReason } from './retention.ts'

interface RemovalTables {
  serving_log_removal: {
    endpoint: string
    /** Path of the file inside the folder of the log. */
    file: string
    day: string
    row_count: number
    size_bytes: number
    reason: RemovalReason
    removed_at: number
  }
}

export interface RemovedFile {
  readonly file: string
  readonly day: string
  readonly rows: number
  readonly sizeBytes: number
  readonly reason: RemovalReason
  readonly removedAt: number
}

/** Which of some files have been recorded as removed. */
export async function recordedAmong(
  reader: Reader | Tx,
  endpoint: string,
  files: readonly string[],
): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  for (let from = 0; from < files.length; from += 500) {
    const rows = await tables<RemovalTables>(reader)
      .selectFrom('serving_log_removal')
      .select('file')
      .where('endpoint', '=', endpoint)
      .where('file', 'in', files.slice(from, from + 500))
      .execute()
    for (const { file } of rows) found.add(file)
  }
  return found
}

export async function insertRemovals(
  tx: Tx,
  endpoint: string,
  removed: readonly RemovedFile[],
): Promise<void> {
  for (const { file, day, rows, sizeBytes, reason, removedAt } of removed) {
    await tables<RemovalTables>(tx)
      .insertInto('serving_log_removal')
      .values({
        endpoint,
        file,
        day,
        reason,
        row_count: rows,
        size_bytes: sizeBytes,
        removed_at: removedAt,
      })
      .execute()
  }
}

/** What was removed last, newest first. */
export async function newestRemovals(
  reader: Reader,
  endpoint: string,
  limit: number,
): Promise<readonly RemovedFile[]> {
  const rows = await tables<RemovalTables>(reader)
    .selectFrom('serving_log_removal')
    .selectAll()
    .where('endpoint', '=', endpoint)
    .orderBy('removed_at', 'desc')
    .orderBy('file', 'desc')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    file: row.file,
    day: row.day,
    reason: row.reason,
    rows: row.row_count,
    sizeBytes: row.size_bytes,
    removedAt: row.removed_at,
  }))
}
