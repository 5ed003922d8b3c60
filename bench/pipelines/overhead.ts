/**
 * What the control plane of pipelines costs, through the real server over HTTP:
 * - beyond its process: a chain of steps that do nothing, against the same processes started one by one by hand;
 * - the start of a step: from the end of one step's code to the beginning of the next one's;
 * - a graph of a thousand steps that are all in the cache.
 *
 * `node bench/pipelines/overhead.ts` prints the figures as JSON.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { type JsonValue, type PipelineRunDetail, pipelinesApi, projectApi } from '@kaizen/contracts'
import { startServer } from '@kaizen/platform'
import { type Client, createClient, toManifest } from '@kaizen/sdk'
import project, { chainLength, graphSize } from './project/kaizen.ts'

const rounds = Number(process.env['KAIZEN_BENCH_ROUNDS'] ?? 5)
const folder = fileURLToPath(new URL('./project', import.meta.url))

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN

async function apply(client: Client): Promise<void> {
  const { manifest, files } = await toManifest(project, { folder })
  for (const file of files) {
    await client.upload(
      projectApi.putFile,
      { params: { id: file.digest } },
      new Blob([await readFile(file.fullPath)]),
    )
  }
  await client.call(projectApi.apply, { body: { manifest, reason: 'benchmark' } })
}

/** Runs a pipeline and waits for its end. */
async function run(
  client: Client,
  name: string,
  cache: boolean,
): Promise<{ readonly ms: number; readonly detail: PipelineRunDetail }> {
  const started = performance.now()
  const { id } = await client.call(pipelinesApi.run, { params: { name }, body: { cache } })
  for (;;) {
    const { items } = await client.call(pipelinesApi.runs, { query: { pipeline: name, limit: 1 } })
    if (items[0]?.id === id && items[0].endedAt !== null) break
    await new Promise<void>((resolve) => setTimeout(resolve, 2))
  }
  const ms = performance.now() - started
  const detail = await client.call(pipelinesApi.runDetail, { params: { id } })
  if (detail.state !== 'succeeded') throw new Error(`${name}: ${detail.error?.message}`)
  return { ms, detail }
}

/** The same process as a step's, started by hand and waited for. */
async function processMs(): Promise<number> {
  const started = performance.now()
  for (let n = 0; n < chainLength; n++) {
    const child = spawn('sh', ['-c', 'true'], { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    await once(child, 'close')
  }
  return (performance.now() - started) / chainLength
}

/** Gaps between the end of one step's code and the beginning of the next one's, in milliseconds. */
function startGaps(detail: PipelineRunDetail): number[] {
  const times = detail.stepRuns.map(
    (step) => step.outputs['times']?.value as { readonly begin: number; readonly end: number },
  )
  return times.slice(1).map(({ begin }, index) => begin - (times[index]?.end ?? Number.NaN))
}

export async function measure(): Promise<Readonly<Record<string, JsonValue>>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'kaizen-bench-'))
  try {
    await using server = await startServer({ dataDir, port: 0, logLevel: 'silent' })
    const client = createClient({ baseUrl: server.address })
    await apply(client)
    const overheads: number[] = []
    const gaps: number[] = []
    const cachedMs: number[] = []
    await run(client, 'graph', true)
    for (let round = 0; round < rounds; round++) {
      const byHand = await processMs()
      overheads.push((await run(client, 'commands', false)).ms / chainLength - byHand)
      // The first steps warm the processes that the later ones start in.
      gaps.push(...startGaps((await run(client, 'modules', false)).detail))
      const graph = await run(client, 'graph', true)
      if (graph.detail.steps.cached !== graphSize) throw new Error('the graph was not in the cache')
      cachedMs.push(graph.ms)
    }
    return {
      overheadPerStepMs: median(overheads),
      stepStartMs: median(gaps),
      stepStartWorstMs: Math.max(...gaps),
      cachedSteps: graphSize,
      cachedGraphMs: median(cachedMs),
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

if (import.meta.main) console.log(JSON.stringify(await measure(), undefined, 2))
