import type { CompiledQuery } from 'kysely'
import type { Dialect, Reader, Tx } from './database.ts'

/** A connection that runs a statement with its values, at once or without the builder. */
interface DirectConnection {
  query(
    statement: string,
    parameters: readonly unknown[],
  ): readonly unknown[] | Promise<readonly unknown[]>
}

const direct = new WeakMap<Reader, DirectConnection>()

/** Prepared queries on `handle` go straight to its connection: the builder's own way there costs more than they do. */
export function runsPrepared(handle: Reader, connection: DirectConnection): void {
  direct.set(handle, connection)
}

async function execute<Row>(
  handle: Reader,
  compiled: CompiledQuery<Row>,
  parameters: readonly unknown[],
): Promise<readonly Row[]> {
  const connection = direct.get(handle)
  if (connection) return connection.query(compiled.sql, parameters) as Promise<readonly Row[]>
  return (await handle.executeQuery<Row>({ ...compiled, parameters })).rows
}

interface Compilable<Row> {
  compile(): CompiledQuery<Row>
}

/**
 * A query that is built once for each dialect and afterwards only bound: on a path that runs thousands of times a
 * second, building the statement costs several times what running it does.
 */
export class PreparedQuery<Values extends readonly unknown[], Row> {
  readonly #build: (reader: Reader, ...values: Values) => Compilable<Row>
  readonly #compiled = new Map<Dialect, CompiledQuery<Row>>()

  /** `build` must bind exactly its values, in their order. */
  constructor(build: (reader: Reader, ...values: Values) => Compilable<Row>) {
    this.#build = build
  }

  async run(reader: Reader, dialect: Dialect, ...values: Values): Promise<readonly Row[]> {
    let compiled = this.#compiled.get(dialect)
    if (!compiled) {
      compiled = this.#build(reader, ...values).compile()
      this.#compiled.set(dialect, compiled)
    }
    return execute(reader, compiled, values)
  }
}

/** Statements insert this many rows, so that there are few to prepare, and few to run for what a group gathers. */
const chunkSizes = [100, 32, 8, 4, 2, 1] as const

/** An insert of any number of rows by prepared statements of a few fixed sizes. */
export class PreparedInsert<Row extends object> {
  readonly #columns: readonly (keyof Row)[]
  readonly #build: (tx: Tx, rows: readonly Row[]) => Compilable<unknown>
  /** By dialect and number of rows. */
  readonly #compiled: Readonly<Record<Dialect, Map<number, CompiledQuery<unknown>>>> = {
    sqlite: new Map(),
    postgres: new Map(),
  }

  /** `build` must insert exactly `columns`, in that order, with no other bound value. */
  constructor(
    columns: readonly (keyof Row)[],
    build: (tx: Tx, rows: readonly Row[]) => Compilable<unknown>,
  ) {
    this.#columns = columns
    this.#build = build
  }

  /** Answers how many rows came back, where the statement returns those that it wrote. */
  async run(tx: Tx, dialect: Dialect, rows: readonly Row[]): Promise<number> {
    let at = 0
    const inserted: Promise<number>[] = []
    for (const size of chunkSizes) {
      for (; rows.length - at >= size; at += size) {
        const chunk = rows.length === size ? rows : rows.slice(at, at + size)
        inserted.push(this.#insert(tx, dialect, chunk))
      }
    }
    // One after the other, but no statement waits for the answer to the one before it.
    return (await Promise.all(inserted)).reduce((sum, returned) => sum + returned, 0)
  }

  async #insert(tx: Tx, dialect: Dialect, rows: readonly Row[]): Promise<number> {
    const known = this.#compiled[dialect]
    let compiled = known.get(rows.length)
    if (!compiled) {
      compiled = this.#build(tx, rows).compile()
      known.set(rows.length, compiled)
    }
    const parameters = new Array<unknown>(rows.length * this.#columns.length)
    let at = 0
    for (const row of rows) for (const column of this.#columns) parameters[at++] = row[column]
    return (await execute(tx, compiled, parameters)).length
  }
}
