import { mlflowModelVersionsApi as api, KaizenError } from '@kaizen/contracts'
import { type Route, route } from '../http/index.ts'
import { type Actor, workspaceOf } from '../kernel/index.ts'
import type { Database } from '../storage/index.ts'
import {
  checkedArtifactPath,
  checkPageSize,
  joinPath,
  requireTreePath,
  sendArtifact,
  type TrackingService,
} from '../tracking/index.ts'
import { toWireVersion } from './mlflow-wire.ts'
import type { ModelVersion } from './model.ts'
import { parseVersion } from './rules.ts'
import { promptTag } from './search.ts'
import type { RegistryService } from './service.ts'
import type { ClaimedSource, ModelSources } from './sources.ts'

const defaultPage = 10_000
const largestPage = 200_000
/** What clients write where a model has its files. */
const promptSources: readonly string[] = ['dummy-source', 'prompt-template']

export interface VersionRouteDeps {
  readonly registry: RegistryService
  readonly sources: ModelSources
  readonly tracking: TrackingService
  readonly database: Database
}

/** The model versions of MLflow's protocol. */
export function modelVersionRoutes(deps: VersionRouteDeps): readonly Route[] {
  return [createRoute(deps), ...readRoutes(deps), ...changeRoutes(deps)]
}

const createRoute = (deps: VersionRouteDeps): Route =>
  route(api.create, async ({ body, actor }) => {
    const tags = Object.fromEntries(body.tags.map(({ key, value }) => [key, value]))
    const version = await createVersion(
      deps,
      actor,
      { source: body.source, runId: body.run_id, modelId: body.model_id },
      { name: body.name, tags, runLink: body.run_link, description: body.description },
    )
    return { model_version: toWireVersion(version) }
  })

async function createVersion(
  deps: VersionRouteDeps,
  actor: Actor,
  claim: ClaimedSource,
  version: {
    readonly name: string
    readonly tags: Readonly<Record<string, string>>
    readonly runLink: string | undefined
    readonly description: string | undefined
  },
): Promise<ModelVersion> {
  const { registry, sources, tracking, database } = deps
  // A prompt has no files; its source is a placeholder.
  const isPrompt = version.tags[promptTag] === 'true'
  if (isPrompt && !promptSources.includes(claim.source)) {
    throw new KaizenError(
      'INVALID_REQUEST',
      `Invalid prompt source: '${claim.source.slice(0, 300)}'. Prompt sources must use an MLflow placeholder.`,
      { hint: `Send ${promptSources.join(' or ')}; the text goes into a tag.` },
    )
  }
  const resolved = isPrompt
    ? { storageUri: claim.source, runId: claim.runId, loggedModelId: undefined }
    : await sources.resolve(claim)
  const model = isPrompt ? undefined : await sources.modelFile(resolved.storageUri)
  return database.write(async (tx) => {
    const created = await registry.addVersion(tx, actor, {
      ...version,
      source: claim.source,
      ...resolved,
      model,
    })
    if (resolved.loggedModelId) {
      const { name, version: number } = created
      await tracking.loggedModels.noteVersion(tx, actor, resolved.loggedModelId, {
        name,
        version: number,
      })
    }
    return created
  })
}

function readRoutes({ registry, database, tracking }: VersionRouteDeps): readonly Route[] {
  const find = (fields: { readonly name: string; readonly version: string }) =>
    registry.version(database.reader, fields.name, parseVersion(fields.version))
  return [
    route(api.get, async ({ query }) => ({ model_version: toWireVersion(await find(query)) })),
    route(api.search, async ({ query, actor }) => {
      const { items, nextPageToken } = await registry.searchVersions({
        filter: query.filter ?? '',
        orderBy: query.order_by,
        limit: checkPageSize(query.max_results ?? defaultPage, largestPage),
        pageToken: query.page_token,
        visible: actor.access?.visible('registered_model', workspaceOf(actor)),
        workspace: workspaceOf(actor),
      })
      return {
        ...(items.length === 0 ? {} : { model_versions: items.map(toWireVersion) }),
        ...(nextPageToken ? { next_page_token: nextPageToken } : {}),
      }
    }),
    route(api.downloadUri, async ({ query }) => ({
      artifact_uri: (await find(query)).storageUri,
    })),
    route(api.artifact, async ({ query, reply }) => {
      const { storageUri } = await find(query)
      const path = joinPath(requireTreePath(storageUri), checkedArtifactPath(query.path))
      await sendArtifact(tracking.artifacts, path, reply)
    }),
  ]
}

function changeRoutes({ registry, database }: VersionRouteDeps): readonly Route[] {
  const named = (fields: { readonly name: string; readonly version: string }) => ({
    name: fields.name,
    version: parseVersion(fields.version),
  })
  return [
    route(api.update, async ({ body, actor }) => {
      const { name, version } = named(body)
      const changed = await database.write((tx) =>
        registry.describeVersion(tx, actor, name, version, body.description ?? ''),
      )
      return { model_version: toWireVersion(changed) }
    }),
    route(api.transition, async ({ body, actor }) => {
      const target = { ...named(body), stage: body.stage }
      const moved = await database.write((tx) =>
        registry.moveToStage(tx, actor, target, body.archive_existing_versions ?? false),
      )
      return { model_version: toWireVersion(moved) }
    }),
    route(api.delete, async ({ body, actor }) => {
      const { name, version } = named(body)
      await database.write((tx) => registry.deleteVersion(tx, actor, name, version))
      return {}
    }),
    route(api.setTag, async ({ body, actor }) => {
      const { key, value } = body
      await database.write((tx) => registry.setVersionTag(tx, actor, named(body), key, value))
      return {}
    }),
    route(api.deleteTag, async ({ body, actor }) => {
      await database.write((tx) => registry.deleteVersionTag(tx, actor, named(body), body.key))
      return {}
    }),
  ]
}
