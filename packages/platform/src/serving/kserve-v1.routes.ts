import { KaizenError, kserveV1Api } from '@kaizen/contracts'
import { route, type Surface } from '../http/index.ts'
import { defaultBudgetMs } from './explain/model.ts'
import { scorer } from './invocations.routes.ts'
import { type InferenceSurfaceOptions, protocolErrors } from './open-inference.routes.ts'

/** KServe's V1 protocol over everything that answers under a name. */
export function kserveV1Surface(options: Omit<InferenceSurfaceOptions, 'version'>): Surface {
  const { catalogue } = options
  const score = scorer(options)
  return {
    name: 'kserve-v1',
    mapError: protocolErrors,
    prefixes: ['/v1/models'],
    routes: [
      route(kserveV1Api.list, async () => ({
        models: [...new Set((await catalogue.index()).map(({ name }) => name))],
      })),
      route(kserveV1Api.ready, async ({ params }) => {
        const served = await catalogue.find(params.model)
        served.signature(undefined)
        return { name: served.name, ready: true }
      }),
      route(kserveV1Api.call, async ({ actor, params, request, reply }) => {
        const [, name = '', verb] = /^(.*):([a-z]+)$/s.exec(params.call) ?? []
        if (verb !== 'predict' && verb !== 'explain') throw unknownVerb(params.call)
        const served = await catalogue.find(name)
        const explain = verb === 'explain' ? { explain: { budgetMs: defaultBudgetMs } } : {}
        await score({ served, actor, ...explain }, request, reply)
      }),
    ],
  }
}

const unknownVerb = (call: string): KaizenError =>
  new KaizenError('ROUTE_NOT_FOUND', `${JSON.stringify(call.slice(0, 128))} names no operation`, {
    hint: 'Operations are NAME:predict and NAME:explain.',
  })
