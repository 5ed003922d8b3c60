import { randomUUID } from 'node:crypto'
import { Client } from 'pg'

/** The address, without a database, of a PostgreSQL server that lets us make databases. */
export const postgresServer = process.env['KAIZEN_BENCH_POSTGRES']

export interface BenchDatabase extends AsyncDisposable {
  readonly url: string
}

/** A new database of that server, gone again when disposed. */
export async function benchDatabase(server: string): Promise<BenchDatabase> {
  const name = `kaizen_bench_${randomUUID().replaceAll('-', '')}`
  await run(server, `create database ${name}`)
  return {
    url: `${server}/${name}`,
    [Symbol.asyncDispose]: () => run(server, `drop database ${name} with (force)`),
  }
}

async function run(server: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: `${server}/postgres` })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
