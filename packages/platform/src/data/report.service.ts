import type { DataReport, VersionComparison } from '@kaizen/contracts'
import type { DataDeps } from './dependencies.ts'
import type { ReadableVersion, VersionRecord } from './model.ts'
import { relationOf } from './relation.ts'
import { compareVersions } from './report/compare.ts'
import { reportOn } from './report/report.ts'

/** The versions that reports are about. */
export interface Versions {
  version(dataset: string, version: number): Promise<VersionRecord>
  profile(dataset: string, version: number): Promise<ReadableVersion['profile']>
}

/** Reports that are kept at hand; versions never change, so neither do they. */
const keptReports = 50

/** Reports on versions, and versions side by side. */
export class ReportService {
  readonly #deps: DataDeps
  readonly #versions: Versions
  /** Reports by what they are about, the one used last at the end. */
  readonly #reports = new Map<string, Promise<DataReport>>()

  constructor(deps: DataDeps, versions: Versions) {
    this.#deps = deps
    this.#versions = versions
  }

  /** @throws NOT_FOUND, or INVALID_REQUEST for a target that is no column */
  async report(dataset: string, version: number, target: string | undefined): Promise<DataReport> {
    const key = JSON.stringify([dataset, version, target ?? null])
    const report = this.#reports.get(key) ?? this.#make(dataset, version, target)
    this.#reports.delete(key)
    this.#reports.set(key, report)
    for (const oldest of this.#reports.keys()) {
      if (this.#reports.size <= keptReports) break
      this.#reports.delete(oldest)
    }
    try {
      return await report
    } catch (failure) {
      this.#reports.delete(key)
      throw failure
    }
  }

  /** @throws NOT_FOUND, or INVALID_REQUEST for a key that is no column of both */
  async compare(
    dataset: string,
    [before, after]: readonly [number, number],
    key: readonly string[],
  ): Promise<VersionComparison> {
    return compareVersions(
      this.#deps.lake,
      [await this.#readable(dataset, before), await this.#readable(dataset, after)],
      key,
    )
  }

  async #make(dataset: string, version: number, target: string | undefined): Promise<DataReport> {
    return reportOn(this.#deps.lake, await this.#readable(dataset, version), target)
  }

  async #readable(dataset: string, version: number): Promise<ReadableVersion> {
    const found = await this.#versions.version(dataset, version)
    const profile = await this.#versions.profile(dataset, version)
    return { ...found, profile, relation: await relationOf(this.#deps.blobs, found) }
  }
}
