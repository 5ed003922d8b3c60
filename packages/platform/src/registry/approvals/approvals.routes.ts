import { approvalsApi as api } from '@kaizen/contracts'
import { type Route, route } from '../../http/index.ts'
import type { Database } from '../../storage/index.ts'
import type { RegistryService } from '../service.ts'

/** Approvals in Kaizen's own API. */
export const approvalRoutes = (registry: RegistryService, database: Database): readonly Route[] => [
  route(api.policy, async ({ params }) =>
    registry.approvals.policy(database.reader, await registry.model(database.reader, params.name)),
  ),
  route(api.setPolicy, async ({ params, body, actor }) => {
    await database.write(async (tx) =>
      registry.approvals.setPolicy(tx, actor, await registry.model(tx, params.name), body),
    )
    return body
  }),
  route(api.status, async ({ params }) => {
    const version = await registry.version(database.reader, params.name, params.version)
    return { items: await registry.approvals.statuses(database.reader, version) }
  }),
  route(api.decide, async ({ params, body, actor }) =>
    database.write(async (tx) => {
      const version = await registry.version(tx, params.name, params.version)
      return registry.approvals.decide(tx, actor, version, body)
    }),
  ),
]
