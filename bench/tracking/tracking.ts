/**
 * Tracking over HTTP, Kaizen against `mlflow server`, both on SQLite: `node bench/tracking/tracking.ts`. The peer runs
 * where `KAIZEN_PYTHON` can import mlflow; without it only Kaizen is measured.
 */
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
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

async function measure({ url }: TrackingServer): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  for (const clients of [1, 8, 32]) {
    const runs: string[] = []
    while (runs.length < clients) runs.push(await newRun(url))
    const loads: LoadResult[] = []
    for (let round = 0; round < rounds; round++) loads.push(await logMetrics(url, runs, round))
    const load = loads.sort((a, b) => a.perSecond - b.perSecond)[rounds >> 1] as LoadResult
    figures.push(figure(`log-metric, ${clients} clients`, 'calls/s', load))
  }
  for (const clients of [1, 8]) {
    const body = () => ({ experiment_id: '0', start_time: 1 })
    const load = await runLoad({ url, path: `${api}/runs/create`, clients, seconds, body })
    figures.push(figure(`create run, ${clients} clients`, 'calls/s', load))
  }
  for (const clients of [1, 4]) {
    const runs = await Promise.all(Array.from({ length: clients }, () => newRun(url)))
    const load = await runLoad({
      url,
      path: `${api}/runs/log-batch`,
      clients,
      seconds,
      body: (client, call) => ({ run_id: runs[client], metrics: batch(call) }),
    })
    figures.push(
      figure(`log-batch of ${batchSize}, ${clients} clients`, 'metrics/s', load, batchSize),
    )
  }
  figures.push(await measureTraces(url))
  figures.push(await measureCurve(url))
  return figures
}

const spansPerTrace = 100

/** Whole traces by OTLP from several exporters at once. */
async function measureTraces(url: string): Promise<Figure> {
  const clients = 4
  const bodies = Array.from({ length: clients }, () => traceBodies(spansPerTrace))
  const load = await runLoad({
    url,
    path: '/v1/traces',
    clients,
    seconds,
    headers: { 'content-type': 'application/x-protobuf', 'x-mlflow-experiment-id': '0' },
    body: (client, call) => bodies[client]?.next(call * clients + client),
  })
  return figure(
    `OTLP traces of ${spansPerTrace} spans, ${clients} clients`,
    'spans/s',
    load,
    spansPerTrace,
  )
}

const batch = (call: number) =>
  Array.from({ length: batchSize }, (_, index) => ({
    key: `m${index % 10}`,
    value: index,
    timestamp: 1,
    step: call * batchSize + index,
  }))

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
  return { work: `read ${curvePoints} points`, unit: 'ms', value: p50Ms, p50Ms, p99Ms }
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
  const own = await measured(startKaizen)
  const peer = version ? await measured((folder) => startMlflow(folder, python)) : []
  const rows = own.map((figure, index) => {
    const other = peer[index]
    return {
      work: figure.work,
      unit: figure.unit,
      kaizen: figure.value,
      kaizenP50Ms: figure.p50Ms,
      kaizenP99Ms: figure.p99Ms,
      mlflow: other?.value ?? null,
      mlflowP50Ms: other?.p50Ms ?? null,
      ratio: other
        ? figure.unit === 'ms'
          ? other.value / figure.value
          : figure.value / other.value
        : null,
    }
  })
  const machine = { cpus: cpus().length, load: loadavg()[0], mlflow: version ?? null, seconds }
  console.log(JSON.stringify({ machine, rows }, null, 2))
}
