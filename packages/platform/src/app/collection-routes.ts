import { durationMs, systemApi } from '@kaizen/contracts'
import { type Route, route } from '../http/index.ts'
import { type CollectionDeps, collectGarbage } from './collection.ts'

/** Upkeep of what is stored. */
export const collectionRoutes = (deps: CollectionDeps): readonly Route[] => [
  route(systemApi.collect, ({ actor, body }) =>
    collectGarbage(deps, actor, {
      olderThanMs: durationMs(body.olderThan),
      graceMs: durationMs(body.grace),
      logsOlderThanMs:
        body.logsOlderThan === undefined ? undefined : durationMs(body.logsOlderThan),
      dryRun: body.dryRun,
    }),
  ),
]
