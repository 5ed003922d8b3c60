import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ResultFormatRequest } from '@kaizen/contracts'
import { readResultFormat } from '@kaizen/ml/validation'
import type { Actor } from '../kernel/index.ts'
import type { DataDeps } from './dependencies.ts'
import { expectationsIn, type ScopedSuite } from './expectations/environments.ts'
import { validateBatch } from './expectations/validate.ts'
import { maskedOutcomes } from './masked-outcomes.ts'
import type { VersionRecord } from './model.ts'
import { statisticsOf, succeeded } from './quality.rules.ts'
import type { ValidationRecord } from './quality.store.ts'
import { relationOf } from './relation.ts'

/** What a version is checked by. */
export interface CheckedBy {
  readonly suite: ScopedSuite
  /** An environment of the suite. */
  readonly environment?: string | undefined
  readonly resultFormat?: ResultFormatRequest | undefined
}

interface Subject {
  readonly actor: Actor
  readonly version: VersionRecord
  /** A version of another dataset that an expectation names. @throws NOT_FOUND */
  other(dataset: string, version: number | 'latest'): Promise<VersionRecord>
  /** A version of the same dataset, or the newest before the one that is checked. @throws NOT_FOUND for a given one */
  earlier(version: number | undefined): Promise<VersionRecord | null>
}

/** Validates the rows of a version and keeps those that failed; the validation itself is for the caller to record. */
export async function checkVersion(
  deps: DataDeps,
  { actor, version, other, earlier }: Subject,
  by: CheckedBy,
): Promise<ValidationRecord> {
  const expectations = expectationsIn(by.suite, by.environment, version)
  const { lake, blobs, clock, ids, workFolder } = deps
  const now = clock.now()
  const scratch: string[] = []
  const scratchFile = (): string => {
    const path = join(workFolder, `${ids.next('validation')}.parquet`)
    scratch.push(path)
    return path
  }
  try {
    const batch = {
      lake,
      relation: await relationOf(blobs, version),
      schema: version.schema,
      now,
      scratchFile,
      other: async (dataset: string, number?: number) =>
        relationOf(blobs, await other(dataset, number ?? 'latest')),
      earlier,
    }
    const format = readResultFormat(by.resultFormat)
    const { outcomes, failedRows } = await validateBatch(batch, expectations, format)
    const kept = failedRows === undefined ? undefined : await keep(deps, failedRows, scratchFile())
    return {
      id: ids.next('validation'),
      dataset: version.dataset,
      version: version.version,
      suite: by.suite.name,
      environment: by.environment ?? null,
      success: succeeded(outcomes),
      statistics: statisticsOf(outcomes),
      rowCount: version.rowCount,
      failedRows: kept?.rowCount ?? 0,
      createdAt: now,
      createdBy: actor.name,
      results: [...(await maskedOutcomes(outcomes, batch))],
      rowsDigest: kept?.digest ?? null,
    }
  } finally {
    await Promise.all(scratch.map((path) => rm(path, { force: true })))
  }
}

async function keep(
  { lake, blobs }: DataDeps,
  sql: string,
  path: string,
): Promise<{ readonly digest: string; readonly rowCount: number }> {
  const { rowCount } = await lake.copyToParquet(sql, path)
  return { ...(await blobs.put(createReadStream(path))), rowCount }
}
