import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** A server that speaks the tracking protocol, in processes of its own. */
export interface TrackingServer extends AsyncDisposable {
  readonly name: string
  readonly url: string
  /** Of the process that was started; a server may have workers beside it. */
  readonly processId: number
}

/** The peer imports much in each of its workers; on a busy machine that takes minutes. */
const startLimitMs = 300_000

const program = fileURLToPath(new URL('../../kaizen', import.meta.url))

/** Kaizen on SQLite, or on the PostgreSQL database of an address. */
export const startKaizen = async (
  folder: string,
  databaseUrl?: string,
): Promise<TrackingServer> => {
  const port = await freePort()
  const child = start(program, [
    'server',
    '--port',
    String(port),
    '--data-dir',
    join(folder, 'kaizen'),
    ...(databaseUrl === undefined ? [] : ['--database-url', databaseUrl]),
  ])
  return ready('Kaizen', port, child)
}

/** `mlflow server` with its default workers, on SQLite or on the PostgreSQL database of an address. */
export const startMlflow = async (
  folder: string,
  python: string,
  databaseUrl?: string,
): Promise<TrackingServer> => {
  const port = await freePort()
  const child = start(python, [
    '-m',
    'mlflow',
    'server',
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--backend-store-uri',
    databaseUrl?.replace(/^postgres:/, 'postgresql+psycopg2:') ??
      `sqlite:///${join(folder, 'mlflow.db')}`,
    '--artifacts-destination',
    join(folder, 'mlflow-artifacts'),
  ])
  return ready('MLflow', port, child)
}

/** In a process group of its own, so that its workers end with it. */
const start = (command: string, args: readonly string[]): ChildProcess =>
  spawn(command, args, { stdio: 'ignore', detached: true })

async function ready(name: string, port: number, child: ChildProcess): Promise<TrackingServer> {
  const url = `http://127.0.0.1:${port}`
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.pid === undefined) return
    process.kill(-child.pid, 'SIGTERM')
    await once(child, 'exit')
  }
  const deadline = performance.now() + startLimitMs
  while (performance.now() < deadline && child.exitCode === null) {
    const healthy = await fetch(`${url}/health`).then(
      (answer) => answer.ok,
      () => false,
    )
    if (healthy && child.pid !== undefined)
      return { name, url, processId: child.pid, [Symbol.asyncDispose]: stop }
    await sleep(10)
  }
  await stop()
  throw new Error(`${name} did not start on ${url}`)
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
