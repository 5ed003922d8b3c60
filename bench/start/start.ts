/** Cold start and idle memory: `node bench/start/start.ts`. The data directory exists, as on every start but the first. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { BenchProcess } from '../serving/server-process.ts'

const rounds = Number(process.env['KAIZEN_BENCH_ROUNDS'] ?? 7)
const settleMs = 3000
const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  return typeof address === 'object' && address ? address.port : 0
}

/** From the start of the process to the first 200 on `/health`, asked for all the while. */
async function serverMs(folder: string): Promise<number> {
  const port = await freePort()
  const began = performance.now()
  const args = [main, 'server', '--port', String(port), '--data-dir', folder]
  const child = spawn(process.execPath, args, { stdio: 'ignore' })
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined)
    if (answer?.status === 200) break
    if (child.exitCode !== null) throw new Error('the server ended before it answered')
    await sleep(2)
  }
  const took = performance.now() - began
  child.kill('SIGTERM')
  await once(child, 'exit')
  return took
}

/** What Node itself takes to start and to end. */
async function nodeMs(): Promise<number> {
  const began = performance.now()
  await once(spawn(process.execPath, ['--eval', ''], { stdio: 'ignore' }), 'exit')
  return performance.now() - began
}

async function idleMb(folder: string): Promise<number> {
  await using server = await BenchProcess.start(main, 'server', '--port', '0', '--data-dir', folder)
  await sleep(settleMs)
  return server.residentMb()
}

const folder = await mkdtemp(`${tmpdir()}/kaizen-bench-start-`)
try {
  await serverMs(folder)
  const results = { serverMs: [] as number[], nodeMs: [] as number[], residentMb: 0 }
  for (let round = 0; round < rounds; round++) {
    results.serverMs.push(await serverMs(folder))
    results.nodeMs.push(await nodeMs())
  }
  results.residentMb = await idleMb(folder)
  console.log(JSON.stringify(results, null, 2))
} finally {
  await rm(folder, { recursive: true, force: true })
}
