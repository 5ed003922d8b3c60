import { pipelinesApi } from '@kaizen/contracts'
import { endpointQuery, pagedQuery } from '../../shared/api/queries.ts'

export const pipelinesQuery = pagedQuery(pipelinesApi.list)
export const pipelineQuery = (name: string) => endpointQuery(pipelinesApi.get, { params: { name } })
export const pipelineRunsQuery = (pipeline: string) =>
  pagedQuery(pipelinesApi.runs, { query: { pipeline } })
export const runQuery = (id: string) => endpointQuery(pipelinesApi.runDetail, { params: { id } })
