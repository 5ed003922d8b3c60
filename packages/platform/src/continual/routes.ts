import { continualApi } from '@kaizen/contracts'
import { type Route, route } from '../http/index.ts'
import type { LoopService } from './loops.service.ts'
import type { ContinualService } from './service.ts'

/** HTTP surface of policies, candidates, decisions and loops. */
export function continualRoutes(continual: ContinualService, loops: LoopService): readonly Route[] {
  return [
    route(continualApi.policies, ({ query }) => continual.policies(query.limit, query.pageToken)),
    route(continualApi.policy, ({ params }) => continual.policy(params.name)),
    route(continualApi.trigger, ({ params, body, actor }) =>
      continual.trigger(actor, params.name, body),
    ),
    route(continualApi.pause, ({ params, body, actor }) =>
      continual.pause(actor, params.name, body),
    ),
    route(continualApi.rollback, ({ params, body, actor }) =>
      continual.rollback(actor, params.name, body.reason),
    ),
    route(continualApi.candidates, async ({ query }) => {
      const { policy, limit, pageToken } = query
      return pageOf(await continual.candidates({ policy, limit, before: pageToken ?? null }), limit)
    }),
    route(continualApi.candidate, ({ params }) => continual.candidate(params.id)),
    route(continualApi.decisions, async ({ query }) => {
      const { policy, limit, pageToken } = query
      return pageOf(await continual.decisions({ policy, limit, before: pageToken ?? null }), limit)
    }),
    route(continualApi.loops, async () => ({ loops: await loops.all() })),
  ]
}

/** Lists go by id, newest first; the last id is the place to go on from. */
function pageOf<T extends { readonly id: string }>(items: readonly T[], limit: number) {
  const last = items.at(-1)
  return items.length === limit && last ? { items, nextPageToken: last.id } : { items }
}
