import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'

/** A row as it was written, with what says which other rows it takes the place of. */
export interface WrittenId {
  readonly key: string
  readonly segment: number
  readonly row: number
  /** Whole days (UTC) since 1970 of the event time. */
  readonly day: number
  /** The server drew the id for this row: none before it has it. */
  readonly drawn: boolean
}

/** How far a log has been read. */
export interface IdCursor {
  readonly segment: number
  readonly row: number
  /** Callers name ids: only then are ids kept, as only then can a row take the place of one in another segment. */
  readonly named: boolean
  /** Ids that are kept. */
  readonly ids: number
}

/** Rows of segments that answers in later segments have taken the place of. */
export interface SupersededRows {
  readonly segments: Uint32Array
  readonly rows: Uint32Array
}

export const shadowMark = '\u0000'
export const keyOf = (
  id: string,
  { arm, mode }: { readonly arm: string; readonly mode: string },
): string => (mode === 'live' ? id : `${id}${shadowMark}${arm}`)

const layout = `
CREATE TABLE IF NOT EXISTS id (key TEXT PRIMARY KEY, segment INTEGER NOT NULL, row INTEGER NOT NULL, day INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS superseded (segment INTEGER NOT NULL, row INTEGER NOT NULL, by INTEGER NOT NULL, day INTEGER NOT NULL,
  live INTEGER NOT NULL, PRIMARY KEY (segment, row)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cursor (one INTEGER PRIMARY KEY, segment INTEGER NOT NULL, row INTEGER NOT NULL, named INTEGER NOT NULL, ids INTEGER NOT NULL);
INSERT OR IGNORE INTO cursor VALUES (1, 0, 0, 0, 0);
PRAGMA user_version = 1;`

const version = 1
const forgottenAtOnce = 20_000

export const idsFile = 'ids.sqlite'

/**
 * Where each inference id of a log was answered last, and which rows were answered again since: derived from the log, and
 * made anew where it is lost or damaged. All ids of one run are kept in one transaction with how far the log was read.
 */
export class IdTable implements Disposable {
  readonly #path: string
  #database: DatabaseSync
  #statements = new Map<string, StatementSync>()

  constructor(folder: string) {
    this.#path = join(folder, idsFile)
    this.#database = this.#open()
  }

  get cursor(): IdCursor {
    const row = this.#prepared('SELECT segment, row, named, ids FROM cursor').get()!
    return {
      segment: row['segment'] as number,
      row: row['row'] as number,
      named: row['named'] === 1,
      ids: row['ids'] as number,
    }
  }

  /** Nothing of what lies before a place is of interest: no caller has named an id yet. */
  pass(segment: number, row: number): void {
    this.#prepared('UPDATE cursor SET segment = ?, row = ?').run(segment, row)
  }

  /** Begins again, keeping ids from now on. */
  restart(): void {
    this[Symbol.dispose]()
    this.#remove()
    this.#database = this.#open()
    this.#prepared('UPDATE cursor SET named = 1').run()
  }

