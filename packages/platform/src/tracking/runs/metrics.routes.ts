import { mlflowRunsApi as api, KaizenError, type MlflowMetric } from '@kaizen/contracts'
import { JsonText, type Route, route } from '../../http/index.ts'
import { toWireMetric, unlessEmpty } from '../mlflow-wire.ts'
import { pageToken, readPageToken } from '../search/page-token.ts'
import type { TrackingService } from '../service.ts'
import { toHistoryCursor } from './history-cursor.ts'
import { checkPageSize } from './run-search.ts'
import { runIdOf } from './runs.routes.ts'

const largestPage = 25_000
const largestSample = 2500
const mostRuns = 100

/** The curves of MLflow's protocol: whole, by pages, of several runs, and sampled. */
export function metricRoutes({ runs }: TrackingService): readonly Route[] {
  return [
    route(api.history, async ({ query }) => {
      const runId = runIdOf(query)
      const identity = ['history', runId, query.metric_key]
      const limit =
        query.max_results === undefined
          ? undefined
          : checkPageSize(Math.min(query.max_results, largestPage), largestPage)
      const { text, next } = await runs.history(runId, query.metric_key, {
        after: query.page_token
          ? toHistoryCursor(readPageToken(query.page_token, identity))
          : undefined,
        limit,
      })
      const metrics = text === '' ? [] : [`"metrics":[${text}]`]
      const token = next ? [`"next_page_token":${JSON.stringify(pageToken(identity, next))}`] : []
      return new JsonText(`{${[...metrics, ...token].join()}}`)
    }),
    route(api.historyBulk, async ({ query }) => {
      const texts: string[] = []
      let left = checkPageSize(query.max_results ?? largestPage, largestPage)
      for (const runId of checkedRuns('run_id', query.run_id)) {
        const { text, points } = await runs.history(runId, query.metric_key, {
          limit: left,
          more: { run_id: runId },
        })
        if (points > 0) texts.push(text)
        left -= points
        if (left === 0) break
      }
      return new JsonText(`{"metrics":[${texts.join()}]}`)
    }),
    route(api.historySampled, async ({ query }) => {
      const points = checkPageSize(query.max_results ?? largestSample, largestSample)
      const steps = stepRange(query.start_step, query.end_step)
      const metrics: MlflowMetric[] = []
      for (const runId of checkedRuns('run_ids', query.run_ids)) {
        const sample = await runs.sampledHistory(runId, query.metric_key, { points, steps })
        metrics.push(...sample.map((point) => ({ ...toWireMetric(point), run_id: runId })))
      }
      return unlessEmpty('metrics', metrics)
    }),
  ]
}

function checkedRuns(parameter: string, runIds: readonly string[]): readonly string[] {
  if (runIds.length >= 1 && runIds.length <= mostRuns) return runIds
  throw new KaizenError(
    'INVALID_REQUEST',
    `GetMetricHistoryBulk request must specify between 1 and ${mostRuns} ${parameter} values. Got ${runIds.length}.`,
  )
}

function stepRange(
  start: number | undefined,
  end: number | undefined,
): readonly [number, number] | undefined {
  if (start === undefined && end === undefined) return undefined
  if (start !== undefined && end !== undefined && start <= end) return [start, end]
  throw new KaizenError(
    'INVALID_REQUEST',
    'start_step and end_step must be given together, start_step not after end_step.',
  )
}
