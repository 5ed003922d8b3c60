import { mlflowRegisteredModelsApi as api, KaizenError, type QueryOf } from '@kaizen/contracts'
import { type Route, route } from '../http/index.ts'
import { type Actor, workspaceOf } from '../kernel/index.ts'
import type { Database } from '../storage/index.ts'
import { checkPageSize, unlessEmpty } from '../tracking/index.ts'
import { toWireModel, toWireVersion } from './mlflow-wire.ts'
import type { ModelVersion, RegisteredModel } from './model.ts'
import { checkAlias, parseStage, parseVersion } from './rules.ts'
import type { RegistryService } from './service.ts'

const defaultPage = 100
const largestPage = 1000

/** The registered models of MLflow's protocol. */
export function registeredModelRoutes(
  registry: RegistryService,
  database: Database,
): readonly Route[] {
  return [...modelRoutes(registry, database), ...labelRoutes(registry, database)]
}

/** The search as both routes answer it. */
const searchOf =
  (registry: RegistryService) => async (query: QueryOf<typeof api.search>, actor: Actor) => {
    const { items, nextPageToken } = await registry.searchModels({
      filter: query.filter ?? '',
      orderBy: query.order_by,
      limit: checkPageSize(query.max_results ?? defaultPage, largestPage),
      pageToken: query.page_token,
      visible: actor.access?.visible('registered_model', workspaceOf(actor)),
      workspace: workspaceOf(actor),
    })
    const latest = await registry.latestOfStages(items.map(({ number }) => number))
    const models = items.map((model) => toWireModel(model, latest.get(model.number) ?? []))
    return {
      ...(models.length === 0 ? {} : { registered_models: models }),
      ...(nextPageToken ? { next_page_token: nextPageToken } : {}),
    }
  }

function modelRoutes(registry: RegistryService, database: Database): readonly Route[] {
  const answer = async (model: RegisteredModel) => {
    const latest = await registry.latestOfStages([model.number])
    return { registered_model: toWireModel(model, latest.get(model.number) ?? []) }
  }
  const latestVersions = async (name: string, stages: readonly string[]) => {
    const wanted = new Set(stages.map(parseStage))
    const { number } = await registry.model(database.reader, name)
    const found = (await registry.latestOfStages([number])).get(number) ?? []
    const chosen = found.filter(({ stage }) => wanted.size === 0 || wanted.has(stage))
    return unlessEmpty('model_versions', chosen.map(toWireVersion))
  }
  const search = searchOf(registry)
  return [
    route(api.create, async ({ body, actor }) =>
      answer(
        await database.write((tx) =>
          registry.createModel(tx, actor, {
            name: body.name,
            description: body.description,
            tags: Object.fromEntries(body.tags.map(({ key, value }) => [key, value])),
          }),
        ),
      ),
    ),
    route(api.rename, async ({ body, actor }) =>
      answer(
        await database.write((tx) => registry.renameModel(tx, actor, body.name, body.new_name)),
      ),
    ),
    route(api.update, async ({ body, actor }) =>
      answer(
        await database.write((tx) =>
          registry.describeModel(tx, actor, body.name, body.description ?? ''),
        ),
      ),
    ),
    route(api.delete, async ({ body, actor }) => {
      await database.write((tx) => registry.deleteModel(tx, actor, body.name))
      return {}
    }),
    route(api.get, async ({ query }) => answer(await registry.model(database.reader, query.name))),
    route(api.search, ({ query, actor }) => search(query, actor)),
    route(api.searchByBody, ({ body, actor }) => search(body, actor)),
    route(api.latestVersions, ({ body }) => latestVersions(body.name, body.stages)),
    route(api.latestVersionsByQuery, ({ query }) => latestVersions(query.name, query.stages)),
  ]
}

function labelRoutes(registry: RegistryService, database: Database): readonly Route[] {
  return [
    route(api.setTag, async ({ body, actor }) => {
      const { name, key, value } = body
      await database.write((tx) => registry.setModelTag(tx, actor, name, key, value))
      return {}
    }),
    route(api.deleteTag, async ({ body, actor }) => {
      await database.write((tx) => registry.deleteModelTag(tx, actor, body.name, body.key))
      return {}
    }),
    route(api.setAlias, async ({ body, actor }) => {
      const version = parseVersion(body.version)
      await database.write((tx) => registry.setAlias(tx, actor, body.name, body.alias, version))
      return {}
    }),
    route(api.deleteAlias, async ({ body, actor }) => {
      await database.write((tx) => registry.deleteAlias(tx, actor, body.name, body.alias))
      return {}
    }),
    route(api.getByAlias, async ({ query }) => {
      if (query.alias.toLowerCase() === 'latest') {
        const { items } = await registry.versions(query.name, { limit: 1 })
        const [newest] = items
        if (!newest) throw noAlias(query.alias)
        return { model_version: toWireVersion(newest) }
      }
      checkAlias(query.alias)
      const model = await registry.model(database.reader, query.name)
      return {
        model_version: toWireVersion(await aliased(registry, database, model, query.alias)),
      }
    }),
  ]
}

/** To MLflow's clients an alias that is not set is a wrong parameter, not a missing resource. */
const noAlias = (alias: string): KaizenError =>
  new KaizenError('INVALID_REQUEST', `Registered model alias ${alias.slice(0, 300)} not found.`)

async function aliased(
  registry: RegistryService,
  database: Database,
  model: RegisteredModel,
  alias: string,
): Promise<ModelVersion> {
  if (!model.aliases.some((known) => known.alias === alias)) {
    throw noAlias(alias)
  }
  return registry.versionByAlias(database.reader, model.name, alias)
}
