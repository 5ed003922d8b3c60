import { reproductionsApi } from '@kaizen/contracts'
import { type Route, route } from '../../http/index.ts'
import type { PipelineService } from '../service.ts'

/** What made a run, doing it again, and what came of that. */
export const reproductionRoutes = (service: PipelineService): readonly Route[] => [
  route(reproductionsApi.recipe, ({ params }) => service.reproductions.recipe(params.run_id)),
  route(reproductionsApi.reproduce, ({ params, actor }) =>
    service.startAgain(actor, params.run_id),
  ),
  route(reproductionsApi.record, ({ params, body, actor }) =>
    service.reproductions.record(actor, params.run_id, body.by_run),
  ),
  route(reproductionsApi.list, async ({ params }) => ({
    items: [...(await service.reproductions.list(params.run_id))],
  })),
]
