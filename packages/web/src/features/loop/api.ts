import { continualApi, monitoringApi } from '@kaizen/contracts'
import { endpointQuery, pagedQuery } from '../../shared/api/queries.ts'

export const loopsQuery = endpointQuery(continualApi.loops)
export const openAlertsQuery = endpointQuery(monitoringApi.alerts, { query: { state: 'open' } })
export const candidateQuery = (id: string) =>
  endpointQuery(continualApi.candidate, { params: { id } })
/** Decisions have no address of their own in the API; one without a candidate is looked for in the list. */
export const decisionsQuery = pagedQuery(continualApi.decisions, { query: { limit: 1000 } })
