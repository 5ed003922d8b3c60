import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Database } from '../storage/index.ts'
import { removeBundleFolders } from './bundle-folders.ts'
import { bundlesInUse } from './bundles-in-use.store.ts'
import { endsOfRuns } from './runs.store.ts'

export interface WorkingFiles {
  readonly database: Database
  readonly logFolder: string
  readonly bundleFolder: string
}

export interface WorkingFilesSpec {
  /** Logs of runs that ended before this go; none, where it is absent. */
  readonly endedBefore: number | undefined
  /** By the clock of the file system: what is younger stays, whatever it is. */
  readonly writtenBefore: number
  /** Digests of bundles that other rooms run code from. */
  readonly keep: ReadonlySet<string>
  readonly dryRun: boolean
}

export interface Removed {
  readonly count: number
  readonly sizeBytes: number
}

/** Frees files of this server's data directory: logs of runs that ended long ago, and code that nothing runs. */
export async function collectWorkingFiles(
  files: WorkingFiles,
  spec: WorkingFilesSpec,
): Promise<{ readonly logs: Removed; readonly bundles: Removed }> {
  const logs = await removeLogs(files, spec)
  const keep = new Set([...spec.keep, ...(await bundlesInUse(files.database.reader))])
  const { writtenBefore: before, dryRun } = spec
  const bundles = await removeBundleFolders(files.bundleFolder, { keep, before, dryRun })
  return { logs, bundles }
}

const logsAtOnce = 500

/** A log goes when its run ended long enough ago, or is in no database: its file is named before that is asked. */
async function removeLogs(
  { database, logFolder }: WorkingFiles,
  { endedBefore, writtenBefore, dryRun }: WorkingFilesSpec,
): Promise<Removed> {
  const names = (await readdir(logFolder).catch(() => [])).filter((name) => name.endsWith('.jsonl'))
  let count = 0
  let sizeBytes = 0
  for (let at = 0; at < names.length; at += logsAtOnce) {
    const ids = names.slice(at, at + logsAtOnce).map((name) => name.slice(0, -'.jsonl'.length))
    const ends = await endsOfRuns(database.reader, ids)
    for (const id of ids) {
      const path = join(logFolder, `${id}.jsonl`)
      const { size, mtimeMs } = await stat(path)
      const ended = ends.get(id)
      const isOld =
        ended === undefined || (ended !== null && endedBefore !== undefined && ended < endedBefore)
      if (!isOld || mtimeMs >= writtenBefore) continue
      if (!dryRun) await rm(path, { force: true })
      count++
      sizeBytes += size
    }
  }
  return { count, sizeBytes }
}
