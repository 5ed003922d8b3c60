import { batchSchedulesApi as api } from '@kaizen/contracts'
import { type Route, route } from '../../http/index.ts'
import type { BatchScheduleService } from './schedules.service.ts'

/** Schedules of batch jobs on Kaizen's own API. */
export const batchScheduleRoutes = (schedules: BatchScheduleService): readonly Route[] => [
  route(api.list, ({ query }) => schedules.list(query)),
  route(api.create, ({ actor, body }) => schedules.create(actor, body)),
  route(api.get, ({ params }) => schedules.get(params.name)),
  route(api.run, ({ actor, params }) => schedules.run(actor, params.name)),
  route(api.pause, ({ actor, params }) => schedules.pause(actor, params.name)),
  route(api.resume, ({ actor, params }) => schedules.resume(actor, params.name)),
  route(api.remove, async ({ actor, params }) => {
    await schedules.remove(actor, params.name)
    return {}
  }),
]
