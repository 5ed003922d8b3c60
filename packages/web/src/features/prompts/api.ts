import { queryOptions } from '@tanstack/react-query'
import { protocolRequest } from '../../shared/api/protocol-request.ts'
import { protocolPages } from '../../shared/api/queries.ts'
import { promptsKey, trackingKey } from '../../shared/live/live-keys.ts'
import { readRunPage } from '../experiments/wire.ts'
import { readTracePage } from '../traces/wire.ts'
import { promptMark, readPrompt, readPromptPage, readVersionPage } from './wire.ts'

const base = '/ajax-api/2.0/mlflow'
const perPage = 200
/** Newest uses that a page shows. */
export const mostUses = 100

const marked = `tags.\`${promptMark}\` = 'true'`

/** A value of a filter; null where the language has no quotes left for it. */
const quoted = (value: string): string | null =>
  !value.includes("'") ? `'${value}'` : value.includes('"') ? null : `"${value}"`

const search = (path: string, query: Record<string, string>, token: string, signal: AbortSignal) =>
  protocolRequest(
    `${base}/${path}/search?${new URLSearchParams({
      ...query,
      max_results: String(perPage),
      ...(token !== '' && { page_token: token }),
    })}`,
    { signal },
  )

export const promptsQuery = protocolPages([promptsKey], async (token, signal) =>
  readPromptPage(await search('registered-models', { filter: marked }, token, signal)),
)

export const promptQuery = (name: string) =>
  queryOptions({
    queryKey: [promptsKey, 'prompt', name],
    queryFn: async ({ signal }) => {
      const answer = await protocolRequest(
        `${base}/registered-models/get?${new URLSearchParams({ name })}`,
        { signal },
      )
      return readPrompt((answer as { registered_model?: unknown }).registered_model)
    },
  })

export const promptVersionsQuery = (name: string) =>
  protocolPages([promptsKey, 'versions', name], async (token, signal) => {
    const value = quoted(name)
    if (value === null) return { items: [] }
    const query = { filter: `name = ${value} AND ${marked}`, order_by: 'version_number DESC' }
    return readVersionPage(await search('model-versions', query, token, signal))
  })

/** Runs whose clients said that they used a prompt, newest first, in the experiments named. */
export const usingRunsQuery = (name: string, experimentIds: readonly string[]) =>
  queryOptions({
    queryKey: [trackingKey, 'prompt runs', name, experimentIds.join(',')],
    queryFn: async ({ signal }) => {
      const value = quoted(`%"${name}"%`)
      if (value === null) return []
      const body = {
        experiment_ids: experimentIds,
        filter: `tags.\`mlflow.linkedPrompts\` LIKE ${value}`,
        order_by: ['attributes.start_time DESC'],
        max_results: mostUses,
      }
      const answer = await protocolRequest(`${base}/runs/search`, {
        method: 'POST',
        body: JSON.stringify(body),
        signal,
      })
      return readRunPage(answer).runs
    },
  })

/** Traces that a version of a prompt made, newest first, in the experiments named. */
export const usingTracesQuery = (name: string, version: number, experimentIds: readonly string[]) =>
  queryOptions({
    queryKey: [trackingKey, 'prompt traces', name, version, experimentIds.join(',')],
    queryFn: async ({ signal }) => {
      const value = quoted(`${name}/${version}`)
      if (value === null) return []
      const body = {
        locations: experimentIds.map((experiment_id) => ({
          type: 'MLFLOW_EXPERIMENT',
          mlflow_experiment: { experiment_id },
        })),
        filter: `prompt = ${value}`,
        order_by: ['timestamp_ms DESC'],
        max_results: mostUses,
      }
      const answer = await protocolRequest('/ajax-api/3.0/mlflow/traces/search', {
        method: 'POST',
        body: JSON.stringify(body),
        signal,
      })
      return readTracePage(answer).items
    },
  })
