import { join } from 'node:path'
import { KaizenError } from '@kaizen/contracts'
import { type Logger, pino } from 'pino'
import { Registry } from 'prom-client'
import { AuditLog } from '../audit/index.ts'
import { type Clock, type Ids, ReplayClock, randomIds, systemClock } from '../kernel/index.ts'
import {
  type BlobStore,
  type Database,
  type DataDirectory,
  type Lake,
  type MigrationEvent,
  openDataDirectory,
  openDuckdbLake,
  openFileBlobs,
  openPostgres,
  openS3Blobs,
  openSqlite,
  s3SettingsOf,
} from '../storage/index.ts'
import { readReplayClock } from './clock.store.ts'
import type { ServerConfig } from './config.ts'
import { migrationWords } from './migration-words.ts'
import { migrations } from './migrations.ts'

/** What every stage stands on, with the adapters that the configuration names. */
export interface Foundation extends AsyncDisposable {
  readonly directory: DataDirectory
  readonly database: Database
  readonly blobs: BlobStore
  readonly lake: Lake
  readonly clock: Clock
  readonly ids: Ids
  readonly audit: AuditLog
  readonly metrics: Registry
  readonly logger: Logger
  /** A folder for files in the making; the lake may read and write it. */
  readonly workFolder: string
}

export async function openFoundation(
  config: ServerConfig,
  tell: (line: string) => void,
): Promise<Foundation> {
  await using opened = new AsyncDisposableStack()
  const directory = opened.use(await openDataDirectory(config.dataDir))
  const onMigration = (event: MigrationEvent) => tell(migrationWords(event))
  const database = config.databaseUrl
    ? await openPostgres(config.databaseUrl, migrations, onMigration)
    : await openSqlite(directory.databasePath, migrations, onMigration)
  opened.defer(() => database.close())
  const blobs = config.blobs
    ? await openS3Blobs(s3SettingsOf(config.blobs, process.env), await directory.folder('bucket'), {
        localCopiesBytes: config.localCopiesGb * 1024 ** 3,
      })
    : await openFileBlobs(directory.blobsPath)
  const workFolder = await directory.folder('work')
  const lake = openDuckdbLake({
    folders: [directory.root],
    tempFolder: join(workFolder, 'lake'),
    memoryLimitMb: config.memoryLimitMb,
  })
  opened.defer(() => lake.close())
  const clock = await openClock(database, config.replayFrom)
  const kept = opened.move()
  return {
    directory,
    database,
    blobs,
    lake,
    clock,
    ids: randomIds(),
    audit: new AuditLog(database, clock),
    metrics: new Registry(),
    logger: pino({ level: config.logLevel, redact: ['*.authorization', '*.secret', '*.token'] }),
    workFolder,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** A data directory that was replayed stays a replay: its times would make no sense beside the system's. */
async function openClock(database: Database, replayFrom: number | undefined): Promise<Clock> {
  const stood = await readReplayClock(database.reader)
  if (replayFrom !== undefined) return new ReplayClock(Math.max(stood ?? replayFrom, replayFrom))
  if (stood !== undefined) {
    throw new KaizenError(
      'INVALID_CONFIG',
      `this data directory belongs to a replay that stands at ${new Date(stood).toISOString()}`,
      {
        hint: `Go on with --replay-from ${new Date(stood).toISOString()}, or use another --data-dir.`,
      },
    )
  }
  return systemClock
}
