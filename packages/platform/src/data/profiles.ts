import type { ColumnProfile } from '@kaizen/contracts'
import type { BlobStore, Database, Lake } from '../storage/index.ts'
import type { VersionRecord } from './model.ts'
import { profileColumns } from './profile/profile.ts'
import { relationOf } from './relation.ts'
import * as store from './store.ts'

export interface ProfilesDeps {
  readonly database: Database
  readonly blobs: BlobStore
  readonly lake: Lake
}

/** Profiles of versions: computed when one is first asked for, then kept, as a version never changes. */
export class Profiles {
  readonly #deps: ProfilesDeps
  /** Those under way, so that two who ask at once have it computed once. */
  readonly #underWay = new Map<string, Promise<readonly ColumnProfile[]>>()

  constructor(deps: ProfilesDeps) {
    this.#deps = deps
  }

  async of(version: VersionRecord): Promise<readonly ColumnProfile[]> {
    const { dataset, version: number } = version
    const known = await store.findProfile(this.#deps.database.reader, dataset, number)
    if (known) return known
    const key = `${dataset}@${number}`
    const underWay =
      this.#underWay.get(key) ?? this.#make(version).finally(() => this.#underWay.delete(key))
    this.#underWay.set(key, underWay)
    return underWay
  }

  async #make(version: VersionRecord): Promise<readonly ColumnProfile[]> {
    const { database, blobs, lake } = this.#deps
    const profile = await profileColumns(lake, await relationOf(blobs, version), version.schema)
    await database.write((tx) => store.writeProfile(tx, version, profile))
    return profile
  }
}
