import {
  auditApi,
  type Candidate,
  continualApi,
  dataApi,
  type PredictionRecord,
  servingApi,
} from '@kaizen/contracts'
import type { Client } from '@kaizen/sdk'
import { scenario } from './scenario.ts'

/** Error of forecasts against what came true. */
export interface ErrorFigures {
  readonly mae: number
  readonly rmse: number
  readonly rows: number
}
export interface QuarterFigures {
  readonly quarter: string
  readonly static: ErrorFigures
  readonly naive: ErrorFigures
  readonly loop: ErrorFigures
}
export interface DemoReport {
  readonly static: ErrorFigures
  readonly naive: ErrorFigures
  readonly loop: ErrorFigures
  readonly quarters: readonly QuarterFigures[]
  readonly candidates: number
  readonly promotions: number
  readonly rejections: number
  readonly rollbacks: number
  readonly predictions: number
  readonly requestsPerSecond: number
  readonly latencyMs: { readonly p50: number | null; readonly p99: number | null }
  readonly auditEvents: number
  readonly auditVerified: boolean
  /** What the delay of shadow and canary cost: error of the champion on the hours in which a better candidate waited. */
  readonly rolloutCost: {
    readonly hours: number
    readonly championMae: number | null
    readonly shadowMae: number | null
  }
  readonly incidents: readonly { readonly label: string; readonly outcome: string }[]
  readonly seconds: number
  readonly serverPeakMemoryMb: number | null
}

/** A forecast for an hour with its truth. */
export interface Forecast {
  readonly at: number
  readonly predicted: number
  readonly actual: number
}

const weekMs = 7 * 24 * 3_600_000

/** All labelled answers of an endpoint that callers got, or that its shadow arms gave unseen. */
export async function forecasts(
  client: Client,
  endpoint: string,
  mode: 'live' | 'shadow' = 'live',
): Promise<readonly Forecast[]> {
  const found: Forecast[] = []
  for await (const record of client.paged(servingApi.predictions, {
    params: { name: endpoint },
    query: { limit: 1000 },
  })) {
    const predicted = answerOf(record)
    if (
      record.mode !== mode ||
      record.error !== null ||
      predicted === undefined ||
      typeof record.actual !== 'number'
    )
      continue
    found.push({ at: record.at, predicted, actual: record.actual })
  }
  return found.sort((a, b) => a.at - b.at)
}

function answerOf(record: PredictionRecord): number | undefined {
  const [value] = Object.values(record.outputs)
  const scalar = Array.isArray(value) ? value.flat(Number.POSITIVE_INFINITY)[0] : value
  return typeof scalar === 'number' ? scalar : undefined
}

/** The same hour a week ago, from the labels that the platform holds: those of the training data and of the replay. */
export async function naiveForecasts(
  client: Client,
  labelled: readonly Forecast[],
): Promise<readonly Forecast[]> {
  const known = new Map(labelled.map(({ at, actual }) => [at, actual]))
  const version = await client.call(dataApi.version, {
    params: { name: scenario.dataset, version: 1 },
  })
  for (let after = 0; after < version.rowCount; after += 1000) {
    const page = await client.call(dataApi.rows, {
      params: { name: scenario.dataset, version: 1 },
      query: { limit: 1000, after },
    })
    const column = (name: string): number =>
      page.columns.findIndex((candidate) => candidate.name === name)
    const [day, hour, target] = [column('dteday'), column('hr'), column('cnt')]
    for (const row of page.rows)
      known.set(
        Date.parse(`${String(row[day])}T00:00:00Z`) + Number(row[hour]) * 3_600_000,
        Number(row[target]),
      )
  }
  return labelled.flatMap(({ at, actual }) => {
    const predicted = known.get(at - weekMs)
    return predicted === undefined ? [] : [{ at, predicted, actual }]
  })
}

export function errorOf(rows: readonly Forecast[]): ErrorFigures {
  if (rows.length === 0) return { mae: Number.NaN, rmse: Number.NaN, rows: 0 }
  let absolute = 0
  let squared = 0
  for (const { predicted, actual } of rows) {
    absolute += Math.abs(predicted - actual)
    squared += (predicted - actual) ** 2
  }
  return { mae: absolute / rows.length, rmse: Math.sqrt(squared / rows.length), rows: rows.length }
}

const quarterOf = (at: number): string => {
  const date = new Date(at)
  return `${date.getUTCFullYear()} Q${Math.floor(date.getUTCMonth() / 3) + 1}`
}

export interface Series {
  readonly static: readonly Forecast[]
  readonly naive: readonly Forecast[]
  readonly loop: readonly Forecast[]
  readonly shadow: readonly Forecast[]
}

export async function readSeries(client: Client): Promise<Series> {
  const loop = await forecasts(client, scenario.endpoint)
  return {
    loop,
    static: await forecasts(client, scenario.frozenEndpoint),
    naive: await naiveForecasts(client, loop),
    shadow: await forecasts(client, scenario.endpoint, 'shadow'),
  }
}

export function byQuarter(series: Series): readonly QuarterFigures[] {
  const quarters = [...new Set(series.loop.map(({ at }) => quarterOf(at)))]
  return quarters.map((quarter) => {
    const of = (rows: readonly Forecast[]): ErrorFigures =>
      errorOf(rows.filter(({ at }) => quarterOf(at) === quarter))
    return { quarter, static: of(series.static), naive: of(series.naive), loop: of(series.loop) }
  })
}

/** Candidates by how they ended, and what the gate said to the planted one. */
export async function readCandidates(client: Client): Promise<readonly Candidate[]> {
  return Array.fromAsync(
    client.paged(continualApi.candidates, { query: { policy: scenario.policy, limit: 1000 } }),
  )
}

/** The candidates that can have ended since yesterday: a policy has one under way at a time. */
export async function newestCandidates(client: Client): Promise<readonly Candidate[]> {
  const query = { policy: scenario.policy, limit: 3 }
  return (await client.call(continualApi.candidates, { query })).items
}

export async function readAudit(
  client: Client,
): Promise<{ readonly events: number; readonly ok: boolean }> {
  const { events, ok } = await client.call(auditApi.verify)
  return { events, ok }
}
