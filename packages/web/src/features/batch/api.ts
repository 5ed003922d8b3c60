import {
  type BatchJob,
  type BatchScheduleView,
  batchJobsApi,
  batchSchedulesApi,
  type NewBatchJob,
} from '@kaizen/contracts'
import { call } from '../../shared/api/client.ts'
import { endpointQuery, pagedQuery } from '../../shared/api/queries.ts'

/** How often a job that is under way is asked how far it is. */
const pollMs = 2000

export const jobsQuery = pagedQuery(batchJobsApi.list)
export const jobQuery = (id: string) => {
  const query = endpointQuery(batchJobsApi.get, { params: { id } })
  return {
    ...query,
    refetchInterval: ({ state }: { readonly state: { readonly data?: BatchJob | undefined } }) =>
      state.data && state.data.endedAt === null ? pollMs : (false as const),
  }
}
export const schedulesQuery = pagedQuery(batchSchedulesApi.list)
export const moveSchedule = ({ name, state }: BatchScheduleView) =>
  call(state === 'running' ? batchSchedulesApi.pause : batchSchedulesApi.resume, {
    params: { name },
  })
export const runSchedule = ({ name }: BatchScheduleView) =>
  call(batchSchedulesApi.run, { params: { name } })
export const startJob = (body: NewBatchJob) => call(batchJobsApi.create, { body })
export const cancelJob = (id: string) => call(batchJobsApi.cancel, { params: { id } })
