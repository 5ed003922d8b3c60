import { streamsApi } from '@kaizen/contracts'
import { call } from '../../shared/api/client.ts'
import { endpointQuery, pagedQuery } from '../../shared/api/queries.ts'

/** How often lag and counts are asked for again. */
const pollMs = 3000

export const streamsQuery = { ...pagedQuery(streamsApi.list), refetchInterval: pollMs }
export const streamQuery = (name: string) => ({
  ...endpointQuery(streamsApi.get, { params: { name } }),
  refetchInterval: pollMs,
})
export const setAsideQuery = (name: string) => pagedQuery(streamsApi.setAside, { params: { name } })

export const moveStream = (name: string, to: 'running' | 'paused') =>
  call(to === 'running' ? streamsApi.resume : streamsApi.pause, { params: { name } })
