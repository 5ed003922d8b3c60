import { mlflowLoggedModelsApi as api } from '@kaizen/contracts'
import { type Route, route } from '../../http/index.ts'
import type { Database } from '../../storage/index.ts'
import { checkedArtifactPath, joinPath } from '../artifacts/artifact-path.ts'
import { listArtifacts, sendArtifact } from '../artifacts/artifacts.routes.ts'
import { requireTreePath } from '../artifacts/artifacts.service.ts'
import { toWireLoggedModel, unlessEmpty } from '../mlflow-wire.ts'
import type { LoggedModel } from '../model.ts'
import type { TrackingService } from '../service.ts'

const defaultPage = 100

/** The logged models of MLflow's protocol. */
export function loggedModelRoutes(tracking: TrackingService, database: Database): readonly Route[] {
  return [...modelRoutes(tracking, database), ...fileRoutes(tracking)]
}

function modelRoutes(tracking: TrackingService, database: Database): readonly Route[] {
  const { loggedModels } = tracking
  const answer = (model: LoggedModel) => ({ model: toWireLoggedModel(model) })
  return [
    route(api.create, async ({ body, actor }) =>
      answer(
        await database.write((tx) =>
          loggedModels.create(tx, actor, {
            experimentId: body.experiment_id,
            name: body.name,
            modelType: body.model_type,
            sourceRunId: body.source_run_id,
            params: body.params,
            tags: body.tags,
          }),
        ),
      ),
    ),
    route(api.get, async ({ params }) => answer(await loggedModels.get(params.model_id))),
    route(api.finalize, async ({ params, body, actor }) =>
      answer(
        await database.write((tx) =>
          loggedModels.finalize(tx, actor, params.model_id, body.status),
        ),
      ),
    ),
    route(api.delete, async ({ params, actor }) => {
      await database.write((tx) => loggedModels.delete(tx, actor, params.model_id))
      return {}
    }),
    route(api.search, async ({ body }) => {
      const scope = (name: string, digest: string | undefined) => ({ name, digest })
      const { items, nextPageToken } = await loggedModels.search({
        experimentIds: body.experiment_ids,
        filter: body.filter ?? '',
        datasets: body.datasets.map((item) => scope(item.dataset_name, item.dataset_digest)),
        orderBy: body.order_by.map((item) => ({
          field: item.field_name,
          ascending: item.ascending ?? true,
          ...(item.dataset_name ? { dataset: scope(item.dataset_name, item.dataset_digest) } : {}),
        })),
        limit: body.max_results ?? defaultPage,
        pageToken: body.page_token,
      })
      return {
        ...unlessEmpty('models', items.map(toWireLoggedModel)),
        ...(nextPageToken ? { next_page_token: nextPageToken } : {}),
      }
    }),
    route(api.setTags, async ({ params, body, actor }) => {
      await database.write((tx) => loggedModels.setTags(tx, actor, params.model_id, body.tags))
      return {}
    }),
    route(api.deleteTag, async ({ params, actor }) => {
      await database.write((tx) =>
        loggedModels.deleteTag(tx, actor, params.model_id, params.tag_key),
      )
      return {}
    }),
    route(api.addParams, async ({ params, body, actor }) => {
      await database.write((tx) => loggedModels.addParams(tx, actor, params.model_id, body.params))
      return {}
    }),
  ]
}

function fileRoutes({ loggedModels, artifacts }: TrackingService): readonly Route[] {
  return [
    route(api.artifacts, async ({ params, query }) => {
      const model = await loggedModels.get(params.model_id)
      const path = checkedArtifactPath(query.artifact_directory_path ?? '')
      const folder = joinPath(requireTreePath(model.artifactUri), path)
      return {
        root_uri: model.artifactUri,
        ...(await listArtifacts(artifacts, folder, path, query.page_token)),
      }
    }),
    route(api.download, async ({ params, query, reply }) => {
      const model = await loggedModels.get(params.model_id)
      const path = checkedArtifactPath(query.artifact_file_path)
      await sendArtifact(artifacts, joinPath(requireTreePath(model.artifactUri), path), reply)
    }),
  ]
}
