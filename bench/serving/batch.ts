/**
 * A batch job, Parquet to Parquet, against bare onnxruntime on the same cores: `node bench/serving/batch.ts [rows]`. The
 * floor computes the same model on rows that lie in its memory already, and keeps nothing of the answers.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DuckDBInstance } from '@duckdb/node-api'
import { type BatchJob, batchJobsApi } from '@kaizen/contracts'
import { createClient } from '@kaizen/sdk'
import ort from 'onnxruntime-node'
import { classifier, features, featureNames as names, seeded } from './class-model.ts'
import { BenchProcess } from './server-process.ts'

const rows = Number(process.argv[2] ?? 1_000_000)
const batchRows = 4096
/** How often each is measured; the smallest counts, since other work of the machine only adds. */
const repeats = 3

interface Measured {
  readonly seconds: number
  readonly cpuSeconds: number
}

/** As many runs at once as there are cores, one thread each, on rows like those of the file. */
async function floor(session: ort.InferenceSession): Promise<Measured> {
  const random = seeded(3)
  const feeds = Object.fromEntries(
    session.inputNames.map((name) => {
      const values = Float32Array.from({ length: batchRows }, random)
      return [name, new ort.Tensor('float32', values, [batchRows, 1])]
    }),
  )
  await session.run(feeds)
  const [startedAt, cpu] = [performance.now(), process.cpuUsage()]
  let left = Math.ceil(rows / batchRows)
  const lane = async (): Promise<void> => {
    while (left-- > 0) await session.run(feeds)
  }
  await Promise.all(Array.from({ length: availableParallelism() }, lane))
  const used = process.cpuUsage(cpu)
  return {
    seconds: (performance.now() - startedAt) / 1000,
    cpuSeconds: (used.user + used.system) / 1e6,
  }
}

async function job(
  server: BenchProcess,
  file: string,
  keep: readonly string[] | undefined,
): Promise<Measured> {
  const client = createClient({ baseUrl: server.url })
  const cpu = server.cpuSeconds()
  const startedAt = performance.now()
  const body = { model: 'models:/bench/1', input: { file }, ...(keep ? { keep: [...keep] } : {}) }
  let state: BatchJob = await client.call(batchJobsApi.create, { body })
  while (state.endedAt === null) {
    await new Promise((resolve) => setTimeout(resolve, 250))
    state = await client.call(batchJobsApi.get, { params: { id: state.id } })
  }
  if (state.scored !== rows) throw new Error(`${state.state}: ${state.error}`)
  const seconds = (performance.now() - startedAt) / 1000
  return { seconds, cpuSeconds: server.cpuSeconds() - cpu }
}

const folder = await mkdtemp(join(tmpdir(), 'kaizen-bench-batch-'))
try {
  const model = classifier()
  const path = join(folder, 'rows.parquet')
  const duckdb = await DuckDBInstance.create(':memory:')
  const connection = await duckdb.connect()
  const columns = names.map((name) => `CAST(random() AS FLOAT) AS ${name}`).join(', ')
  await connection.run(`COPY (SELECT ${columns} FROM range(${rows})) TO '${path}'`)
  connection.closeSync()
  const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))
  const data = join(folder, 'data')
  await using server = await BenchProcess.start(main, 'server', '--port', '0', '--data-dir', data)
  const api = `${server.url}/api/v1`
  const json = { 'content-type': 'application/json' }
  await fetch(`${api}/models`, { method: 'POST', headers: json, body: '{"name":"bench"}' })
  const bytes = { 'content-type': 'application/octet-stream' }
  await fetch(`${api}/models/bench/versions`, {
    method: 'POST',
    headers: bytes,
    body: model as Uint8Array<ArrayBuffer>,
  })
  const client = createClient({ baseUrl: server.url })
  const stored = await client.upload(
    batchJobsApi.upload,
    { query: { format: 'parquet' } },
    new Uint8Array(await readFile(path)),
  )
  const session = await ort.InferenceSession.create(model, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  })
  const measured: Record<string, Measured[]> = { floor: [], answers: [], all: [] }
  for (let turn = 0; turn < repeats; turn++) {
    measured['floor']?.push(await floor(session))
    measured['answers']?.push(await job(server, stored.digest, []))
    measured['all']?.push(await job(server, stored.digest, undefined))
  }
  const versions = { node: process.versions.node }
  const report = { rows, features, cores: availableParallelism(), versions, measured }
  await writeFile(
    fileURLToPath(new URL('batch.json', import.meta.url)),
    `${JSON.stringify(report, undefined, 2)}\n`,
  )
  for (const [name, runs] of Object.entries(measured)) {
    const cpu = Math.min(...runs.map(({ cpuSeconds }) => cpuSeconds))
    const seconds = Math.min(...runs.map((run) => run.seconds))
    console.log(`${name}: ${Math.round(rows / seconds)} rows/s, CPU ${cpu.toFixed(2)} s`)
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
