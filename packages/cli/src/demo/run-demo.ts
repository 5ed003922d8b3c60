import { once } from 'node:events'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Candidate, KaizenError, monitoringApi, servingApi } from '@kaizen/contracts'
import { type Client, createClient } from '@kaizen/sdk'
import { applyProject } from '../commands/project.ts'
import { print } from '../render.ts'
import { type BikeRow, readBikeRows } from './bike-rows.ts'
import { invokeOver } from './invoke.ts'
import {
  byQuarter,
  type DemoReport,
  errorOf,
  type Forecast,
  newestCandidates,
  readAudit,
  readCandidates,
  readSeries,
  type Series,
} from './measure.ts'
import { type Progress, startProgress } from './progress.ts'
import { reliableFetch } from './reliable-fetch.ts'
import { deployFirstModel, replay } from './replay.ts'
import { reportHtml } from './report-html.ts'
import { renderReport } from './report-text.ts'
import { scenario } from './scenario.ts'
import { ServerProcess } from './server-process.ts'

const project = fileURLToPath(new URL('../../../../examples/bike-sharing', import.meta.url))

export interface DemoOptions {
  readonly folder: string
  readonly until: string
  /** Print the report as JSON on standard output, progress on standard error. */
  readonly json: boolean
}

/** Starts a server, runs the loop over the replayed data, reports, and serves on a terminal until Ctrl-C. */
export async function runDemo(options: DemoOptions): Promise<void> {
  const end = Math.min(scenario.end, Date.parse(options.until))
  if (Number.isNaN(end) || end <= scenario.start) {
    throw new KaizenError(
      'INVALID_REQUEST',
      `--until: "${options.until}" is not a date after ${new Date(scenario.start).toISOString().slice(0, 10)}`,
    )
  }
  const started = performance.now()
  const folder = resolve(options.folder)
  await rm(join(folder, 'data'), { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const progress = startProgress(options.json ? process.stderr : process.stdout)
  await using server = new ServerProcess({
    dataDir: join(folder, 'data'),
    replayFrom: new Date(scenario.start).toISOString(),
  })
  const address = await server.ready()
  progress.say(`The server is ready at ${address}; its data is in ${options.folder}/data.`)
  const send = reliableFetch(server)
  const client = createClient({ baseUrl: address, fetch: send })
  const rows = (await readBikeRows(join(project, 'data/bike-sharing-hourly.csv'))).filter(
    ({ at }) => at >= scenario.start && at < end,
  )

  await applyProject(client, project, 'make demo')
  progress.say(
    'The project is in force: one dataset, one pipeline, two endpoints, two monitors, one policy.',
  )
  await deployFirstModel(client)
  progress.say(
    'The first model, trained on 2011-01-01 to 2011-03-31, is deployed; a frozen copy stands beside it.',
  )
  progress.say(
    `Replaying ${rows.length.toLocaleString('en-US')} hours as traffic, ground truth a day late.`,
  )
  const replayed = await timedReplay({
    client,
    rows,
    end,
    progress,
    invoke: invokeOver(send, address),
  })

  const report = await collect({
    client,
    server,
    seconds: () => (performance.now() - started) / 1000,
    replayed,
    end,
  })
  await writeFile(join(folder, 'report.json'), `${JSON.stringify(report.report, null, 2)}\n`)
  await writeFile(
    join(folder, 'report.html'),
    reportHtml(report.report, report.series, report.candidates),
  )
  progress.end()
  print(
    options.json,
    report.report,
    () =>
      `\n${renderReport(report.report)}\n\nReport: ${options.folder}/report.html and report.json`,
  )
  if (!report.report.auditVerified)
    throw new KaizenError('AUDIT_BROKEN', 'the audit chain of the demo does not verify')
  if (!process.stdout.isTTY || options.json) return
  process.stdout.write(`User interface: ${address}\nCtrl-C ends it.\n`)
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
}

interface Replayed {
  readonly seconds: number
  readonly predictions: number
}

async function timedReplay(options: {
  client: Client
  rows: readonly BikeRow[]
  end: number
  progress: Progress
  invoke: Parameters<typeof replay>[0]['invoke']
}): Promise<Replayed> {
  const { client, rows, end, progress, invoke } = options
  const started = performance.now()
  const seen = new Set<string>()
  let lastDay = ''
  await replay({
    client,
    rows,
    invoke,
    end,
    onStep: async (now) => {
      const day = new Date(now).toISOString().slice(0, 10)
      progress.at((now - scenario.start) / (end - scenario.start), day)
      if (day === lastDay) return
      lastDay = day
      for (const candidate of (await newestCandidates(client)).toReversed()) {
        const key = `${candidate.id} ${candidate.state}`
        if (candidate.endedAt === null || seen.has(key)) continue
        seen.add(key)
        progress.say(tell(candidate))
      }
    },
  })
  return { seconds: (performance.now() - started) / 1000, predictions: rows.length }
}

function tell(candidate: Candidate): string {
  const day = new Date(candidate.endedAt ?? candidate.createdAt).toISOString().slice(0, 10)
  const planted = candidate.incident === null ? '' : ` [planted: ${candidate.incident}]`
  return `${day}  candidate ${candidate.number} ${candidate.state}${planted}: ${candidate.gate?.summary ?? candidate.error ?? candidate.trigger}`
}

async function collect(input: {
  client: Client
  server: ServerProcess
  seconds: () => number
  replayed: Replayed
  end: number
}): Promise<{ report: DemoReport; series: Series; candidates: readonly Candidate[] }> {
  const { client, server, replayed, end } = input
  const [series, candidates, audit] = [
    await readSeries(client),
    await readCandidates(client),
    await readAudit(client),
  ]
  const live = await client.call(servingApi.get, { params: { name: scenario.endpoint } })
  const frozen = await client.call(servingApi.get, { params: { name: scenario.frozenEndpoint } })
  const traffic = await client.call(servingApi.traffic, {
    params: { name: scenario.endpoint },
    query: { from: scenario.start, to: end, buckets: 1 },
  })
  const answered = traffic.points.reduce(
    (most, point) => (point.requests > most.requests ? point : most),
    { requests: 0, p50: null as number | null, p99: null as number | null },
  )
  const ended = (state: Candidate['state']): number =>
    candidates.filter((candidate) => candidate.state === state).length
  const report: DemoReport = {
    static: errorOf(series.static),
    naive: errorOf(series.naive),
    loop: errorOf(series.loop),
    quarters: byQuarter(series),
    candidates: candidates.length,
    promotions: ended('promoted'),
    rejections: ended('rejected'),
    rollbacks: ended('rolled-back'),
    predictions: live.predictions + frozen.predictions,
    requestsPerSecond: replayed.predictions / replayed.seconds,
    latencyMs: { p50: answered.p50, p99: answered.p99 },
    auditEvents: audit.events,
    auditVerified: audit.ok,
    rolloutCost: rolloutCost(series),
    incidents: await tellIncidents(client, candidates, end),
    seconds: input.seconds(),
    serverPeakMemoryMb: await peakMemoryMb(server.pid),
  }
  return { report, series, candidates }
}

/** Hours in which a candidate that had passed its gate still watched while the champion answered. */
function rolloutCost({ loop, shadow }: Series): DemoReport['rolloutCost'] {
  const answers = new Map(loop.map((row) => [row.at, row]))
  const pairs = shadow.flatMap((row): readonly (readonly [Forecast, Forecast])[] => {
    const answer = answers.get(row.at)
    return answer ? [[answer, row]] : []
  })
  if (pairs.length === 0) return { hours: 0, championMae: null, shadowMae: null }
  return {
    hours: pairs.length,
    championMae: errorOf(pairs.map(([champion]) => champion)).mae,
    shadowMae: errorOf(pairs.map(([, watching]) => watching)).mae,
  }
}

async function tellIncidents(
  client: Client,
  candidates: readonly Candidate[],
  end: number,
): Promise<DemoReport['incidents']> {
  const { wrongUnit, truncatedWindow } = scenario
  const told: { label: string; outcome: string }[] = []
  if (end > wrongUnit.to) {
    const alerts = await Array.fromAsync(
      client.paged(monitoringApi.alerts, { query: { monitor: scenario.monitor, limit: 1000 } }),
    )
    const first = alerts
      .filter(
        (alert) =>
          alert.rule === 'inputs-out-of-range' &&
          alert.windowFrom >= wrongUnit.from &&
          alert.windowFrom < wrongUnit.to,
      )
      .at(-1)
    told.push({
      label: wrongUnit.label,
      outcome: first
        ? `the monitor spoke up ${((first.openedAt - wrongUnit.from) / 3_600_000).toFixed(0)} h after it began: ${first.message}`
        : 'NOT NOTICED',
    })
  }
  if (end > truncatedWindow.at) {
    const planted = candidates.find((candidate) => candidate.incident === truncatedWindow.label)
    told.push({
      label: truncatedWindow.label,
      outcome: planted
        ? `${planted.state}: ${planted.gate?.summary ?? planted.error ?? ''}`
        : 'NOT TRIED',
    })
  }
  return told
}

/** Most memory that the server has held, from the kernel's accounting; unknown where there is none. */
async function peakMemoryMb(pid: number | undefined): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const peak = /VmHWM:\s+(\d+) kB/.exec(status)?.[1]
  return peak === undefined ? null : Number(peak) / 1024
}
