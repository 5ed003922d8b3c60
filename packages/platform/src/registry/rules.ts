import { KaizenError, type ModelVersionView, type ModelView } from '@kaizen/contracts'
import { defaultWorkspace } from '../kernel/index.ts'
import { checkLength, checkName } from '../tracking/index.ts'
import { type ModelStage, type ModelVersion, modelStages, type RegisteredModel } from './model.ts'

/** Limits in characters. */
export const limits = {
  modelName: 256,
  tagKey: 250,
  tagValue: 100_000,
  alias: 255,
  description: 100_000,
} as const

const invalid = (message: string, hint?: string): KaizenError =>
  new KaizenError('INVALID_REQUEST', message, hint === undefined ? {} : { hint })

/** Models of other workspaces than the default one are named `WORKSPACE/NAME`. */
export const workspaceOfModel = (name: string): string => {
  const slash = name.indexOf('/')
  return slash < 0 ? defaultWorkspace : name.slice(0, slash)
}

/** A model's name within its workspace. */
export const nameInWorkspace = (name: string): string => name.slice(name.indexOf('/') + 1)

/** The name of a model that is about to be in a workspace. @throws INVALID_REQUEST as a name is a part of `models:/` URIs and of paths. */
export function checkModelName(full: string, workspace: string): void {
  const name = workspace === workspaceOfModel(full) ? nameInWorkspace(full) : full
  if (name.trim() === '') throw invalid("Missing value for required parameter 'name'.")
  if (name.length > limits.modelName)
    throw invalid(`'name' exceeds the maximum length of ${limits.modelName} characters`)
  if (/[/:]/.test(name) || /\p{Cc}/u.test(name))
    throw invalid(
      `Invalid model name '${name}'. Names cannot contain '/', ':' or control characters.`,
    )
  if (name === '.' || name.startsWith('..'))
    throw invalid(`Invalid model name '${name}'. Read as a path it would resolve to another name.`)
}

/** @throws INVALID_REQUEST: an alias must not be mistaken for a version or for the newest one. */
export function checkAlias(alias: string): void {
  if (alias === '') throw invalid('Registered model alias name cannot be empty.')
  if (!/^[\p{L}\p{N}_-]+$/u.test(alias)) {
    throw invalid(
      `Invalid alias name: '${alias.slice(0, 300)}'. Names may only contain letters, digits, underscores and dashes.`,
    )
  }
  if (alias.length > limits.alias) {
    throw invalid(
      `'Registered model alias name' exceeds the maximum length of ${limits.alias} characters`,
    )
  }
  if (alias.toLowerCase() === 'latest')
    throw invalid("'latest' alias name (case insensitive) is reserved.")
  if (/^v\d+$/i.test(alias)) throw invalid(`Version alias name '${alias}' is reserved.`)
}

/** @throws INVALID_REQUEST */
export function checkDescription(description: string): void {
  if (description.length > limits.description) {
    throw invalid(`'description' exceeds the maximum length of ${limits.description} characters`)
  }
}

/** The canonical spelling of a stage. @throws INVALID_REQUEST */
export function parseStage(text: string): ModelStage {
  const stage = modelStages.find((known) => known.toLowerCase() === text.toLowerCase())
  if (stage) return stage
  throw invalid(
    `Invalid Model Version stage: ${text.slice(0, 100)}. Value must be one of ${modelStages.join(', ')}.`,
  )
}

/** A version number as the protocol spells it: decimal digits. @throws INVALID_REQUEST */
export function parseVersion(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw invalid(`Parameter 'version' must be an integer, got '${text.slice(0, 100)}'.`)
}

/** What a `models:/` URI asks for. */
export type ModelReference =
  | { readonly kind: 'version'; readonly name: string; readonly version: number }
  | { readonly kind: 'alias'; readonly name: string; readonly alias: string }
  | { readonly kind: 'logged-model'; readonly modelId: string }

/** Parses `models:/NAME/VERSION`, `models:/NAME@ALIAS` and `models:/m-…`. @throws INVALID_REQUEST */
export function parseModelUri(uri: string): ModelReference {
  const body = /^models:\/(?:\/\/)?([^/].*)$/i.exec(uri)?.[1]
  const logged = body && /^m-[0-9a-f]{32}$/.exec(body)
  if (logged) return { kind: 'logged-model', modelId: logged[0] }
  const version = body && /^((?:[^/@]+\/)?[^/@]+)\/(\d{1,9})$/.exec(body)
  if (version?.[1] && version[2])
    return { kind: 'version', name: version[1], version: Number(version[2]) }
  const alias = body && /^((?:[^/@]+\/)?[^/]+)@([^/@]+)$/.exec(body)
  if (alias?.[1] && alias[2]) return { kind: 'alias', name: alias[1], alias: alias[2] }
  throw invalid(
    `"${uri.slice(0, 300)}" is not the URI of a model version`,
    'Write models:/NAME/VERSION or models:/NAME@ALIAS.',
  )
}

export const toVersionView = (version: ModelVersion): ModelVersionView => ({
  name: version.name,
  version: version.version,
  status: version.status,
  description: version.description,
  source: version.source,
  runId: version.runId,
  aliases: version.aliases,
  tags: version.tags,
  modelDigest: version.modelDigest,
  modelSizeBytes: version.modelSizeBytes,
  signature: version.signature,
  lineage: version.lineage,
  createdAt: version.createdAt,
  createdBy: version.createdBy,
})

export const toModelView = (model: RegisteredModel): ModelView => ({
  name: model.name,
  description: model.description,
  latestVersion: model.latestVersion,
  aliases: model.aliases,
  createdAt: model.createdAt,
  updatedAt: model.updatedAt,
})

/** @throws INVALID_REQUEST */
export function checkTag(key: string, value: string): void {
  checkName('key', key)
  checkLength('value', value, limits.tagValue)
}
