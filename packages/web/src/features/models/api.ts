import { continualApi, modelsApi, servingApi } from '@kaizen/contracts'
import { endpointQuery, pagedQuery } from '../../shared/api/queries.ts'

export const modelsQuery = pagedQuery(modelsApi.list)
export const modelQuery = (name: string) => endpointQuery(modelsApi.get, { params: { name } })
export const versionsQuery = (name: string) => pagedQuery(modelsApi.versions, { params: { name } })
export const versionQuery = (name: string, version: number) =>
  endpointQuery(modelsApi.version, { params: { name, version: String(version) } })
/** Candidates hold the gate decisions of versions, endpoints say where a version answers. */
export const candidatesQuery = endpointQuery(continualApi.candidates, { query: { limit: 1000 } })
export const endpointsQuery = endpointQuery(servingApi.list, { query: { limit: 1000 } })
