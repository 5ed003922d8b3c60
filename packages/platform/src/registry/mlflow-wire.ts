import type { MlflowModelVersion, MlflowRegisteredModel } from '@kaizen/contracts'
import { unlessEmpty } from '../tracking/index.ts'
import type { ModelVersion, RegisteredModel } from './model.ts'
import { nameInWorkspace } from './rules.ts'

const pairs = (record: Readonly<Record<string, string>>) =>
  Object.entries(record).map(([key, value]) => ({ key, value }))

export const toWireVersion = (version: ModelVersion) =>
  ({
    name: nameInWorkspace(version.name),
    version: String(version.version),
    creation_timestamp: version.createdAt,
    last_updated_timestamp: version.updatedAt,
    current_stage: version.stage,
    description: version.description,
    source: version.source,
    run_id: version.runId ?? '',
    status: version.status,
    ...(version.statusMessage ? { status_message: version.statusMessage } : {}),
    ...unlessEmpty('tags', pairs(version.tags)),
    run_link: version.runLink,
    ...unlessEmpty('aliases', version.aliases),
    ...(version.loggedModelId ? { model_id: version.loggedModelId } : {}),
  }) satisfies Readonly<Record<keyof MlflowModelVersion | string, unknown>>

export const toWireModel = (model: RegisteredModel, latest: readonly ModelVersion[]) =>
  ({
    name: nameInWorkspace(model.name),
    creation_timestamp: model.createdAt,
    last_updated_timestamp: model.updatedAt,
    ...(model.description ? { description: model.description } : {}),
    ...unlessEmpty('latest_versions', latest.map(toWireVersion)),
    ...unlessEmpty('tags', pairs(model.tags)),
    ...unlessEmpty(
      'aliases',
      model.aliases.map(({ alias, version }) => ({ alias, version: String(version) })),
    ),
  }) satisfies Readonly<Record<keyof MlflowRegisteredModel | string, unknown>>
