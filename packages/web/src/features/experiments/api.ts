import { artifactPreviewsApi } from '@kaizen/contracts'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { contentStart } from '../../shared/api/content.ts'
import { protocolRequest } from '../../shared/api/protocol-request.ts'
import { endpointQuery } from '../../shared/api/queries.ts'
import { trackingKey } from '../../shared/live/live-keys.ts'
import {
  readArtifacts,
  readExperiment,
  readExperiments,
  readRun,
  readRunPage,
  readSampled,
} from './wire.ts'

const base = '/ajax-api/2.0/mlflow'

const post = (path: string, body: unknown, signal?: AbortSignal): Promise<unknown> =>
  protocolRequest(`${base}/${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    ...(signal && { signal }),
  })
const get = (path: string, query: Record<string, string>, signal: AbortSignal): Promise<unknown> =>
  protocolRequest(`${base}/${path}?${new URLSearchParams(query)}`, { signal })

export const experimentsQuery = queryOptions({
  queryKey: [trackingKey, 'experiments'],
  queryFn: async ({ signal }) =>
    readExperiments(await post('experiments/search', { max_results: 1000 }, signal)),
})

export const experimentQuery = (id: string) =>
  queryOptions({
    queryKey: [trackingKey, 'experiment', id],
    queryFn: async ({ signal }) => {
      const answer = await get('experiments/get', { experiment_id: id }, signal)
      return readExperiment((answer as { experiment?: unknown }).experiment)
    },
  })

/** Sets a tag of an experiment, or takes it away where `value` is null. */
export const tagExperiment = (id: string, key: string, value: string | null): Promise<unknown> =>
  value === null
    ? post('experiments/delete-experiment-tag', { experiment_id: id, key })
    : post('experiments/set-experiment-tag', { experiment_id: id, key, value })

/** Few enough that reading a page of runs with 50 metrics and params each is not felt while scrolling. */
const runsPerPage = 200

export const runsQuery = (experimentId: string, filter: string, order: string) =>
  infiniteQueryOptions({
    queryKey: [trackingKey, 'runs', experimentId, filter, order],
    queryFn: async ({ pageParam, signal }) =>
      readRunPage(
        await post(
          'runs/search',
          {
            experiment_ids: [experimentId],
            max_results: runsPerPage,
            ...(filter !== '' && { filter }),
            ...(order !== '' && { order_by: [order] }),
            ...(pageParam !== '' && { page_token: pageParam }),
          },
          signal,
        ),
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextPageToken,
  })

export const runQuery = (id: string) =>
  queryOptions({
    queryKey: [trackingKey, 'run', id],
    queryFn: async ({ signal }) => {
      const answer = await get('runs/get', { run_id: id }, signal)
      return readRun((answer as { run?: unknown }).run)
    },
  })

/** The most points of a curve that the server samples. */
export const sampleSize = 2500
/** Fewer points per curve where there are many curves: together they stay as quick to draw. */
const pointsOf = (curves: number): number => (curves > 12 ? 320 : curves > 1 ? 1000 : sampleSize)

/** One metric of several runs, each evenly sampled by the server. */
export const sampledQuery = (runIds: readonly string[], metric: string, points?: number) =>
  queryOptions({
    queryKey: [trackingKey, 'sampled', metric, runIds.join(','), points],
    queryFn: async ({ signal }) => {
      const query = new URLSearchParams(runIds.map((id) => ['run_ids', id]))
      query.set('metric_key', metric)
      query.set('max_results', String(points ?? pointsOf(runIds.length)))
      return readSampled(
        await protocolRequest(`${base}/metrics/get-history-bulk-interval?${query}`, { signal }),
      )
    },
  })

export const artifactsQuery = (runId: string, path: string) =>
  queryOptions({
    queryKey: [trackingKey, 'artifacts', runId, path],
    queryFn: async ({ signal }) => {
      const query = { run_id: runId, ...(path !== '' && { path }) }
      return readArtifacts(await get('artifacts/list', query, signal))
    },
  })

/** Where a file of a run is downloaded. */
export const artifactHref = (runId: string, path: string): string =>
  `/get-artifact?${new URLSearchParams({ run_uuid: runId, path })}`

/** Rows of a Parquet file, or the graph of an ONNX model. */
export const artifactPreviewQuery = (runId: string, path: string) =>
  endpointQuery(artifactPreviewsApi.ofRun, { params: { run_id: runId }, query: { path } })

/** The start of a file, as far as it is shown. */
export const artifactContentQuery = (runId: string, path: string) =>
  queryOptions({
    queryKey: [trackingKey, 'artifact', runId, path],
    queryFn: ({ signal }) => contentStart(artifactHref(runId, path), signal),
  })
