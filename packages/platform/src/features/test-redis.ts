import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

export const redisMissing = 'Redis is not installed'

/** Whether suites on Redis can run here; where services are required they never skip. */
export const redisAvailable = (): boolean =>
  process.env['KAIZEN_REQUIRE_SERVICES'] === '1' ||
  spawnSync('redis-server', ['--version']).status === 0

export interface TestRedis extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** Ends the server, as a machine that dies does. */
  kill(): Promise<void>
  /** Begins another one at the same place, with nothing in it. */
  restart(): Promise<void>
}

const readyWithinMs = 20_000

/** A Redis server in memory, with a password. */
export async function startRedis(password: string): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-redis-'))
  const port = await freePort()
  let child: ChildProcess | undefined
  const start = async (): Promise<void> => {
    const options = { port, bind: '127.0.0.1', dir: folder, save: '', appendonly: 'no' }
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
    child = spawn('redis-server', [...args, '--requirepass', password], { stdio: 'ignore' })
    const started = performance.now()
    while (!(await answers(port))) {
      if (performance.now() - started > readyWithinMs) throw new Error('Redis does not start')
      await pause(20)
    }
  }
  const kill = async (): Promise<void> => {
    const running = child
    child = undefined
    if (!running || running.exitCode !== null) return
    const gone = once(running, 'exit')
    running.kill('SIGKILL')
    await gone
  }
  await start()
  return {
    url: `redis://:${encodeURIComponent(password)}@127.0.0.1:${port}/3`,
    port,
    kill,
    restart: start,
    async [Symbol.asyncDispose]() {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
