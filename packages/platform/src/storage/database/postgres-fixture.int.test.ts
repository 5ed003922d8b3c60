import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { postgresAvailable, postgresMissing, startPostgres } from './postgres-fixture.ts'

const query = async (url: string, sql: string): Promise<unknown[]> => {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

describe.skipIf(!postgresAvailable())(`startPostgres (skipped if ${postgresMissing})`, () => {
  it('gives each caller an empty database of its own', async () => {
    await using first = await startPostgres()
    await using second = await startPostgres()
    await query(first.url, 'create table kept (id int)')
    await expect(query(first.url, 'select * from kept')).resolves.toEqual([])
    await expect(query(second.url, 'select * from kept')).rejects.toThrow('does not exist')
  })

  it('drops it at the end, whoever is connected', async () => {
    const database = await startPostgres()
    const client = new Client({ connectionString: database.url })
    client.on('error', () => undefined)
    await client.connect()
    await database[Symbol.asyncDispose]()
    await expect(query(database.url, 'select 1')).rejects.toThrow('does not exist')
  })
})
