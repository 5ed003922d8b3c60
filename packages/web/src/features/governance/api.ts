import { auditApi } from '@kaizen/contracts'
import { endpointQuery, pagedQuery } from '../../shared/api/queries.ts'

export const auditQuery = (filter: { readonly type?: string; readonly subject?: string }) =>
  pagedQuery(auditApi.list, { query: { ...filter, limit: 500 } })
export const verifyQuery = endpointQuery(auditApi.verify)
