import { mlflowExperimentsApi as api } from '@kaizen/contracts'
import { type Route, route } from '../../http/index.ts'
import { type Actor, workspaceOf } from '../../kernel/index.ts'
import type { Database } from '../../storage/index.ts'
import { toWireExperiment, unlessEmpty } from '../mlflow-wire.ts'
import type { TrackingService } from '../service.ts'
import type { ExperimentSearch } from './experiments.service.ts'

const datasetSummaryLimit = 1000
const defaultPage = 1000

/** The experiments of MLflow's protocol. */
export function experimentRoutes(
  { experiments }: TrackingService,
  database: Database,
): readonly Route[] {
  const page = async (query: ExperimentSearch) => {
    const { items, nextPageToken } = await experiments.search(query)
    return {
      ...unlessEmpty('experiments', items.map(toWireExperiment)),
      ...(nextPageToken ? { next_page_token: nextPageToken } : {}),
    }
  }
  const search = (
    actor: Actor,
    fields: {
      readonly max_results: number
      readonly filter?: string | undefined
      readonly order_by: readonly string[]
      readonly view_type?: string | undefined
      readonly page_token?: string | undefined
    },
  ) =>
    page({
      filter: fields.filter ?? '',
      orderBy: fields.order_by,
      view: fields.view_type,
      limit: fields.max_results,
      pageToken: fields.page_token,
      visible: actor.access?.visible('experiment', workspaceOf(actor)),
      workspace: workspaceOf(actor),
    })
  const datasets = async (experimentIds: readonly string[]) => {
    const summaries = await experiments.datasets(experimentIds, datasetSummaryLimit)
    return unlessEmpty(
      'dataset_summaries',
      summaries.map(({ experimentId, name, digest, context }) => ({
        experiment_id: experimentId,
        name,
        digest,
        ...(context === null ? {} : { context }),
      })),
    )
  }
  return [
    route(api.create, async ({ body, actor }) => {
      const experiment = await database.write((tx) =>
        experiments.create(tx, actor, {
          name: body.name,
          artifactLocation: body.artifact_location,
          tags: body.tags,
        }),
      )
      return { experiment_id: experiment.experimentId }
    }),
    route(api.get, async ({ query }) => ({
      experiment: toWireExperiment(await experiments.get(query.experiment_id)),
    })),
    route(api.getByName, async ({ query, actor }) => ({
      experiment: toWireExperiment(
        await experiments.getByName(query.experiment_name, workspaceOf(actor)),
      ),
    })),
    route(api.search, ({ body, actor }) => search(actor, body)),
    route(api.searchByQuery, ({ query, actor }) => search(actor, query)),
    route(api.list, ({ query, actor }) =>
      page({
        visible: actor.access?.visible('experiment', workspaceOf(actor)),
        workspace: workspaceOf(actor),
        filter: '',
        orderBy: [],
        view: query.view_type,
        limit: query.max_results ?? defaultPage,
        pageToken: query.page_token,
      }),
    ),
    route(api.delete, async ({ body, actor }) => {
      await database.write((tx) => experiments.delete(tx, actor, body.experiment_id))
      return {}
    }),
    route(api.restore, async ({ body, actor }) => {
      await database.write((tx) => experiments.restore(tx, actor, body.experiment_id))
      return {}
    }),
    route(api.update, async ({ body, actor }) => {
      const { experiment_id, new_name } = body
      await database.write((tx) => experiments.rename(tx, actor, experiment_id, new_name))
      return {}
    }),
    route(api.setTag, async ({ body, actor }) => {
      const { experiment_id, key, value } = body
      await database.write((tx) => experiments.setTag(tx, actor, experiment_id, { key, value }))
      return {}
    }),
    route(api.deleteTag, async ({ body, actor }) => {
      await database.write((tx) => experiments.deleteTag(tx, actor, body.experiment_id, body.key))
      return {}
    }),
    route(api.searchDatasets, ({ body }) => datasets(body.experiment_ids)),
    route(api.searchDatasetsAsDefined, ({ body }) => datasets(body.experiment_ids)),
  ]
}
