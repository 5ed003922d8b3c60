/**
 * Opening the page of a monitor of 200 features with two years of hourly windows, in Chromium against a server of its own.
 * `node bench/monitoring/page.ts` prints the figures as JSON.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'

const features = 200
const hourMs = 3_600_000
const windows = 2 * 365 * 24
const rounds = Number(process.env['KAIZEN_BENCH_ROUNDS'] ?? 5)
const end = Date.UTC(2026, 0, 5)
const others = ['performance:mae', 'performance:rmse', 'volume:rows', 'labels:completeness']
const repository = join(import.meta.dirname, '../..')

const metrics = [
  ...Array.from(
    { length: features },
    (_, index) => `drift:feature_${String(index).padStart(3, '0')}:psi`,
  ),
  ...others,
]

/** A server over a data directory; ends with the scope. */
async function server(folder: string) {
  const child = spawn(
    join(repository, 'kaizen'),
    ['server', '--json', '--port', '0', '--data-dir', folder],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const lines = createInterface({ input: child.stdout })
  for await (const line of lines) {
    const { address } = JSON.parse(line) as { readonly address: string }
    lines.close()
    child.stdout.resume()
    return {
      address,
      async [Symbol.asyncDispose]() {
        child.kill('SIGTERM')
        if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve))
      },
    }
  }
  throw new Error('the server ended before it was ready')
}

/** Two years of hours of every metric, written as the windows would have been. */
function seed(path: string): void {
  using database = new DatabaseSync(path)
  database.exec('pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -400000')
  const declaration = {
    name: 'wide',
    description: '',
    endpoint: 'wide',
    dataset: null,
    window: '1h',
    every: null,
    count: null,
    lateness: '0s',
    reference: 'training',
    drift: ['psi', 'ks'],
    columns: [],
    segments: [],
    fairness: null,
    naive: null,
    custom: [],
    thresholds: [],
    alerts: [],
    performance: { metrics: ['mae', 'rmse'], window: '24h', minSamples: 30 },
  }
  const insertMonitor = database.prepare(
    `insert into monitor (name, project, declaration, closed_to, started, label_cursor, created_at, version)
     values (?, 'bench', ?, ?, 1, 0, 0, 1)`,
  )
  for (const name of ['wide', 'small'])
    insertMonitor.run(name, JSON.stringify({ ...declaration, name }), end)
  const statistics = JSON.stringify(
    metrics.map((metric, index) => ({
      metric,
      column: metric.split(':')[1],
      method: 'psi',
      value: index / 1000,
      pValue: null,
      threshold: 0.2,
      lower: null,
      band: null,
      drifted: index % 9 === 0,
      referenceRows: 10_000,
      currentRows: 5000,
      status: 'ok',
      note: null,
    })),
  )
  const hours = `with recursive hour(n) as (select 1 union all select n + 1 from hour where n < ${windows})`
  const at = `${end - windows * hourMs} + n * ${hourMs}`
  database.exec('begin; create temp table named(metric text)')
  const insertName = database.prepare('insert into named values (?)')
  for (const metric of metrics) insertName.run(metric)
  database.exec(`${hours} insert into monitor_window
    (id, monitor, kind, from_ms, to_ms, revision, latest, row_count, labelled, model_versions, statistics,
     distributions, closed_at, monitor_version, judged, drifted)
    select printf('window-%06d-%s', n, kind), 'wide', kind, ${at} - ${hourMs}, ${at}, 1, 1, 5000, 4000, '[1]',
      case when n > ${windows - 2000} then '${statistics.replaceAll("'", "''")}' else '[]' end, '[]', ${at}, 1,
      ${metrics.length}, n % 40
    from hour, (select 'drift' as kind union all select 'performance')`)
  // As windows close, values of all metrics come hour by hour.
  database.exec(`${hours} insert into monitor_value
    (monitor, metric, at, value, row_count, revision, threshold, lower, drifted, note)
    select 'wide', metric, ${at}, 0.1 + 0.05 * sin(n / 50.0) + (abs(random()) % 1000) / 20000.0, 5000, 1, 0.2, null, 0, null
    from hour cross join named`)
  database.exec(`insert into monitor_metric
    (monitor, metric, at, value, row_count, revision, threshold, lower, drifted, note)
    select 'wide', metric, ${end}, 0.15, 5000, 1, 0.2, null, metric like '%7:psi', null from named`)
  database.exec(`insert into monitor_day
    (monitor, metric, day, first_at, last_at, windows, known, total, low, high, row_count, revision, threshold, lower, drifted)
    select monitor, metric, (at - 1) / 86400000, min(at), max(at), count(*), count(value), sum(value), min(value),
      max(value), sum(row_count), 1, max(threshold), null, max(drifted)
    from monitor_value group by monitor, metric, (at - 1) / 86400000`)
  const few = [...others, metrics[0]].map((metric) => `'${metric}'`).join(', ')
  for (const [table, where] of [
    ['monitor_window', `to_ms > ${end - 24 * hourMs}`],
    ['monitor_value', `metric in (${few}) and at > ${end - 24 * hourMs}`],
    ['monitor_metric', `metric in (${few})`],
    ['monitor_day', `metric in (${few}) and first_at > ${end - 24 * hourMs}`],
  ] as const) {
    const columns = database
      .prepare(`select name from pragma_table_info(?) where name not in ('monitor', 'id')`)
      .all(table)
      .map((row) => String(row['name']))
    const own = table === 'monitor_window' ? ["'small-' || id", 'id'] : null
    database.exec(`insert into ${table} (monitor, ${own ? `${own[1]}, ` : ''}${columns})
      select 'small', ${own ? `${own[0]}, ` : ''}${columns} from ${table}
      where monitor = 'wide' and ${where}`)
  }
  database.exec('commit; pragma journal_mode = wal')
}

