/**
 * Cold start and idle memory of `./kaizen server`: `node bench/start/start.ts`. The data directory exists and the launcher
 * has set itself up, as on every start but the first.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const rounds = Number(process.env['KAIZEN_BENCH_ROUNDS'] ?? 7)
/** Memory differs from start to start by some megabytes: by what the collector of garbage has come to. */
const idleRounds = 5
const settleMs = 3000
const kaizen = fileURLToPath(new URL('../../kaizen', import.meta.url))

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  return typeof address === 'object' && address ? address.port : 0
}

/** A server that has answered. */
interface Started {
  readonly tookMs: number
  readonly pid: number
  stop(): Promise<void>
}

/** Starts a server and asks `/health` all the while, until the first 200. */
async function startServer(folder: string): Promise<Started> {
  const port = await freePort()
  const began = performance.now()
  const args = ['server', '--port', String(port), '--data-dir', folder]
  const child = spawn(kaizen, args, { stdio: 'ignore' })
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined)
    if (answer?.status === 200) break
    if (child.exitCode !== null) throw new Error('the server ended before it answered')
    await sleep(2)
  }
  const tookMs = performance.now() - began
  return {
    tookMs,
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

async function serverMs(folder: string): Promise<number> {
  const server = await startServer(folder)
  await server.stop()
  return server.tookMs
}

/** What Node itself takes to start and to end. */
async function nodeMs(): Promise<number> {
  const began = performance.now()
  await once(spawn(process.execPath, ['--eval', ''], { stdio: 'ignore' }), 'exit')
  return performance.now() - began
}

/** Memory of a server that has been left alone for a while, by the kernel's accounting (proc(5)). */
async function idleMb(folder: string): Promise<number> {
  const server = await startServer(folder)
  await sleep(settleMs)
  const status = await readFile(`/proc/${server.pid}/status`, 'utf8')
  await server.stop()
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024
}

const folder = await mkdtemp(join(tmpdir(), 'kaizen-bench-start-'))
try {
  await serverMs(folder)
  const results = { serverMs: [] as number[], nodeMs: [] as number[], residentMb: [] as number[] }
  for (let round = 0; round < rounds; round++) {
    results.serverMs.push(await serverMs(folder))
    results.nodeMs.push(await nodeMs())
  }
  for (let round = 0; round < idleRounds; round++) results.residentMb.push(await idleMb(folder))
  console.log(JSON.stringify(results, null, 2))
} finally {
  await rm(folder, { recursive: true, force: true })
}
