/**
 * Search, curves, artifacts, start and memory of a tracking server, Kaizen against `mlflow server`, both on SQLite with
 * the same 20,000 runs: `node bench/reads/reads.ts [PostgreSQL]`. The peer runs where `KAIZEN_PYTHON` can import mlflow;
 * without it only Kaizen is measured. Where `KAIZEN_BENCH_POSTGRES` is the address of a server that lets us make databases,
 * both are measured on it too.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { experimentId, populate } from '../tracking/population.ts'
import { benchDatabase, postgresServer } from '../tracking/postgres.ts'
import { startKaizen, startMlflow, type TrackingServer } from '../tracking/servers.ts'
import { mlflowVersion } from '../tracking/tracking.ts'
import { download, upload } from './artifact.ts'
import type { Measured } from './measured.ts'
import { populateMlflow } from './mlflow-population.ts'
import { treeMb, watchTree } from './process-tree.ts'
import { quickAckFigures } from './quick-ack.ts'
import { allPages, curveReads, type Reads, searches } from './reading.ts'

const python = process.env['KAIZEN_PYTHON'] ?? 'python3'
const population = {
  runs: Number(process.env['KAIZEN_BENCH_RUNS'] ?? 20_000),
  metrics: 10,
  params: 10,
}
const artifactBytes = Number(process.env['KAIZEN_BENCH_ARTIFACT_MB'] ?? 1024) * 1024 * 1024
const settleMs = 3000
/** `PostgreSQL` leaves out what is measured on SQLite. */
const [, , only] = process.argv
const mebibyte = 1024 * 1024

interface Side {
  /** On SQLite, or on the PostgreSQL database of an address. */
  readonly start: (folder: string, database?: string) => Promise<TrackingServer>
  /** The SQLite file in a folder. */
  readonly file: (folder: string) => string
  readonly fill: (database: string) => Promise<void>
  readonly reads: Reads
}

const sides: Readonly<Record<'kaizen' | 'mlflow', Side>> = {
  kaizen: {
    start: startKaizen,
    file: (folder) => join(folder, 'kaizen', 'kaizen.db'),
    fill: (database) => populate(database, population),
    reads: { experimentId },
  },
  mlflow: {
    start: (folder, database) => startMlflow(folder, python, database),
    file: (folder) => join(folder, 'mlflow.db'),
    fill: (database) => populateMlflow(database, population),
    reads: { experimentId: '0' },
  },
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-bench-reads-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const onSqlite = ({ start, file, fill, reads }: Side): Promise<readonly Measured[]> =>
  inFolder(async (folder) => {
    // The first start makes the database; the second is what users see every day.
    await (await start(folder))[Symbol.asyncDispose]()
    const began = performance.now()
    const startMs = await (async () => {
      await using _server = await start(folder)
      return performance.now() - began
    })()
    await fill(file(folder))
    await using server = await start(folder)
    await sleep(settleMs)
    const idleMb = await treeMb(server.processId)
    return [
      { work: 'start to the first answer of `/health`', unit: 'ms', value: startMs },
      { work: 'memory while idle, all processes', unit: 'MB', value: idleMb },
      ...(await searches(server.url, reads)),
      ...(await allPages(server.url, reads)),
      ...(await curveReads(server.url, reads)),
      ...(await artifactFigures(server)),
      ...(await quickAckFigures(server.url, python)),
    ]
  })

/** What the database has a part in, once more with both sides on one PostgreSQL server. */
const onPostgres = ({ start, fill, reads }: Side, address: string): Promise<readonly Measured[]> =>
  inFolder(async (folder) => {
    await using database = await benchDatabase(address)
    await (await start(folder, database.url))[Symbol.asyncDispose]()
    await fill(database.url)
    await using server = await start(folder, database.url)
    await sleep(settleMs)
    const figures = [
      ...(await searches(server.url, reads)),
      ...(await allPages(server.url, reads)),
      ...(await curveReads(server.url, reads)),
      ...(await quickAckFigures(server.url, python)),
    ]
    return figures.map((figure) => ({ ...figure, work: `PostgreSQL: ${figure.work}` }))
  })

async function measure(side: Side): Promise<readonly Measured[]> {
  const own = only === 'PostgreSQL' ? [] : await onSqlite(side)
  return postgresServer === undefined ? own : [...own, ...(await onPostgres(side, postgresServer))]
}

/** One large artifact up and down, with what the processes of the server grew by meanwhile. */
async function artifactFigures({ url, processId }: TrackingServer): Promise<readonly Measured[]> {
  const figures: Measured[] = []
  for (const [direction, move] of Object.entries({ up: upload, down: download })) {
    const before = await treeMb(processId)
    await using watch = watchTree(processId)
    const began = performance.now()
    await move(url, artifactBytes)
    const seconds = (performance.now() - began) / 1000
    const work = `artifact of ${artifactBytes / mebibyte} MiB ${direction}`
    figures.push(
      { work, unit: 'MB/s', value: artifactBytes / 1e6 / seconds },
      { work: `${work}: memory grows by`, unit: 'MB', value: watch.mostMb - before },
    )
  }
  return figures
}

if (import.meta.main) {
  const version = mlflowVersion()
  const own = await measure(sides.kaizen)
  const peer = version === undefined ? [] : await measure(sides.mlflow)
  const rows = own.map(({ work, unit, value }) => ({
    work,
    unit,
    kaizen: value,
    mlflow: peer.find((other) => other.work === work)?.value ?? null,
  }))
  const machine = { cpus: cpus().length, load: loadavg()[0], mlflow: version ?? null }
  console.log(JSON.stringify({ machine, population, rows }, null, 2))
}
