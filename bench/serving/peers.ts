/**
 * Kaizen beside other servers with the same models: `node bench/serving/peers.ts [load...]` runs every load, or those
 * named. Peers stand in virtual environments under KAIZEN_BENCH_PEERS; one that is not there is named and left out.
 */
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { classifier } from './class-model.ts'
import type { Load } from './closed-loop.ts'
import { decisionTimes } from './decisions.ts'
import { firstAnswer, inferPath, modelLoads, pyfuncLoad } from './peer-loads.ts'
import { PeerProcess } from './peer-process.ts'
import {
  coldServer,
  type Material,
  modelServers,
  type PeerServer,
  pyfuncServers,
  pythonOf,
  savePyfunc,
  versionOf,
} from './peer-servers.ts'

const seconds = Number(process.env['KAIZEN_BENCH_SECONDS'] ?? 6)
const coldStarts = 5

/** What one server did. */
interface Measured {
  readonly server: string
  /** From its start to its first prediction; absent where the model came later. */
  readonly firstAnswerMs?: number
  /** Of all its processes, after its loads. */
  readonly residentMb: number
  readonly loads: Readonly<Record<string, Load | null>>
}

const known = [...Object.keys(modelLoads), 'pyfunc', 'cold', 'decisions']
const asked = process.argv.slice(2)
const unknown = asked.find((name) => !known.includes(name))
if (unknown !== undefined) {
  console.error(`no load is called '${unknown}'; there are ${known.join(', ')}`)
  process.exit(2)
}
const isAsked = (name: string): boolean => asked.length === 0 || asked.includes(name)

const versions: Record<string, string> = { node: process.versions.node }
const skipped: string[] = []

/** Whether a server stands here; what it is, where it does. */
async function isThere({ name, peer }: PeerServer): Promise<boolean> {
  if (!peer) return true
  if (!existsSync(pythonOf(peer.venv))) {
    skipped.push(`${name}: no ${peer.venv}/bin/python under KAIZEN_BENCH_PEERS`)
    return false
  }
  const version = await versionOf(peer).catch(() => undefined)
  if (version === undefined) skipped.push(`${name}: ${peer.package} is not installed there`)
  else versions[peer.package] = version
  return version !== undefined
}

async function measureModel(server: PeerServer, material: Material): Promise<Measured> {
  await using running = await PeerProcess.start(await server.start(material))
  await server.prepare?.(running.url, material)
  const answered = await firstAnswer({ running }, inferPath)
  const grpc = server.grpcPort === undefined ? undefined : `http://127.0.0.1:${server.grpcPort}`
  const loads: Record<string, Load | null> = {}
  for (const [name, { run }] of Object.entries(modelLoads)) {
    if (!isAsked(name) || server.lacks.includes(name)) continue
    loads[name] = await run({ running, grpc }, seconds)
  }
  return {
    server: server.name,
    ...(server.prepare ? {} : { firstAnswerMs: answered }),
    residentMb: running.residentMb(),
    loads,
  }
}

async function measurePyfunc(server: PeerServer, material: Material): Promise<Measured> {
  await using running = await PeerProcess.start(await server.start(material))
  const firstAnswerMs = await firstAnswer({ running }, '/invocations')
  const loads = { pyfunc: await pyfuncLoad({ running }, seconds) }
  return { server: server.name, firstAnswerMs, residentMb: running.residentMb(), loads }
}

/** The middle one of several starts. */
async function measureCold(material: Material): Promise<Measured> {
  const times: { readonly firstAnswerMs: number; readonly residentMb: number }[] = []
  while (times.length < coldStarts) {
    await using running = await PeerProcess.start(await coldServer.start(material))
    const firstAnswerMs = await firstAnswer({ running }, inferPath)
    times.push({ firstAnswerMs, residentMb: running.residentMb() })
  }
  times.sort((a, b) => a.firstAnswerMs - b.firstAnswerMs)
  return { server: coldServer.name, ...times[coldStarts >> 1]!, loads: {} }
}

async function measureAll(
  servers: readonly PeerServer[],
  measure: (server: PeerServer) => Promise<Measured>,
): Promise<Measured[]> {
  const found: Measured[] = []
  for (const server of servers) {
    if (!(await isThere(server))) continue
    await measure(server).then(
      (measured) => found.push(measured),
      (failure: Error) => skipped.push(`${server.name}: ${failure.message.slice(0, 200)}`),
    )
  }
  return found
}

const folder = await mkdtemp(join(tmpdir(), 'kaizen-bench-peers-'))
try {
  const onnx = join(folder, 'model.onnx')
  await writeFile(onnx, classifier())
  const ofModel = isAsked('cold') || Object.keys(modelLoads).some(isAsked)
  const models = ofModel
    ? await measureAll(modelServers, (server) => measureModel(server, { folder, onnx }))
    : []
  const cold = isAsked('cold') ? await measureCold({ folder, onnx }) : null
  const hasMlflow = isAsked('pyfunc') && existsSync(pythonOf('mlflow'))
  if (isAsked('pyfunc') && !hasMlflow) skipped.push('pyfunc: MLflow is not there to save one')
  const pyfunc = hasMlflow ? await savePyfunc(onnx, folder) : undefined
  const pyfuncs =
    pyfunc === undefined
      ? []
      : await measureAll(pyfuncServers, (server) => measurePyfunc(server, { folder, onnx, pyfunc }))
  const decisions = isAsked('decisions') ? decisionTimes() : {}
  const cores = availableParallelism()
  const report = { seconds, cores, versions, skipped, models, cold, pyfuncs, decisions }
  console.log(JSON.stringify(report))
  for (const measured of [...models, ...(cold ? [cold] : []), ...pyfuncs]) tell(measured)
  for (const [router, us] of Object.entries(decisions)) {
    console.log(`decision, ${router}: ${us.toFixed(2)} µs`)
  }
  for (const reason of skipped) console.log(`not measured: ${reason}`)
} finally {
  await rm(folder, { recursive: true, force: true })
}

function tell({ server, firstAnswerMs, residentMb, loads }: Measured): void {
  const first =
    firstAnswerMs === undefined ? '' : `first answer after ${firstAnswerMs.toFixed(0)} ms, `
  console.log(`${server}: ${first}${residentMb.toFixed(0)} MB`)
  for (const [name, load] of Object.entries(loads)) {
    console.log(
      load
        ? `  ${name}: ${load.perSecond.toFixed(1)}/s, CPU ${(load.cpuMs * 1000).toFixed(0)} µs a request, ${load.failed} failed`
        : `  ${name}: refused`,
    )
  }
}
