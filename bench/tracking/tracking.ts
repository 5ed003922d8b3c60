/**
 * Tracking over HTTP, Kaizen against `mlflow server`, both on SQLite: `node bench/tracking/tracking.ts [WORK]`, where WORK
 * is how the names of what is to be measured begin (`'log-metric, 32'`); everything, unless told. The peer runs where
 * `KAIZEN_PYTHON` can import mlflow; without it only Kaizen is measured.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LoadResult, runLoad } from './load.ts'
import { startKaizen, startMlflow, type TrackingServer } from './servers.ts'
import { traceBodies } from './spans.ts'

const seconds = Number(process.env['KAIZEN_BENCH_SECONDS'] ?? 3)
/** A durable write depends on what else the disk does: the middle one of several rounds is told. */
const rounds = 5
const python = process.env['KAIZEN_PYTHON'] ?? 'python3'
const api = '/api/2.0/mlflow'
const batchSize = 1000
const curvePoints = 20_000

interface Figure {
  readonly work: string
  readonly unit: string
  readonly value: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Of each round, and what a call cost the server's processor in the round that is told. */
  readonly rounds?: readonly number[]
  readonly cpuMicroseconds?: number | undefined
}

async function post(url: string, path: string, body: unknown): Promise<Record<string, unknown>> {
  const answer = await fetch(`${url}${api}/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as Record<string, unknown>
}

async function newRun(url: string): Promise<string> {
  const { run } = await post(url, 'runs/create', { experiment_id: '0', start_time: 1 })
  return (run as { readonly info: { readonly run_id: string } }).info.run_id
}

const figure = (work: string, unit: string, load: LoadResult, each = 1): Figure => {
  if (load.failed > 0) throw new Error(`${work}: ${load.failed} calls failed`)
  const { p50Ms, p99Ms, perSecond } = load
  return { work, unit, value: perSecond * each, p50Ms, p99Ms }
}

/** Metrics one by one, each client to a run of its own. */
function logMetrics(url: string, runs: readonly string[], round: number): Promise<LoadResult> {
  return runLoad({
    url,
    path: `${api}/runs/log-metric`,
    clients: runs.length,
    seconds,
    body: (client, step) => ({
      run_id: runs[client],
      key: 'loss',
      value: 1 / (step + 1),
      timestamp: 1_700_000_000_000 + round * 1_000_000 + step,
      step,
    }),
  })
}

const asked = process.argv[2] ?? ''
const isAsked = (work: string): boolean => work.startsWith(asked)

async function measure(server: TrackingServer): Promise<readonly Figure[]> {
  const { url } = server
  const figures: Figure[] = []
  for (const clients of [1, 8, 32]) {
    const work = `log-metric, ${clients} clients`
    if (isAsked(work)) figures.push(await measureMetrics(server, work, clients))
  }
  for (const clients of [1, 8]) {
    const work = `create run, ${clients} clients`
    if (!isAsked(work)) continue
    const body = () => ({ experiment_id: '0', start_time: 1 })
    const load = await runLoad({ url, path: `${api}/runs/create`, clients, seconds, body })
    figures.push(figure(work, 'calls/s', load))
  }
  for (const clients of [1, 4]) {
    const work = `log-batch of ${batchSize}, ${clients} clients`
    if (isAsked(work)) figures.push(await measureBatches(url, work, clients))
  }
  if (isAsked(tracesWork)) figures.push(await measureTraces(url))
  if (isAsked(curveWork)) figures.push(await measureCurve(url))
  return figures
}

async function measureMetrics(
  { url, processId }: TrackingServer,
  work: string,
  clients: number,
): Promise<Figure> {
  const runs: string[] = []
  while (runs.length < clients) runs.push(await newRun(url))
  const loads: (LoadResult & { readonly cpuMicroseconds: number | undefined })[] = []
  for (let round = 0; round < rounds; round++) {
    const before = processorMs(processId)
    const load = await logMetrics(url, runs, round)
    const after = processorMs(processId)
    const spent = before === undefined || after === undefined ? undefined : after - before
    const cpuMicroseconds = spent === undefined ? undefined : (spent * 1000) / load.answered
    loads.push({ ...load, cpuMicroseconds })
  }
  const told = loads.toSorted((a, b) => a.perSecond - b.perSecond)[rounds >> 1]
  if (!told) throw new Error('no round')
  return {
    ...figure(work, 'calls/s', told),
    rounds: loads.map(({ perSecond }) => Math.round(perSecond)),
    cpuMicroseconds: told.cpuMicroseconds,
  }
}

/** What all threads of a process have used, where the system tells it. */
function processorMs(processId: number): number | undefined {
  try {
    const fields = readFileSync(`/proc/${processId}/stat`, 'latin1').split(') ')[1]?.split(' ')
    // Fields 14 and 15, in hundredths of a second; two stand before the split.
    return (Number(fields?.[11]) + Number(fields?.[12])) * 10
  } catch {
    return undefined
  }
}

async function measureBatches(url: string, work: string, clients: number): Promise<Figure> {
  const runs = await Promise.all(Array.from({ length: clients }, () => newRun(url)))
  const load = await runLoad({
    url,
    path: `${api}/runs/log-batch`,
    clients,
    seconds,
    body: (client, call) => ({ run_id: runs[client], metrics: batch(call) }),
  })
  return figure(work, 'metrics/s', load, batchSize)
}

const spansPerTrace = 100
const exporters = 4
const tracesWork = `OTLP traces of ${spansPerTrace} spans, ${exporters} clients`

/** Whole traces by OTLP from several exporters at once. */
async function measureTraces(url: string): Promise<Figure> {
  const clients = exporters
  const bodies = Array.from({ length: clients }, () => traceBodies(spansPerTrace))
  const load = await runLoad({
    url,
    path: '/v1/traces',
    clients,
    seconds,
    headers: { 'content-type': 'application/x-protobuf', 'x-mlflow-experiment-id': '0' },
    body: (client, call) => bodies[client]?.next(call * clients + client),
  })
  return figure(tracesWork, 'spans/s', load, spansPerTrace)
}

const batch = (call: number) =>
  Array.from({ length: batchSize }, (_, index) => ({
    key: `m${index % 10}`,
    value: index,
    timestamp: 1,
    step: call * batchSize + index,
  }))

const curveWork = `read ${curvePoints} points`

/** How long it takes to read a whole curve. */
async function measureCurve(url: string): Promise<Figure> {
  const runId = await newRun(url)
  for (let call = 0; call < curvePoints / batchSize; call++) {
    const metrics = batch(call).map((metric) => ({ ...metric, key: 'curve' }))
    await post(url, 'runs/log-batch', { run_id: runId, metrics })
  }
  const durations: number[] = []
  for (let round = 0; round < 5; round++) {
    const begin = performance.now()
    const answer = await fetch(`${url}${api}/metrics/get-history?run_id=${runId}&metric_key=curve`)
    const { metrics } = (await answer.json()) as { readonly metrics: readonly unknown[] }
    if (metrics.length !== curvePoints) throw new Error(`${metrics.length} points`)
    durations.push(performance.now() - begin)
  }
  durations.sort((a, b) => a - b)
  const [p50Ms = 0, p99Ms = 0] = [durations[2], durations[4]]
  return { work: curveWork, unit: 'ms', value: p50Ms, p50Ms, p99Ms }
}

/** Of the peer that `KAIZEN_PYTHON` can import. */
export function mlflowVersion(): string | undefined {
  try {
    const code = 'import importlib.metadata as m; print(m.version("mlflow"))'
    return execFileSync(python, ['-c', code], { encoding: 'utf8', stdio: 'pipe' }).trim()
  } catch {
    return undefined
  }
}

/** How often a second this disk takes 4 KiB for good, one after the other, with whatever else it does just now. */
async function syncsPerSecond(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-bench-disk-'))
  try {
    await using file = await open(join(folder, 'probe'), 'w')
    const page = Buffer.alloc(4096, 1)
    let count = -1
    const begin = performance.now()
    for (; performance.now() - begin < 1000; count++) {
      await file.write(page, 0, page.length, 0)
      await file.datasync()
    }
    return count / ((performance.now() - begin) / 1000)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function measured(
  start: (folder: string) => Promise<TrackingServer>,
): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-bench-tracking-'))
  try {
    await using server = await start(folder)
    return await measure(server)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  const version = mlflowVersion()
  const diskBefore = await syncsPerSecond()
  const own = await measured(startKaizen)
  const diskAfter = await syncsPerSecond()
  const peer = version ? await measured((folder) => startMlflow(folder, python)) : []
  const rows = own.map((figure, index) => {
    const other = peer[index]
    return {
      work: figure.work,
      unit: figure.unit,
      kaizen: figure.value,
      kaizenP50Ms: figure.p50Ms,
      kaizenP99Ms: figure.p99Ms,
      ...(figure.rounds ? { kaizenRounds: figure.rounds } : {}),
      ...(figure.cpuMicroseconds ? { kaizenCpuMicroseconds: figure.cpuMicroseconds } : {}),
      mlflow: other?.value ?? null,
      mlflowP50Ms: other?.p50Ms ?? null,
      ratio: other
        ? figure.unit === 'ms'
          ? other.value / figure.value
          : figure.value / other.value
        : null,
    }
  })
  const diskSyncsPerSecond = [diskBefore, diskAfter].map(Math.round)
  const machine = {
    cpus: cpus().length,
    load: loadavg()[0],
    mlflow: version ?? null,
    seconds,
    diskSyncsPerSecond,
  }
  console.log(JSON.stringify({ machine, rows }, null, 2))
}
