import { KaizenError, type ModelVersionView, type Page, type PageQuery } from '@kaizen/contracts'
import type { AuditLog } from '../audit/index.ts'
import type { Actor, Clock } from '../kernel/index.ts'
import type { Database, Reader, Tx } from '../storage/index.ts'
import {
  type Position,
  pageToken,
  parseFilter,
  parseOrder,
  readPageToken,
} from '../tracking/index.ts'
import type { ModelVersion, NewModelVersion, RegisteredModel } from './model.ts'
import * as models from './models.store.ts'
import {
  checkAlias,
  checkDescription,
  checkModelName,
  checkTag,
  parseModelUri,
  parseStage,
  toVersionView,
} from './rules.ts'
import { searchModels, searchVersions } from './search.store.ts'
import { modelGrammar, modelOrderGrammar, versionGrammar, versionOrderGrammar } from './search.ts'
import * as versions from './versions.store.ts'

export interface RegistryDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly clock: Clock
}

export interface RegistrySearch {
  readonly filter: string
  readonly orderBy: readonly string[]
  readonly limit: number
  readonly pageToken?: string | undefined
}

/** Versions are read by so many at a time: databases bind a limited number of values. */
const readChunk = 1000

/** Registered models: named series of immutable versions, with aliases that point into them. */
export class RegistryService {
  readonly #deps: RegistryDeps

  constructor(deps: RegistryDeps) {
    this.#deps = deps
  }

  /** Adds a version, and the model if it is missing. @throws INVALID_REQUEST */
  async createVersion(tx: Tx, actor: Actor, version: NewModelVersion): Promise<ModelVersionView> {
    const { name } = version
    checkModelName(name)
    if (!(await models.findModelNumber(tx, name))) await this.#createIfMissing(tx, actor, name)
    return toVersionView(await this.addVersion(tx, actor, version))
  }

