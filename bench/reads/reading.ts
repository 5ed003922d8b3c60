import { Agent, fetch } from 'undici'
import type { Measured } from './measured.ts'

/** What the reads of one server are about. */
export interface Reads {
  readonly experimentId: string
}

const rounds = 7
const curvePoints = 50_000
const sampledPoints = 320
const batchSize = 1000

/** The peer's workers close connections at times of their own: each call has one to itself, with either server. */
const oneCallEach = new Agent({ pipelining: 0 })

async function call(url: string, body?: unknown): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/json' }
  const asked = body === undefined ? {} : { method: 'POST', headers, body: JSON.stringify(body) }
  const answer = await fetch(url, { ...asked, dispatcher: oneCallEach })
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as Record<string, unknown>
}

/** The median of several rounds, in milliseconds, after one that warms up. */
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

const byMetric = {
  filter: 'metrics.metric_1 > 0.5',
  order_by: ['metrics.metric_1 DESC'],
}

async function page(url: string, body: Record<string, unknown>): Promise<[number, string]> {
  const { runs, next_page_token: next } = await call(`${url}/api/2.0/mlflow/runs/search`, body)
  return [(runs as readonly unknown[] | undefined)?.length ?? 0, String(next ?? '')]
}

/** Pages of the newest runs, and of those with a metric in a range, the greatest first. */
export async function searches(url: string, reads: Reads): Promise<readonly Measured[]> {
  const experiments = { experiment_ids: [reads.experimentId] }
  const asked: Readonly<Record<string, Record<string, unknown>>> = {
    '100 newest runs': { max_results: 100 },
    '100 runs by a metric, filtered': { max_results: 100, ...byMetric },
    '1,000 runs by a metric, filtered': { max_results: 1000, ...byMetric },
  }
  const figures: Measured[] = []
  for (const [work, more] of Object.entries(asked)) {
    const value = await timed(async () => {
      const [count] = await page(url, { ...experiments, ...more })
      if (count !== more['max_results']) throw new Error(`${work}: ${count} runs`)
    })
    figures.push({ work: `search: ${work}`, unit: 'ms', value })
  }
  return figures
}

/** All runs in pages of 1,000. */
export async function allPages(url: string, reads: Reads): Promise<readonly Measured[]> {
  const figures: Measured[] = []
  for (const [work, order_by] of [
    ['by time', ['attributes.start_time DESC']],
    ['by a metric', ['metrics.metric_1 DESC']],
  ] as const) {
    const began = performance.now()
    let token = ''
    do {
      const asked = { experiment_ids: [reads.experimentId], max_results: 1000, order_by }
      const [, next] = await page(url, { ...asked, ...(token === '' ? {} : { page_token: token }) })
      token = next
    } while (token !== '')
    const value = performance.now() - began
    figures.push({ work: `all runs in pages of 1,000, ${work}`, unit: 'ms', value })
  }
  return figures
}

/** A long curve, whole and sampled. */
export async function curveReads(url: string, reads: Reads): Promise<readonly Measured[]> {
  const api = `${url}/api/2.0/mlflow`
  const { run } = await call(`${api}/runs/create`, {
    experiment_id: reads.experimentId,
    start_time: 1,
  })
  const runId = (run as { readonly info: { readonly run_id: string } }).info.run_id
  for (let from = 0; from < curvePoints; from += batchSize) {
    const metrics = Array.from({ length: batchSize }, (_, index) => ({
      key: 'curve',
      value: 1 / (from + index + 1),
      timestamp: 1_700_000_000_000 + from + index,
      step: from + index,
    }))
    await call(`${api}/runs/log-batch`, { run_id: runId, metrics })
  }
  const read = (path: string, least: number) =>
    timed(async () => {
      const { metrics } = await call(`${url}/${path}`)
      const count = (metrics as readonly unknown[]).length
      if (count < least) throw new Error(`${path}: ${count} points`)
    })
  return [
    {
      work: `history of ${curvePoints.toLocaleString('en-US')} points`,
      unit: 'ms',
      value: await read(
        `api/2.0/mlflow/metrics/get-history?run_id=${runId}&metric_key=curve`,
        curvePoints,
      ),
    },
    {
      work: `the same, sampled to ${sampledPoints}`,
      unit: 'ms',
      value: await read(
        `ajax-api/2.0/mlflow/metrics/get-history-bulk-interval?run_ids=${runId}&metric_key=curve&max_results=${sampledPoints}`,
        sampledPoints / 2,
      ),
    },
  ]
}
