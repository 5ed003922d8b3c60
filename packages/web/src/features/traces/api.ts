import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { protocolRequest } from '../../shared/api/protocol-request.ts'
import { trackingKey } from '../../shared/live/live-keys.ts'
import { readTrace, readTracePage } from './wire.ts'

const base = '/ajax-api/3.0/mlflow/traces'
const tracesPerPage = 200

export const tracesQuery = (experimentId: string, filter: string, order: string) =>
  infiniteQueryOptions({
    queryKey: [trackingKey, 'traces', experimentId, filter, order],
    queryFn: async ({ pageParam, signal }) => {
      const location = {
        type: 'MLFLOW_EXPERIMENT',
        mlflow_experiment: { experiment_id: experimentId },
      }
      const body = {
        locations: [location],
        max_results: tracesPerPage,
        ...(filter !== '' && { filter }),
        ...(order !== '' && { order_by: [order] }),
        ...(pageParam !== '' && { page_token: pageParam }),
      }
      return readTracePage(
        await protocolRequest(`${base}/search`, {
          method: 'POST',
          body: JSON.stringify(body),
          signal,
        }),
      )
    },
    initialPageParam: '',
    getNextPageParam: (page) => page.nextPageToken,
  })

export const traceQuery = (id: string) =>
  queryOptions({
    queryKey: [trackingKey, 'trace', id],
    queryFn: async ({ signal }) =>
      readTrace(
        await protocolRequest(`${base}/get?${new URLSearchParams({ trace_id: id })}`, { signal }),
      ),
  })
