import { bundleSignaturesApi as api } from '@kaizen/contracts'
import { type Route, route } from '../../http/index.ts'
import type { Database } from '../../storage/index.ts'
import type { RegistryService } from '../service.ts'

/** Signatures of versions in Kaizen's own API. */
export const signatureRoutes = (
  registry: RegistryService,
  database: Database,
): readonly Route[] => [
  route(api.sign, ({ params, actor }) =>
    database.write(async (tx) =>
      registry.signatures.sign(tx, actor, await registry.version(tx, params.name, params.version)),
    ),
  ),
  route(api.verify, async ({ params }) => {
    const version = await registry.version(database.reader, params.name, params.version)
    return registry.signatures.verify(database.reader, version)
  }),
]
