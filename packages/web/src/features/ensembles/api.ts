import { ensemblesApi } from '@kaizen/contracts'
import { call } from '../../shared/api/client.ts'
import { endpointQuery, pagedQuery } from '../../shared/api/queries.ts'

export const ensemblesQuery = pagedQuery(ensemblesApi.list)
export const ensembleQuery = (name: string, version: number | undefined) =>
  endpointQuery(ensemblesApi.get, {
    params: { name },
    query: version === undefined ? {} : { version },
  })
export const versionsQuery = (name: string) =>
  pagedQuery(ensemblesApi.versions, { params: { name } })

export const refreshEnsemble = (name: string) => call(ensemblesApi.refresh, { params: { name } })
