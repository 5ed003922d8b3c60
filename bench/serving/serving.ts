/** Kaizen's server against a bare one: single rows over HTTP, in JSON, with validation, metrics and durable log on. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Table, trainers } from '@kaizen/ml'
import { runLoad } from '../tracking/load.ts'
import { readBike } from '../training/datasets.ts'
import { type Latencies, openLoop } from './open-loop.ts'
import { BenchProcess } from './server-process.ts'
import { type LogCost, logCost, type Swap, swapUnderLoad, type Target } from './swap.ts'

const seconds = Number(process.env['KAIZEN_BENCH_SECONDS'] ?? 8)
/** A percentile of 1,600 requests is moved by sixteen of them: the middle one of several rounds is told. */
const trainingRounds = 5
const path = '/v2/models/hires/infer'
const file = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

interface ClosedLoop {
  readonly clients: number
  readonly perSecond: number
  readonly cpuMicroseconds: number
  readonly failed: number
}
interface ServerResult {
  readonly server: string
  readonly open: Readonly<
    Record<string, Latencies & { readonly p99MsOfRounds?: readonly number[] }>
  >
  readonly closed: readonly ClosedLoop[]
  readonly residentMb: number
  /** Of Kaizen's server alone. */
  readonly swap?: Swap
  readonly log?: LogCost
}

/** One request a row of the table, as a client of the protocol writes it. */
function requestsOf(table: Table, target: string): readonly string[] {
  const columns = table.columns.filter(({ name }) => name !== target)
  return Array.from({ length: 1000 }, (_, row) => {
    const inputs = columns.map((column) => ({
      name: column.name,
      datatype: column.kind === 'numeric' ? 'FP32' : 'BYTES',
      shape: [1, 1],
      data: [
        column.kind === 'numeric'
          ? column.values[row]!
          : (column.dictionary[column.codes[row]!] ?? ''),
      ],
    }))
    return JSON.stringify({ inputs })
  })
}

async function measure(
  server: string,
  running: BenchProcess,
  bodies: readonly string[],
): Promise<ServerResult> {
  const { url } = running
  const body = (request: number): string => bodies[request % bodies.length]!
  const load = { url, path, body, seconds }
  await openLoop({ ...load, perSecond: 500, seconds: 2 })
  const open: Record<string, Latencies & { readonly p99MsOfRounds?: readonly number[] }> = {
    '200/s': await openLoop({ ...load, perSecond: 200 }),
    '1000/s': await openLoop({ ...load, perSecond: 1000 }),
  }
  {
    await using _hog = await BenchProcess.start(file('training-hog.ts'))
    const rounds: Latencies[] = []
    while (rounds.length < trainingRounds) rounds.push(await openLoop({ ...load, perSecond: 200 }))
    rounds.sort((a, b) => a.p99Ms - b.p99Ms)
    const middle = rounds[trainingRounds >> 1]
    if (middle)
      open['200/s, training'] = { ...middle, p99MsOfRounds: rounds.map(({ p99Ms }) => p99Ms) }
  }
  const closed: ClosedLoop[] = []
  for (const clients of [8, 32]) {
    const before = running.cpuSeconds()
    const parsed = bodies.map((text) => JSON.parse(text) as unknown)
    const result = await runLoad({
      url,
      path,
      clients,
      seconds,
      body: (_client, call) => parsed[call % parsed.length],
    })
    const cpuMicroseconds = ((running.cpuSeconds() - before) * 1e6) / result.answered
    const { perSecond, failed } = result
    closed.push({ clients, perSecond, cpuMicroseconds, failed })
  }
  return { server, open, closed, residentMb: running.residentMb() }
}

const call = async (
  url: string,
  request: string,
  body: Uint8Array | string | object,
): Promise<void> => {
  const [method = '', route = ''] = request.split(' ')
  const content =
    typeof body === 'object' && !ArrayBuffer.isView(body) ? JSON.stringify(body) : body
  const response = await fetch(`${url}/api/v1${route}`, { method, body: content as string })
  if (!response.ok) throw new Error(`${request}: ${await response.text()}`)
}

const route = (url: string, version: number): Promise<void> => {
  const arms = [{ name: `v${version}`, model: `models:/bike/${version}` }]
  return call(url, 'PUT /endpoints/hires/route', { arms, reason: 'benchmark' })
}

/** Registers the model and deploys it on a fresh server. */
async function deploy(url: string, model: Uint8Array): Promise<void> {
  await call(url, 'POST /models/bike/versions', model)
  await call(url, 'POST /endpoints', { name: 'hires', model: 'models:/bike/1' })
  await route(url, 1)
}

/** What only a server with a log and versions does. */
async function measureOwn(
  target: Target,
  next: Uint8Array,
): Promise<{ readonly swap: Swap; readonly log: LogCost }> {
  const { url } = target
  const setSample = (sample: 0 | 1): Promise<void> =>
    call(url, 'PUT /endpoints/hires/settings', { log: { sample } })
  const log = await logCost(target, setSample, 5)
  await call(url, 'POST /models/bike/versions', next)
  return { log, swap: await swapUnderLoad(target, () => route(url, 2)) }
}

export async function benchServing(): Promise<readonly ServerResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-bench-serving-'))
  try {
    const table = readBike()
    const model = trainers['gradient-boosting'].fit(table, 'cnt', { iterations: 100 }).toOnnx()
    const modelPath = join(folder, 'model.onnx')
    await writeFile(modelPath, model)
    const bodies = requestsOf(table, 'cnt')
    const results: ServerResult[] = []
    {
      await using floor = await BenchProcess.start(file('floor-server.ts'), modelPath)
      results.push(await measure('floor', floor, bodies))
    }
    {
      const data = join(folder, 'data')
      await using kaizen = await BenchProcess.run(
        file('../../kaizen'),
        'server',
        '--port',
        '0',
        '--data-dir',
        data,
      )
      await deploy(kaizen.url, model)
      const measured = await measure('kaizen', kaizen, bodies)
      const next = trainers['gradient-boosting'].fit(table, 'cnt', { iterations: 60 }).toOnnx()
      const target = { url: kaizen.url, path, bodies, seconds }
      results.push({ ...measured, ...(await measureOwn(target, next)) })
    }
    return results
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const ms = (value: number): string => value.toFixed(2)

/** The results as a table of Markdown. */
export function servingTable(results: readonly ServerResult[]): string {
  const lines = [
    '| server | load | p50 ms | p99 ms | max ms | requests/s | server CPU µs/request | failed |',
    '|---|---|---|---|---|---|---|---|',
  ]
  for (const { server, open, closed } of results) {
    for (const [load, { p50Ms, p99Ms, maxMs, failed }] of Object.entries(open)) {
      lines.push(
        `| ${server} | ${load} | ${ms(p50Ms)} | ${ms(p99Ms)} | ${ms(maxMs)} | | | ${failed} |`,
      )
    }
    for (const { clients, perSecond, cpuMicroseconds, failed } of closed) {
      lines.push(
        `| ${server} | ${clients} connections | | | | ${Math.round(perSecond)} | ${Math.round(cpuMicroseconds)} | ${failed} |`,
      )
    }
  }
  return lines.join('\n')
}

if (import.meta.main) {
  const results = await benchServing()
  const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length }
  const report = { node: process.versions.node, machine, seconds, results }
  await writeFile(file('results.json'), `${JSON.stringify(report, undefined, 2)}\n`)
  console.log(servingTable(results))
  for (const { server, residentMb } of results)
    console.log(`${server}: ${Math.round(residentMb)} MB`)
}
