import type { CompiledQuery } from 'kysely'
import type { Dialect, Tx } from '../storage/index.ts'

/** Statements insert this many rows, so that each is compiled once and then only bound. */
const chunkSizes = [100, 10, 1] as const

interface Compilable {
  compile(): CompiledQuery
}

/**
 * An insert of many rows by prepared statements of few fixed sizes. Building a statement costs several times what
 * running it does, which is what bounds small durable writes.
 */
export class BulkInsert<Row extends object> {
  readonly #columns: readonly (keyof Row)[]
  readonly #build: (tx: Tx, rows: readonly Row[]) => Compilable
  readonly #compiled = new Map<string, CompiledQuery>()

  /** `build` must insert exactly `columns`, in that order, with no other bound value. */
  constructor(
    columns: readonly (keyof Row)[],
    build: (tx: Tx, rows: readonly Row[]) => Compilable,
  ) {
    this.#columns = columns
    this.#build = build
  }

  async run(tx: Tx, dialect: Dialect, rows: readonly Row[]): Promise<void> {
    let at = 0
    for (const size of chunkSizes) {
      for (; rows.length - at >= size; at += size) {
        await this.#insert(tx, dialect, rows.slice(at, at + size))
      }
    }
  }

  async #insert(tx: Tx, dialect: Dialect, rows: readonly Row[]): Promise<void> {
    const name = `${dialect}:${rows.length}`
    let compiled = this.#compiled.get(name)
    if (!compiled) {
      compiled = this.#build(tx, rows).compile()
      this.#compiled.set(name, compiled)
    }
    const parameters: unknown[] = []
    for (const row of rows) for (const column of this.#columns) parameters.push(row[column])
    await tx.executeQuery({ ...compiled, parameters })
  }
}
