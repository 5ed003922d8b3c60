import { execFile, execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { chown, mkdtemp, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Client } from 'pg'

export interface TestPostgres extends AsyncDisposable {
  /** An empty database; disposing drops it, with whoever is still connected. */
  readonly url: string
}

/** Says in the name of a suite why it is skipped. */
export const postgresMissing = 'PostgreSQL is not installed'

/**
 * Whether suites on PostgreSQL can run here. Where services are required they never skip: without
 * the server they fail in `startPostgres`, which says so.
 */
export function postgresAvailable(): boolean {
  return process.env['KAIZEN_REQUIRE_SERVICES'] === '1' || findBinaries() !== undefined
}

/** Makes a new database on the one server that the tests of this process share. */
export async function startPostgres(): Promise<TestPostgres> {
  const server = await sharedServer()
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await execute(server, `create database ${name}`)
  return {
    url: `${server}/${name}`,
    [Symbol.asyncDispose]: () => execute(server, `drop database if exists ${name} with (force)`),
  }
}

const readyWithinMs = 30_000
let shared: Promise<string> | undefined

function sharedServer(): Promise<string> {
  shared ??= startServer()
  return shared
}

/** Starts a server in a temporary folder; gives its URL without a database. */
async function startServer(): Promise<string> {
  const binaries = findBinaries()
  if (binaries === undefined) {
    throw new Error(
      `${postgresMissing} (initdb and postgres are neither on the PATH nor in Debian's folder)`,
    )
  }
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-postgres-'))
  const user = serverUser()
  if (user.uid !== undefined) await chown(folder, user.uid, user.gid)
  const initdb = [
    '-D',
    `${folder}/data`,
    '-U',
    'kaizen',
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--locale=C',
    '--no-sync',
  ]
  await promisify(execFile)(join(binaries, 'initdb'), initdb, { ...user, cwd: '/' })

  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    const hasExited = run(join(binaries, 'postgres'), folder, port, user)
    const url = `postgres://kaizen@127.0.0.1:${port}`
    if (await isReady(url, hasExited)) return url
    // Between asking for a free port and using it another process may have taken it.
    if (attempt === 3)
      throw new Error(`PostgreSQL does not start: ${await readFile(`${folder}/log`, 'utf8')}`)
  }
}

/**
 * The server ends with this process, however that ends: a shell waits for the pipe to it to break,
 * then stops the server and removes its folder. Gives a function that tells whether it has ended.
 */
function run(postgres: string, folder: string, port: number, user: ServerUser): () => boolean {
  const script =
    '"$@" >"$0/log" 2>&1 & server=$!; cat; kill -QUIT $server; wait $server; rm -rf "$0"'
  const speed = [
    'fsync=off',
    'synchronous_commit=off',
    'full_page_writes=off',
    'max_connections=200',
  ]
  const options = ['unix_socket_directories=', ...speed].flatMap((option) => ['-c', option])
  const server = [
    postgres,
    '-D',
    `${folder}/data`,
    '-h',
    '127.0.0.1',
    '-p',
    String(port),
    ...options,
  ]
  const shell = spawn('/bin/sh', ['-c', script, folder, ...server], {
    ...user,
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  shell.unref()
  return () => existsSync(`${folder}/log`) && !existsSync(`${folder}/data/postmaster.pid`)
}
