import { queryOptions } from '@tanstack/react-query'
import { protocolRequest } from '../../shared/api/protocol-request.ts'
import { protocolPages } from '../../shared/api/queries.ts'
import { trackingKey } from '../../shared/live/live-keys.ts'
import { readDataset, readDatasetPage, readRecordPage } from './wire.ts'

const base = '/ajax-api/3.0/mlflow/datasets'
const perPage = 200
const recordsPerPage = 500

export const evaluationDatasetsQuery = (filter: string) =>
  protocolPages([trackingKey, 'evaluation datasets', filter], async (token, signal) => {
    const body = {
      max_results: perPage,
      order_by: ['last_update_time DESC'],
      ...(filter !== '' && { filter_string: filter }),
      ...(token !== '' && { page_token: token }),
    }
    return readDatasetPage(
      await protocolRequest(`${base}/search`, {
        method: 'POST',
        body: JSON.stringify(body),
        signal,
      }),
    )
  })

export const evaluationDatasetQuery = (id: string) =>
  queryOptions({
    queryKey: [trackingKey, 'evaluation dataset', id],
    queryFn: async ({ signal }) => {
      const answer = await protocolRequest(`${base}/${encodeURIComponent(id)}`, { signal })
      return readDataset((answer as { dataset?: unknown }).dataset)
    },
  })

export const recordsQuery = (id: string) =>
  protocolPages([trackingKey, 'evaluation records', id], async (token, signal) => {
    const query = new URLSearchParams({
      max_results: String(recordsPerPage),
      ...(token !== '' && { page_token: token }),
    })
    return readRecordPage(
      await protocolRequest(`${base}/${encodeURIComponent(id)}/records?${query}`, { signal }),
    )
  })
