/**
 * First and deep pages of 100 runs out of 100,000 with 50 metrics and 50 parameters each, for every kind of search:
 * `node bench/searches/searches.ts`. On SQLite, and on PostgreSQL where `KAIZEN_BENCH_POSTGRES` is the address of a server
 * that lets us make databases.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fetch } from 'undici'
import { experimentId, populate } from '../tracking/population.ts'
import { benchDatabase, postgresServer } from '../tracking/postgres.ts'
import { startKaizen } from '../tracking/servers.ts'
import { kinds } from './kinds.ts'

const population = {
  runs: Number(process.env['KAIZEN_BENCH_RUNS'] ?? 100_000),
  metrics: 50,
  params: 50,
  rare: true,
}
const rounds = 5
const pageSize = 100
/** A deep page is asked for after so many pages of a thousand, or after all that there are but one. */
const passedPages = 10

interface Row {
  readonly database: string
  readonly kind: string
  readonly firstMs: number
  /** Nothing where the first page holds all that is found. */
  readonly deepMs: number | null
}

type Search = (body: Record<string, unknown>) => Promise<string>

/** Answers the token of the page after. */
const searcher =
  (url: string): Search =>
  async (body) => {
    const answer = await fetch(`${url}/api/2.0/mlflow/runs/search`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ experiment_ids: [experimentId], ...body }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${JSON.stringify(body)}: ${answer.status} ${text}`)
    return /"next_page_token":"([^"]+)"/.exec(text.slice(-4000))?.[1] ?? ''
  }

async function timed(work: () => Promise<unknown>): Promise<number> {
  const durations: number[] = []
  await work()
  for (let round = 0; round < rounds; round++) {
    const began = performance.now()
    await work()
    durations.push(performance.now() - began)
  }
  return durations.sort((a, b) => a - b)[rounds >> 1] ?? Number.NaN
}

async function deepToken(search: Search, asked: Record<string, unknown>): Promise<string> {
  let token = await search({ ...asked, max_results: pageSize })
  for (let page = 0; page < passedPages && token !== ''; page++) {
    const next = await search({ ...asked, max_results: 1000, page_token: token })
    if (next === '') break
    token = next
  }
  return token
}

async function measure(database: string, address?: string): Promise<readonly Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-bench-searches-'))
  try {
    await (await startKaizen(folder, address))[Symbol.asyncDispose]()
    await populate(address ?? join(folder, 'kaizen', 'kaizen.db'), population)
    await using server = await startKaizen(folder, address)
    const search = searcher(server.url)
    const rows: Row[] = []
    for (const [kind, asked] of Object.entries(kinds)) {
      const page = { ...asked, max_results: pageSize }
      const firstMs = await timed(() => search(page))
      const token = await deepToken(search, asked)
      const deepMs = token === '' ? null : await timed(() => search({ ...page, page_token: token }))
      rows.push({ database, kind, firstMs, deepMs })
      console.error(database, kind, firstMs.toFixed(1), deepMs?.toFixed(1) ?? '-')
    }
    return rows
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  const rows = [...(await measure('SQLite'))]
  if (postgresServer !== undefined) {
    await using database = await benchDatabase(postgresServer)
    rows.push(...(await measure('PostgreSQL', database.url)))
  }
  const machine = { cpus: cpus().length, load: loadavg()[0] }
  console.log(JSON.stringify({ machine, population, rows }, null, 2))
}
