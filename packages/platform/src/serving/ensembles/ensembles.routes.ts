import { ensemblesApi } from '@kaizen/contracts'
import { type Route, route } from '../../http/index.ts'
import type { EnsembleService } from './ensembles.service.ts'

/** Ensembles on Kaizen's own API. */
export function ensembleRoutes(ensembles: EnsembleService): readonly Route[] {
  return [
    route(ensemblesApi.list, ({ query }) => ensembles.list(query)),
    route(ensemblesApi.create, ({ actor, body }) => ensembles.create(actor, body)),
    route(ensemblesApi.get, ({ params, query }) => ensembles.get(params.name, query.version)),
    route(ensemblesApi.refresh, ({ actor, params }) => ensembles.refresh(actor, params.name)),
    route(ensemblesApi.versions, ({ params, query }) => ensembles.versions(params.name, query)),
  ]
}
