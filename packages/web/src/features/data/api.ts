import { dataApi, dataQualityApi, dataReportApi } from '@kaizen/contracts'
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

export const reportQuery = (name: string, version: number, target: string | undefined) =>
  endpointQuery(dataReportApi.report, {
    params: { name, version },
    query: target === undefined ? {} : { target },
  })
export const comparisonQuery = (name: string, before: number, after: number) =>
  endpointQuery(dataReportApi.compare, { params: { name }, query: { before, after } })
export const contractQuery = (name: string) =>
  endpointQuery(dataQualityApi.getContract, { params: { name } })
export const suitesQuery = (name: string) => pagedQuery(dataQualityApi.suites, { params: { name } })
export const validationsQuery = (name: string) =>
  pagedQuery(dataQualityApi.validations, { params: { name } })
export const validationQuery = (name: string, id: string) =>
  endpointQuery(dataQualityApi.validation, { params: { name, id } })
export const failedRowsQuery = (name: string, id: string) =>
  endpointQuery(dataQualityApi.failedRows, { params: { name, id }, query: { limit: 200 } })
