/**
 * Ten thousand monitors on two servers that share one PostgreSQL: each closes a window in which all is well and one in
 * which a rule breaks. `node bench/monitoring/many.ts` prints as JSON how long that took, and that every alert was opened
 * once and told once; it ends with an error where one was not. `KAIZEN_BENCH_MONITORS` sets another number.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import {
  ManyMonitors,
  manyMonitorsMigrations,
  openFileBlobs,
  openPostgres,
} from '@kaizen/platform/test-many-monitors'
import { startPostgres } from '@kaizen/platform/test-postgres'

const count = Number(process.env['KAIZEN_BENCH_MONITORS'] ?? 10_000)
const hours = 2

const told: string[] = []
const hook = createServer(async (request, response) => {
  const { type, data } = JSON.parse((await request.toArray()).join(''))
  told.push(`${type} ${data.monitor}`)
  response.writeHead(204).end()
})
await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve))
const folder = await mkdtemp(join(tmpdir(), 'kaizen-bench-'))
try {
  await using postgres = await startPostgres()
  await using scope = new AsyncDisposableStack()
  const databases = [
    await openPostgres(postgres.url, manyMonitorsMigrations),
    await openPostgres(postgres.url, manyMonitorsMigrations),
  ]
  for (const database of databases) scope.defer(() => database.close())
  const url = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/`
  const blobs = await openFileBlobs(folder)
  const many = scope.use(await ManyMonitors.open(databases, { blobs, count, hook: url }))
  const cpuBefore = process.cpuUsage()
  const passSeconds: number[] = []
  for (let hour = 1; hour <= hours; hour++) {
    const began = performance.now()
    await many.pass(hour)
    passSeconds.push((performance.now() - began) / 1000)
  }
  const began = performance.now()
  await many.settled()
  const tellSeconds = (performance.now() - began) / 1000
  const cpu = process.cpuUsage(cpuBefore)
  const idleBegan = performance.now()
  await many.pass(hours)
  const idleTickMs = performance.now() - idleBegan
  const [{ service }] = many.servers as [(typeof many.servers)[number]]
  const [counted] = await Promise.all([service.alerts.counts()])
  const twice = told.length - new Set(told).size
  console.log(
    JSON.stringify({
      monitors: count,
      windows: hours * count,
      alerts: counted,
      told: told.length,
      toldTwice: twice,
      readsPerWindow: many.reads / (hours * count),
      passSeconds,
      tellSeconds,
      idleTickMs,
      cpuMsPerWindow: (cpu.user + cpu.system) / 1000 / (hours * count),
    }),
  )
  if (told.length !== count || twice > 0) throw new Error('an alert was not told once')
} finally {
  hook.close()
  await rm(folder, { recursive: true, force: true })
}
