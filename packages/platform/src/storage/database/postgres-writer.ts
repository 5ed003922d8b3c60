import type { PostgresPool, PostgresPoolClient } from 'kysely'
import { Client, type ClientConfig, type QueryArrayResult, type QueryResult } from 'pg'

/**
 * The one connection that writes. Statements go out as they are given, without waiting for the answers of those before
 * them: the server runs them in their order all the same. A group of writes has one connection from its beginning to its
 * end; where that breaks, the whole group fails, and the next one gets another.
 */
export class PostgresWriter {
  readonly #config: ClientConfig
  #client: Promise<Client> | undefined
  #isLost = false
  #announced: Promise<unknown>[] = []

  constructor(config: ClientConfig) {
    this.#config = { ...config, pipeline: true }
  }

  /** As the builder of statements knows connections. */
  readonly pool: PostgresPool = {
    options: {},
    connect: async () => asPooled(await this.#connected()),
    end: () => this.end(),
  }

  /** Runs a statement that is planned once under its name. */
  async query(statement: {
    readonly name: string
    readonly text: string
    readonly values: unknown[]
  }): Promise<readonly unknown[]> {
    return (await (await this.#connected()).query(statement)).rows
  }

  /** Begins a transaction, on a new connection where the last one is lost. */
  begin(): Promise<void> {
    if (this.#isLost) this.#client = undefined
    return this.announce('BEGIN')
  }

  /**
   * Sends statements that bind and answer nothing, and does not wait for them: what goes wrong is told by the statements
   * after them, and by `commit`.
   */
  announce(...statements: string[]): Promise<void> {
    return this.#connected().then((client) => {
      const answered = client.query(statements.join(';'))
      answered.catch(() => undefined)
      this.#announced.push(answered)
    })
  }

  /** Commits, when all that was announced has been done. A transaction in which something failed cannot be committed. */
  async commit(): Promise<void> {
    const client = await this.#connected()
    const [committed] = await Promise.all([
      client.query('COMMIT') as Promise<QueryResult | QueryArrayResult>,
      ...this.#announced.splice(0),
    ])
    if (committed.command !== 'COMMIT')
      throw new Error('the transaction could not be committed: a statement in it had failed')
  }

  /** Undoes the transaction; a connection that cannot is given up. */
  async rollback(): Promise<void> {
    this.#announced = []
    const client = await this.#connected()
    try {
      await client.query('ROLLBACK')
    } catch (failure) {
      this.#isLost = true
      client.end().catch(() => undefined)
      throw failure
    }
  }

  /** Runs statements that bind and answer nothing. */
  async execute(...statements: string[]): Promise<void> {
    await (await this.#connected()).query(statements.join(';'))
  }

  async end(): Promise<void> {
    const client = await this.#client?.catch(() => undefined)
    this.#client = undefined
    await client?.end()
  }

  #connected(): Promise<Client> {
    this.#client ??= this.#connect()
    return this.#client
  }

  async #connect(): Promise<Client> {
    const client = new Client(this.#config)
    // What was sent fails by itself, and the group with it; nothing else may be written before it is over.
    for (const event of ['error', 'end'] as const)
      client.on(event, () => {
        this.#isLost = true
      })
    this.#isLost = false
    try {
      await client.connect()
      // Compiling a statement to machine code takes longer than any of ours runs.
      await client.query('set jit = off')
    } catch (failure) {
      this.#client = undefined
      throw failure
    }
    return client
  }
}

const pooled = new WeakMap<Client, PostgresPoolClient>()

/** Nobody else has it, so it is never given back. */
function asPooled(client: Client): PostgresPoolClient {
  const known = pooled.get(client)
  if (known) return known
  const made = {
    query: (text: string, values: unknown[]) => client.query(text, values),
    release: () => undefined,
  } as unknown as PostgresPoolClient
  pooled.set(client, made)
  return made
}
