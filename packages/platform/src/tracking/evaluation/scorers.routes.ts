import { mlflowScorersApi as api, KaizenError } from '@kaizen/contracts'
import { type Route, route } from '../../http/index.ts'
import type { Database } from '../../storage/index.ts'
import { unlessEmpty } from '../mlflow-wire.ts'
import { missingValue } from '../rules.ts'
import type { TrackingService } from '../service.ts'
import type { ScorerVersion } from './scorers.service.ts'

const toWire = (scorer: ScorerVersion) => ({
  experiment_id: Number(scorer.experimentId),
  scorer_name: scorer.name,
  scorer_version: scorer.version,
  serialized_scorer: scorer.serialized,
  creation_time: scorer.createdAt,
  scorer_id: scorer.scorerId,
})

/** The scorers of MLflow's protocol. */
export function scorerRoutes({ scorers }: TrackingService, database: Database): readonly Route[] {
  return [
    route(api.register, async ({ body, actor }) => {
      const made = await database.write((tx) =>
        scorers.register(tx, actor, {
          experimentId: body.experiment_id,
          name: body.name,
          serialized: body.serialized_scorer,
        }),
      )
      return {
        version: made.version,
        scorer_id: made.scorerId,
        experiment_id: made.experimentId,
        name: made.name,
        serialized_scorer: made.serialized,
        creation_time: made.createdAt,
      }
    }),
    route(api.list, async ({ query }) => {
      const { experiment_id: one, experiment_ids: several } = query
      if (one && several.length > 0)
        throw new KaizenError(
          'INVALID_REQUEST',
          "Cannot specify both 'experiment_id' and 'experiment_ids'.",
        )
      const among = one ? [one] : several.length > 0 ? several : undefined
      return unlessEmpty('scorers', (await scorers.list(among)).map(toWire))
    }),
    route(api.versions, async ({ query }) => ({
      scorers: (await scorers.versions(query.experiment_id, query.name)).map(toWire),
    })),
    route(api.get, async ({ query }) => ({
      scorer: toWire(await scorers.get(query.experiment_id, query.name, query.version)),
    })),
    route(api.delete, async ({ body, actor }) => {
      const scorer = { name: body.name, version: body.version }
      await database.write((tx) => scorers.delete(tx, actor, body.experiment_id, scorer))
      return {}
    }),
    route(api.onlineConfigs, async ({ query }) => {
      if (query.scorer_ids.length === 0) throw missingValue('scorer_ids')
      return { configs: [] }
    }),
  ]
}