  /** Points an alias at a version. @throws INVALID_REQUEST, NOT_FOUND */
  async setAlias(
    tx: Tx,
    actor: Actor,
    name: string,
    alias: string,
    version: number,
  ): Promise<void> {
    checkAlias(alias)
    const target = await this.version(tx, name, version)
    const before = await models.putAlias(tx, target.modelNumber, alias, version)
    await this.#record(tx, actor, 'alias.set', name, {
      alias,
      before: before ?? null,
      after: version,
    })
  }

  /**
   * The version that `models:/NAME/VERSION` or `models:/NAME@ALIAS` means now.
   * @throws INVALID_REQUEST for another URI, NOT_FOUND
   */
  async resolve(uri: string): Promise<ModelVersionView> {
    const { reader } = this.#deps.database
    const reference = parseModelUri(uri)
    if (reference.kind === 'logged-model') {
      throw new KaizenError('INVALID_REQUEST', `${uri} is a logged model, not a registered one`, {
        hint: 'Register it first, then use models:/NAME/VERSION or models:/NAME@ALIAS.',
      })
    }
    return toVersionView(
      reference.kind === 'version'
        ? await this.version(reader, reference.name, reference.version)
        : await this.versionByAlias(reader, reference.name, reference.alias),
    )
  }

  /** @throws ALREADY_EXISTS, INVALID_REQUEST */
  async createModel(
    tx: Tx,
    actor: Actor,
    model: {
      readonly name: string
      readonly description?: string | undefined
      readonly tags?: Readonly<Record<string, string>> | undefined
    },
  ): Promise<RegisteredModel> {
    const { name, description = '', tags = {} } = model
    checkModelName(name)
    checkDescription(description)
    const now = this.#deps.clock.now()
    const number = await models.insertModel(tx, { name, description, now })
    if (number === undefined) {
      throw new KaizenError('ALREADY_EXISTS', `Registered Model (name=${name}) already exists.`, {
        hint: 'Add a version to it, or choose another name.',
      })
    }
    for (const [key, value] of Object.entries(tags)) {
      checkTag(key, value)
      await models.putModelTag(tx, number, key, value)
    }
    await this.#record(tx, actor, 'model.created', name, { description })
    return this.model(tx, name)
  }

  /** Adds a version to a model that exists. @throws NOT_FOUND, INVALID_REQUEST */
  async addVersion(tx: Tx, actor: Actor, version: NewModelVersion): Promise<ModelVersion> {
    const { name, source, model, description = '', tags = {} } = version
    checkDescription(description)
    const modelNumber = await this.#modelNumber(tx, name)
    const now = this.#deps.clock.now()
    const number = await models.takeVersionNumber(tx, modelNumber, now)
    const key = { modelNumber, version: number }
    await versions.insertVersion(tx, {
      model_number: modelNumber,
      version: number,
      status: 'READY',
      status_message: '',
      stage: 'None',
      description,
      source,
      storage_uri: version.storageUri ?? source,
      run_id: version.runId || null,
      run_link: version.runLink ?? '',
      logged_model_id: version.loggedModelId || null,
      created_by: actor.name,
      created_at: now,
      updated_at: now,
      model_digest: model?.digest ?? null,
      model_size_bytes: model?.sizeBytes ?? null,
      signature: model ? JSON.stringify(model.signature) : null,
      lineage: JSON.stringify(version.lineage ?? {}),
      deleted_at: null,
    })
    for (const [tagKey, value] of Object.entries(tags)) {
      checkTag(tagKey, value)
      await versions.putVersionTag(tx, key, { key: tagKey, value })
    }
    await this.#record(tx, actor, 'version.created', name, {
      version: number,
      source,
      runId: version.runId || null,
      modelDigest: model?.digest ?? null,
    })
    return this.version(tx, name, number)
  }

  /** @throws NOT_FOUND */
  async model(reader: Reader, name: string): Promise<RegisteredModel> {
    const [model] = await models.readModels(reader, [await this.#modelNumber(reader, name)])
    return model as RegisteredModel
  }

  /** Models by name, a page at a time. */
  async models(page: PageQuery): Promise<Page<RegisteredModel>> {
    return this.searchModels({ filter: '', orderBy: [], ...page })
  }

  /** Models that match a filter; prompts only where the filter speaks of them. @throws INVALID_FILTER */
  async searchModels(query: RegistrySearch): Promise<Page<RegisteredModel>> {
    const { reader, dialect } = this.#deps.database
    const identity = ['models', query.filter, query.orderBy]
    const found = await searchModels(reader, dialect, {
      clauses: parseFilter(query.filter, modelGrammar),
      order: query.orderBy.map((order) => parseOrder(order, modelOrderGrammar)),
      after: query.pageToken ? readPageToken(query.pageToken, identity) : undefined,
      limit: query.limit + 1,
    })
    const shown = found.slice(0, query.limit)
    const items = await models.readModels(
      reader,
      shown.map(({ number }) => number),
    )
    return pageOf(items, found.length > query.limit, identity, shown.at(-1)?.position)
  }

  /** Versions that match a filter; those of prompts only where the filter speaks of them. @throws INVALID_FILTER */
  async searchVersions(query: RegistrySearch): Promise<Page<ModelVersion>> {
    const { reader, dialect } = this.#deps.database
    const identity = ['versions', query.filter, query.orderBy]
    const found = await searchVersions(reader, dialect, {
      clauses: parseFilter(query.filter, versionGrammar),
      order: query.orderBy.map((order) => parseOrder(order, versionOrderGrammar)),
      after: query.pageToken ? readPageToken(query.pageToken, identity) : undefined,
      limit: query.limit + 1,
    })
    const shown = found.slice(0, query.limit)
    const items: ModelVersion[] = []
    for (let at = 0; at < shown.length; at += readChunk) {
      items.push(...(await versions.readVersions(reader, shown.slice(at, at + readChunk))))
    }
    return pageOf(items, found.length > query.limit, identity, shown.at(-1)?.position)
  }

  /** Versions of a model, newest first. @throws NOT_FOUND */
  async versions(name: string, page: PageQuery): Promise<Page<ModelVersion>> {
    const { reader } = this.#deps.database
    const modelNumber = await this.#modelNumber(reader, name)
    const identity = ['versions-of', name]
    const [before] = page.pageToken ? readPageToken(page.pageToken, identity) : []
    const keys = await versions.listVersions(reader, modelNumber, {
      before: before === undefined ? undefined : versionOf(before),
      limit: page.limit + 1,
    })
    const shown = keys.slice(0, page.limit)
    const items = await versions.readVersions(reader, shown)
    const last = shown.at(-1)
    return pageOf(items, keys.length > page.limit, identity, last && [last.version])
  }

  /** The newest ready version of each stage, by model number. */
  async latestOfStages(
    modelNumbers: readonly number[],
  ): Promise<ReadonlyMap<number, readonly ModelVersion[]>> {
    const { reader } = this.#deps.database
    const keys = await versions.latestOfStages(reader, modelNumbers)
    return Map.groupBy(await versions.readVersions(reader, keys), (item) => item.modelNumber)
  }

  /** @throws NOT_FOUND */
  async version(reader: Reader, name: string, version: number): Promise<ModelVersion> {
    const modelNumber = await this.#modelNumber(reader, name)
    const [found] = await versions.readVersions(reader, [{ modelNumber, version }])
    if (found) return found
    throw new KaizenError(
      'NOT_FOUND',
      `Model Version (name=${name}, version=${version}) not found`,
      { hint: 'List the versions of the model to see which there are.' },
    )
  }

  /** @throws NOT_FOUND */
  async versionByAlias(reader: Reader, name: string, alias: string): Promise<ModelVersion> {
    const version = await models.readAlias(reader, await this.#modelNumber(reader, name), alias)
    if (version !== undefined) return this.version(reader, name, version)
    throw new KaizenError('NOT_FOUND', `Registered model alias ${alias} not found.`, {
      hint: `Set it first: point the alias "${alias}" of "${name}" at a version.`,
    })
  }

  /** @throws NOT_FOUND, ALREADY_EXISTS, INVALID_REQUEST */
  async renameModel(tx: Tx, actor: Actor, name: string, newName: string): Promise<RegisteredModel> {
    checkModelName(newName)
    const number = await this.#modelNumber(tx, name)
    if (name !== newName && (await models.findModelNumber(tx, newName)) !== undefined) {
      throw new KaizenError('ALREADY_EXISTS', `Registered Model (name=${newName}) already exists.`)
    }
    await models.updateModel(tx, number, { name: newName, updated_at: this.#deps.clock.now() })
    await this.#record(tx, actor, 'model.renamed', newName, { before: name, after: newName })
    return this.model(tx, newName)
  }

  /** @throws NOT_FOUND, INVALID_REQUEST */
  async describeModel(
    tx: Tx,
    actor: Actor,
    name: string,
    description: string,
  ): Promise<RegisteredModel> {
    checkDescription(description)
    const number = await this.#modelNumber(tx, name)
    await models.updateModel(tx, number, { description, updated_at: this.#deps.clock.now() })
    await this.#record(tx, actor, 'model.updated', name, { description })
    return this.model(tx, name)
  }

  /** Removes a model with all its versions. @throws NOT_FOUND */
  async deleteModel(tx: Tx, actor: Actor, name: string): Promise<void> {
    const model = await this.model(tx, name)
    await models.deleteModel(tx, model.number)
    await this.#record(tx, actor, 'model.deleted', name, { latestVersion: model.latestVersion })
  }

  /** @throws NOT_FOUND, INVALID_REQUEST */
  async setModelTag(tx: Tx, actor: Actor, name: string, key: string, value: string): Promise<void> {
    checkTag(key, value)
    await models.putModelTag(tx, await this.#modelNumber(tx, name), key, value)
    await this.#record(tx, actor, 'tag.set', name, { key, value: value.slice(0, 1000) })
  }

  /** @throws NOT_FOUND for the model; a tag that is not there is as good as deleted. */
  async deleteModelTag(tx: Tx, actor: Actor, name: string, key: string): Promise<void> {
    await models.deleteModelTag(tx, await this.#modelNumber(tx, name), key)
    await this.#record(tx, actor, 'tag.deleted', name, { key })
  }

  /** @throws NOT_FOUND for the model; an alias that is not there is as good as deleted. */
  async deleteAlias(tx: Tx, actor: Actor, name: string, alias: string): Promise<void> {
    const number = await this.#modelNumber(tx, name)
    const before = await models.readAlias(tx, number, alias)
    await models.deleteAlias(tx, number, alias)
    await this.#record(tx, actor, 'alias.deleted', name, { alias, before: before ?? null })
  }

  /** @throws NOT_FOUND, INVALID_REQUEST */
  async describeVersion(
    tx: Tx,
    actor: Actor,
    name: string,
    version: number,
    description: string,
  ): Promise<ModelVersion> {
    checkDescription(description)
    const before = await this.version(tx, name, version)
    await versions.updateVersion(tx, before, { description, updated_at: this.#deps.clock.now() })
    await this.#record(tx, actor, 'version.updated', name, { version, description })
    return this.version(tx, name, version)
  }

  /** Moves a version to a stage of the older API. @throws NOT_FOUND, INVALID_REQUEST */
  async moveToStage(
    tx: Tx,
    actor: Actor,
    target: { readonly name: string; readonly version: number; readonly stage: string },
    archiveOthers: boolean,
  ): Promise<ModelVersion> {
    const stage = parseStage(target.stage)
    if (archiveOthers && stage !== 'Staging' && stage !== 'Production') {
      throw new KaizenError(
        'INVALID_REQUEST',
        `Model version transition cannot archive existing model versions because '${stage}' is not an Active stage. Valid stages are Staging and Production.`,
      )
    }
    const before = await this.version(tx, target.name, target.version)
    const now = this.#deps.clock.now()
    await versions.updateVersion(tx, before, { stage, updated_at: now })
    const archived = archiveOthers ? await versions.archiveOthers(tx, before, stage, now) : []
    await this.#record(tx, actor, 'stage.set', target.name, {
      version: target.version,
      before: before.stage,
      after: stage,
      archived,
    })
    return this.version(tx, target.name, target.version)
  }

  /** Hides a version for good; its number is not used again. @throws NOT_FOUND */
  async deleteVersion(tx: Tx, actor: Actor, name: string, version: number): Promise<void> {
    const found = await this.version(tx, name, version)
    await versions.deleteVersion(tx, found, this.#deps.clock.now())
    await this.#record(tx, actor, 'version.deleted', name, { version, aliases: found.aliases })
  }

  /** @throws NOT_FOUND, INVALID_REQUEST */
  async setVersionTag(
    tx: Tx,
    actor: Actor,
    target: { readonly name: string; readonly version: number },
    key: string,
    value: string,
  ): Promise<void> {
    checkTag(key, value)
    const found = await this.version(tx, target.name, target.version)
    await versions.putVersionTag(tx, found, { key, value })
    await this.#record(tx, actor, 'tag.set', target.name, {
      version: target.version,
      key,
      value: value.slice(0, 1000),
    })
  }

  /** @throws NOT_FOUND for the version; a tag that is not there is as good as deleted. */
  async deleteVersionTag(
    tx: Tx,
    actor: Actor,
    target: { readonly name: string; readonly version: number },
    key: string,
  ): Promise<void> {
    const found = await this.version(tx, target.name, target.version)
    await versions.deleteVersionTag(tx, found, key)
    await this.#record(tx, actor, 'tag.deleted', target.name, { version: target.version, key })
  }

  async #createIfMissing(tx: Tx, actor: Actor, name: string): Promise<void> {
    const now = this.#deps.clock.now()
    const number = await models.insertModel(tx, { name, description: '', now })
    if (number !== undefined)
      await this.#record(tx, actor, 'model.created', name, { description: '' })
  }

  async #modelNumber(reader: Reader, name: string): Promise<number> {
    // PostgreSQL refuses a NUL in any text, so a name that holds one is not asked for.
    const number = name.includes('\0') ? undefined : await models.findModelNumber(reader, name)
    if (number !== undefined) return number
    if (name === '') checkModelName(name)
    throw new KaizenError(
      'NOT_FOUND',
      `Registered Model with name=${name.slice(0, 300)} not found`,
      { hint: 'List the models to see which there are, or register one.' },
    )
  }

  async #record(
    tx: Tx,
    actor: Actor,
    what: string,
    name: string,
    data: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    await this.#deps.audit.append(tx, {
      actor,
      type: `registry.${what}`,
      subject: `model:${name}`,
      data,
    })
  }
}

const pageOf = <T>(
  items: readonly T[],
  more: boolean,
  identity: readonly unknown[],
  position: Position | undefined,
): Page<T> =>
  more && position ? { items, nextPageToken: pageToken(identity, position) } : { items }

/** A version number out of a page token. @throws INVALID_REQUEST */
function versionOf(value: string | number): number {
  if (Number.isSafeInteger(value)) return value as number
  throw new KaizenError('INVALID_REQUEST', 'Invalid page token')
}
