import { systemApi } from '@kaizen/contracts'
import { type Route, route } from '../http/index.ts'
import type { IdentityService } from './service.ts'

export const identityRoutes = (identity: IdentityService): readonly Route[] => [
  route(systemApi.tokens, ({ query }) => identity.listTokens(query.limit, query.pageToken)),
  route(systemApi.createToken, ({ body, actor }) =>
    identity.createToken(actor, body.name, body.role),
  ),
  route(systemApi.revokeToken, ({ params, actor }) => identity.revokeToken(actor, params.id)),
]