  /** Takes rows in order of writing, all before `next`. Answers the segments of which a row was answered again. */
  add(
    rows: readonly WrittenId[],
    next: { readonly segment: number; readonly row: number },
  ): readonly number[] {
    const touched = new Set<number>()
    const runs = new Map<string, { readonly first: WrittenId; last: WrittenId }>()
    const again: (readonly [before: WrittenId, by: WrittenId])[] = []
    for (const row of rows) {
      const run = runs.get(row.key)
      if (!run) {
        runs.set(row.key, { first: row, last: row })
        continue
      }
      if (run.last.segment !== row.segment) again.push([run.last, row])
      run.last = row
    }
    // In the order of the tree neighbours share its pages.
    const sorted = [...runs.values()].sort((a, b) => (a.first.key < b.first.key ? -1 : 1))
    this.#transaction(() => {
      const find = this.#prepared('SELECT segment, row, day FROM id WHERE key = ?')
      const put = this.#prepared('INSERT OR REPLACE INTO id VALUES (?, ?, ?, ?)')
      let added = 0
      for (const { first, last } of sorted) {
        const known = first.drawn ? undefined : find.get(first.key)
        if (!known) added++
        else if (known['segment'] !== first.segment) {
          const place = known as unknown as Pick<WrittenId, 'segment' | 'row' | 'day'>
          this.#supersede({ ...place, key: first.key }, first, touched)
        }
        put.run(last.key, last.segment, last.row, last.day)
      }
      for (const [before, by] of again) this.#supersede(before, by, touched)
      this.#prepared('UPDATE cursor SET segment = ?, row = ?, ids = ids + ?').run(
        next.segment,
        next.row,
        added,
      )
    })
    return [...touched]
  }

  /** Rows of a run of segments that were answered again behind it. */
  superseded(first: number, last: number): SupersededRows {
    const found = this.#prepared(
      'SELECT segment, row FROM superseded WHERE segment BETWEEN ? AND ? AND by > ?',
    ).all(first, last, last)
    return {
      segments: Uint32Array.from(found, ({ segment }) => segment as number),
      rows: Uint32Array.from(found, ({ row }) => row as number),
    }
  }

  /** How many live rows those are, by day. */
  counts(first: number, last: number): ReadonlyMap<number, number> {
    const found = this.#prepared(
      'SELECT day, count(*) AS rows FROM superseded WHERE segment BETWEEN ? AND ? AND by > ? AND live = 1 GROUP BY day',
    ).all(first, last, last)
    return new Map(found.map(({ day, rows }) => [day as number, rows as number]))
  }

  /** Forgets what is known of rows before a segment or a day, a part of the tree at a time. */
  forget(before: { readonly segment: number; readonly day: number }): void {
    const step = this.#prepared(
      `SELECT max(key) AS last FROM (SELECT key FROM id WHERE key > ? ORDER BY key LIMIT ${forgottenAtOnce})`,
    )
    const remove = this.#prepared(
      'DELETE FROM id WHERE key > ? AND key <= ? AND (segment < ? OR day < ?)',
    )
    for (let from = ''; ; ) {
      const last = step.get(from)?.['last'] as string | null
      if (last === null) break
      this.#transaction(() => {
        const { changes } = remove.run(from, last, before.segment, before.day)
        this.#prepared('UPDATE cursor SET ids = ids - ?').run(changes)
      })
      from = last
    }
    this.#prepared('DELETE FROM superseded WHERE segment < ? OR day < ?').run(
      before.segment,
      before.day,
    )
  }

  [Symbol.dispose](): void {
    this.#statements.clear()
    this.#database.close()
  }

  #supersede(
    before: Pick<WrittenId, 'key' | 'segment' | 'row' | 'day'>,
    by: WrittenId,
    touched: Set<number>,
  ): void {
    const live = before.key.includes(shadowMark) ? 0 : 1
    this.#prepared('INSERT OR REPLACE INTO superseded VALUES (?, ?, ?, ?, ?)').run(
      before.segment,
      before.row,
      by.segment,
      before.day,
      live,
    )
    touched.add(before.segment)
  }

  #open(): DatabaseSync {
    try {
      return opened(this.#path)
    } catch {
      // Damaged, or of another version: it is made anew from the log.
      this.#remove()
      return opened(this.#path)
    }
  }

  #remove(): void {
    for (const end of ['', '-wal', '-shm']) rmSync(this.#path + end, { force: true })
  }

  #transaction(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      work()
      this.#database.exec('COMMIT')
    } catch (failure) {
      this.#database.exec('ROLLBACK')
      throw failure
    }
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known) return known
    const made = this.#database.prepare(sql)
    this.#statements.set(sql, made)
    return made
  }
}

function opened(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 10_000 })
  try {
    database.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -8000',
    )
    const { user_version: found } = database.prepare('PRAGMA user_version').get()!
    if (found !== 0 && found !== version) throw new Error('written by another version')
    database.exec(layout)
    database.prepare('SELECT segment, row, named, ids FROM cursor').get()
    return database
  } catch (failure) {
    database.close()
    throw failure
  }
}
