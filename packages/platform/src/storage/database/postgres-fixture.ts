import { execFile, execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { chown, mkdtemp, readFile } from 'node:fs/promises'
import { createServer, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Writable } from 'node:stream'
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
  shared ??= startServer(3)
  return shared
}

/** Starts a server in a temporary folder; gives its URL without a database. */
async function startServer(attempts: number): Promise<string> {
  const binaries = findBinaries()
  if (binaries === undefined) {
    throw new Error(`${postgresMissing}: initdb is neither on the PATH nor in Debian's folder`)
  }
  const user = serverUser()
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-postgres-'))
  if (user !== undefined) await chown(folder, user.uid, user.gid)

  const cluster = ['-D', `${folder}/data`, '-U', 'kaizen', '-A', 'trust', '-E', 'UTF8']
  const initdb = [...cluster, '--locale=C', '--no-sync']
  await promisify(execFile)(join(binaries, 'initdb'), initdb, { ...user, cwd: '/' })

  const port = await freePort()
  const lifeline = run(join(binaries, 'postgres'), folder, port, user)
  const failure = await untilReady(`${folder}/log`)
  if (failure === undefined) return `postgres://kaizen@127.0.0.1:${port}`
  lifeline.end()
  // Between asking for a free port and using it another process may have taken it.
  if (attempts > 1) return startServer(attempts - 1)
  throw new Error(`PostgreSQL does not start: ${failure}`)
}

/**
 * The server ends with this process, however that ends: a shell waits until the pipe to it breaks,
 * then stops the server and removes its folder. Gives the pipe.
 */
function run(postgres: string, folder: string, port: number, user: ServerUser): Writable {
  const script =
    '"$@" >"$0/log" 2>&1 & server=$!; cat; kill -QUIT $server; wait $server; rm -rf "$0"'
  const settings = [
    'unix_socket_directories=',
    'max_connections=200',
    'fsync=off',
    'synchronous_commit=off',
    'full_page_writes=off',
  ].flatMap((setting) => ['-c', setting])
  const address = ['-h', '127.0.0.1', '-p', String(port)]
  const server = [postgres, '-D', `${folder}/data`, ...address, ...settings]
  const shell = spawn('/bin/sh', ['-c', script, folder, ...server], {
    ...user,
    cwd: '/',
    detached: true, // a Ctrl-C in the terminal is for the tests; they end the server
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  shell.unref()
  if (shell.stdin instanceof Socket) shell.stdin.unref()
  return shell.stdin
}

/** Gives the log if the server failed. The log, not a connection: another may answer on the port. */
async function untilReady(log: string): Promise<string | undefined> {
  for (const end = Date.now() + readyWithinMs; ; await sleep(20)) {
    const text = await readFile(log, 'utf8').catch(() => '')
    if (text.includes('ready to accept connections')) return undefined
    if (text.includes('FATAL') || Date.now() > end) return text
  }
}

async function execute(server: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: `${server}/postgres` })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** Debian keeps the server's programs off the PATH, one folder for each version. */
function findBinaries(): string | undefined {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian)
    ? readdirSync(debian).sort((a, b) => Number(b) - Number(a))
    : []
  return [
    ...versions.map((version) => join(debian, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ].find((folder) => ['initdb', 'postgres'].every((name) => existsSync(join(folder, name))))
}

type ServerUser = { readonly uid: number; readonly gid: number } | undefined

/** PostgreSQL refuses to run as root; the package brings a user for it. */
function serverUser(): ServerUser {
  if (process.getuid?.() !== 0) return undefined
  const id = (flag: string): number =>
    Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return address.port
}