/** What a reader waits for on each tab: lines and curves are there, and nothing loads any more. */
const tabs = {
  drift: '.chart-canvas canvas, .spark path[d^=M]',
  performance: '.chart-canvas canvas',
  metrics: '.chart-canvas canvas',
  windows: 'table[aria-label=Windows] tbody tr[data-index]',
} as const

const { chromium } = createRequire(join(repository, 'e2e/package.json'))('playwright-core')
/** A folder that is kept is filled once. */
const kept = process.env['KAIZEN_BENCH_FOLDER']
const folder = kept ?? (await mkdtemp(join(tmpdir(), 'kaizen-bench-')))
try {
  const path = join(folder, 'kaizen.db')
  if (!existsSync(path)) {
    {
      await using _first = await server(folder)
    }
    seed(path)
  }
  await using running = await server(folder)
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--headless=new', '--no-sandbox', '--disable-gpu'],
  })
  const open = async (monitor: string, tab: string, selector: string): Promise<number> => {
    const context = await browser.newContext({ viewport: { width: 1400, height: 1000 } })
    try {
      const page = await context.newPage()
      const began = performance.now()
      await page.goto(`${running.address}/monitors/${monitor}?tab=${tab}`)
      for (const part of selector.split(', '))
        await page.locator(part).first().waitFor({ state: 'attached' })
      await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' })
      return performance.now() - began
    } finally {
      await context.close()
    }
  }
  const openedMs: Record<string, number[]> = {}
  const smallMs: Record<string, number[]> = {}
  try {
    for (const [tab, selector] of Object.entries(tabs)) {
      await open('wide', tab, selector)
      openedMs[tab] = []
      smallMs[tab] = []
      for (let round = 0; round < rounds; round++) {
        openedMs[tab].push(await open('wide', tab, selector))
        smallMs[tab].push(await open('small', tab, selector))
      }
    }
  } finally {
    await browser.close()
  }
  console.log(JSON.stringify({ features, windows, openedMs, smallMs }))
} finally {
  if (kept === undefined) await rm(folder, { recursive: true, force: true })
}
