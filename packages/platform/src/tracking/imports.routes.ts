import { importsApi } from '@kaizen/contracts'
import { type Route, route } from '../http/index.ts'
import type { Database } from '../storage/index.ts'
import type { TrackingService } from './service.ts'

/** What another server made, taken over under its ids. */
export const importRoutes = (
  { runs, loggedModels }: TrackingService,
  database: Database,
): readonly Route[] => [
  route(importsApi.run, ({ body, actor }) =>
    database.write(async (tx) => {
      const known = await runs.find(tx, body.runId)
      const run = known ?? (await runs.create(tx, actor, body)).run
      return { created: known === undefined, artifactUri: run.artifactUri }
    }),
  ),
  route(importsApi.loggedModel, ({ body, actor }) =>
    database.write(async (tx) => {
      const known = await loggedModels.find(tx, body.modelId)
      const model = known ?? (await loggedModels.create(tx, actor, body))
      return { created: known === undefined, artifactUri: model.artifactUri }
    }),
  ),
]
