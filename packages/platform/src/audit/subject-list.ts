import type { Database } from '../storage/index.ts'
import * as store from './subjects.store.ts'

/** So many events wait to be listed: those of a subject are found among them one by one. */
export const listedAtOnce = 2000

/**
 * Lists events by subject, many at once: within every group of writes, an index by subject would change one page for
 * each subject, which is half of all that a group of small writes brings to the disk.
 */
export class SubjectList {
  readonly #database: Database
  #listed = 0
  #listing = false

  constructor(database: Database) {
    this.#database = database
  }

  /** Is told of each event that is committed. */
  hear(seq: number): void {
    if (!this.#listing && seq - this.#listed >= listedAtOnce) void this.#list(seq)
  }

  /** What fails is tried again with the next events: nothing is lost but time of whoever asks for a subject. */
  async #list(head: number): Promise<void> {
    this.#listing = true
    const { dialect, reader } = this.#database
    try {
      let listed = await store.readListed(reader, dialect)
      while (head - listed >= listedAtOnce) {
        const range = { after: listed, upTo: listed + listedAtOnce }
        await this.#database.write((tx) => store.listSubjects(tx, range))
        listed = range.upTo
      }
      this.#listed = listed
    } catch {
      // The database is closing, or full: those who write are told.
    } finally {
      this.#listing = false
    }
  }
}
