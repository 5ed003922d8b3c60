import { sessionApi } from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { endpointQuery } from '../../../shared/api/queries.ts'

/** The name by which the server knows who reads. */
export function useCaller(): string {
  const { data } = useQuery(endpointQuery(sessionApi.me))
  return data?.username ?? data?.name ?? 'me'
}
