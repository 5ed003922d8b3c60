import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { KaizenError } from '@kaizen/contracts'
import { sqliteFileOf, withoutDriver } from './database-reader.ts'

interface UserWithPassword {
  readonly username: string
  readonly isAdmin: boolean
  readonly passwordHash: string
}

/** Puts users with their passwords' hashes into the database of MLflow's basic-auth application. */
export interface AuthDatabaseWriter extends AsyncDisposable {
  /** Answers false for one who is there already, and stays as it is. */
  insert(user: UserWithPassword): Promise<boolean>
}

/** @throws INVALID_CONFIG, UNAVAILABLE */
export function openAuthDatabaseWriter(address: string): Promise<AuthDatabaseWriter> {
  return address.startsWith('sqlite:') ? openSqlite(address) : openPostgres(address)
}

const notOne = (cause?: unknown): KaizenError =>
  new KaizenError('INVALID_CONFIG', '--auth-database: no database of basic-auth', {
    hint: 'Start `mlflow server --app-name basic-auth` once: it makes the tables.',
    cause,
  })

async function openSqlite(address: string): Promise<AuthDatabaseWriter> {
  const path = sqliteFileOf(address)
  if (!existsSync(path)) throw notOne()
  const database = new DatabaseSync(path, { timeout: 10_000 })
  try {
    database.prepare('SELECT version_num FROM alembic_version_auth').all()
    const insert = database.prepare(
      'INSERT INTO users (username, password_hash, is_admin) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    )
    return {
      insert: async ({ username, passwordHash, isAdmin }) =>
        Number(insert.run(username, passwordHash, isAdmin ? 1 : 0).changes) > 0,
      async [Symbol.asyncDispose]() {
        database.close()
      },
    }
  } catch (cause) {
    database.close()
    throw notOne(cause)
  }
}

async function openPostgres(address: string): Promise<AuthDatabaseWriter> {
  const { default: pg } = await import('pg')
  const client = new pg.Client({ connectionString: withoutDriver(address) })
  client.on('error', () => undefined)
  try {
    await client.connect()
  } catch (cause) {
    throw new KaizenError('UNAVAILABLE', 'the database of --auth-database cannot be reached', {
      hint: 'Write postgresql://USER:PASSWORD@HOST/DATABASE.',
      cause,
    })
  }
  try {
    await client.query('SELECT version_num FROM alembic_version_auth')
  } catch (cause) {
    await client.end()
    throw notOne(cause)
  }
  return {
    async insert({ username, passwordHash, isAdmin }) {
      const { rowCount } = await client.query(
        'INSERT INTO users (username, password_hash, is_admin) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
        [username, passwordHash, isAdmin],
      )
      return (rowCount ?? 0) > 0
    },
    [Symbol.asyncDispose]: () => client.end(),
  }
}
