import { dataApi } from '@kaizen/contracts'
import { infiniteQueryOptions } from '@tanstack/react-query'
import { call } from '../../shared/api/client.ts'
import { endpointQuery, pagedQuery } from '../../shared/api/queries.ts'

export const datasetsQuery = pagedQuery(dataApi.list)
export const datasetQuery = (name: string) => endpointQuery(dataApi.get, { params: { name } })
export const versionsQuery = (name: string) => pagedQuery(dataApi.versions, { params: { name } })
export const versionQuery = (name: string, version: number) =>
  endpointQuery(dataApi.version, { params: { name, version } })
export const profileQuery = (name: string, version: number) =>
  endpointQuery(dataApi.profile, { params: { name, version } })

export const rowsQuery = (name: string, version: number, quarantined: boolean) =>
  infiniteQueryOptions({
    queryKey: [dataApi.rows.path, name, version, quarantined],
    queryFn: ({ pageParam, signal }) =>
      call(
        dataApi.rows,
        {
          params: { name, version },
          query: { after: pageParam, limit: 200, quarantined: quarantined ? 'true' : 'false' },
        },
        signal,
      ),
    initialPageParam: 0,
    getNextPageParam: (page) => page.next,
  })
