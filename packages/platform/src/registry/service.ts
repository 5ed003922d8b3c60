import { KaizenError, type ModelVersionView } from '@kaizen/contracts'
import type { AuditLog } from '../audit/index.ts'
import type { ResourceGrants } from '../identity/index.ts'
import { type Actor, type Clock, workspaceOf } from '../kernel/index.ts'
import type { Database, Tx } from '../storage/index.ts'
import { Approvals } from './approvals/approvals.service.ts'
import { deleteCards } from './cards/cards.store.ts'
import { deleteFormerNames, formerlyNamed, putFormerName } from './former-names.store.ts'
import type { ModelVersion, NewModelVersion, RegisteredModel } from './model.ts'
import * as models from './models.store.ts'
import { RegistryReader } from './reader.ts'
import {
  checkAlias,
  checkDescription,
  checkModelName,
  checkTag,
  parseStage,
  toVersionView,
} from './rules.ts'
import { Signatures, type Signing } from './signatures/signatures.service.ts'
import * as versions from './versions.store.ts'

export interface RegistryDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly clock: Clock
  /** Permissions that follow a model; none are kept unless told. */
  readonly grants?: ResourceGrants | undefined
  readonly signing?: Signing | undefined
}

/** What an endpoint would serve. */
export interface ServedContent {
  readonly name: string
  readonly version: number
  /** Of the ONNX file, or of the packed folder. */
  readonly digest: string
}

/** Registered models: named series of immutable versions, with aliases that point into them. */
export class RegistryService extends RegistryReader {
  readonly approvals: Approvals
  readonly signatures: Signatures
  readonly #deps: RegistryDeps

  constructor(deps: RegistryDeps) {
    super(deps.database)
    this.#deps = deps
    this.approvals = new Approvals(deps)
    this.signatures = new Signatures(deps)
  }

  /** Adds a version, and the model if it is missing. @throws INVALID_REQUEST */
  async createVersion(tx: Tx, actor: Actor, version: NewModelVersion): Promise<ModelVersionView> {
    const { name } = version
    const known = await models.findModelNumber(tx, name)
    if (known === undefined) checkModelName(name, workspaceOf(actor))
    if (known === undefined) await this.#createIfMissing(tx, actor, name)
    return toVersionView(await this.addVersion(tx, actor, version))
  }

  /** Points an alias at a version. @throws INVALID_REQUEST, NOT_FOUND, FORBIDDEN while approvals are missing */
  async setAlias(
    tx: Tx,
    actor: Actor,
    name: string,
    alias: string,
    version: number,
  ): Promise<void> {
    checkAlias(alias)
    const target = await this.version(tx, name, version)
    if (!target.aliases.includes(alias)) await this.approvals.require(tx, target, `alias:${alias}`)
    const before = await models.putAlias(tx, target.modelNumber, alias, version)
    await this.#record(tx, actor, 'alias.set', name, {
      alias,
      before: before ?? null,
      after: version,
    })
  }

  /** What an alias still needs before it may point at a version; null when nothing. @throws NOT_FOUND */
  async missingFor(name: string, version: number, alias: string): Promise<string | null> {
    const { reader } = this.#deps.database
    const target = await this.version(reader, name, version)
    return (await this.approvals.status(reader, target, `alias:${alias}`))?.missing ?? null
  }

  /**
   * Lets a version be served that a route names, with the content that a runtime would load. A model that was renamed
   * since is found under its new name; what is in no registry is not served.
   * @throws FORBIDDEN, also where its model asks for a signature and there is none that verifies
   */
  async admit({ name, version, digest }: ServedContent): Promise<void> {
    const { reader } = this.#deps.database
    const current = await models.findModelNumber(reader, name)
    const former = await formerlyNamed(reader, name)
    let isRegistered = false
    for (const modelNumber of current === undefined ? former : [current, ...former]) {
      const [found] = await versions.readVersions(reader, [{ modelNumber, version }])
      if (!found || (found.modelDigest ?? digest) !== digest) continue
      // Every model that the name can mean has to let it; a new one under an old name frees nothing.
      await this.signatures.admit(reader, found, digest)
      isRegistered = true
    }
    if (isRegistered) return
    throw new KaizenError(
      'FORBIDDEN',
      `version ${version} of "${name}" may not be served: it is not registered`,
      {
        hint: 'Route to a version that is: kaizen models versions NAME shows them.',
      },
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
    checkModelName(name, workspaceOf(actor))
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
    await this.#deps.grants?.created(tx, actor, 'registered_model', name)
    await this.#record(tx, actor, 'model.created', name, { description })
    return this.model(tx, name)
  }

  /** Adds a version to a model that exists. @throws NOT_FOUND, INVALID_REQUEST */
  async addVersion(tx: Tx, actor: Actor, version: NewModelVersion): Promise<ModelVersion> {
    const { name, source, model, description = '', tags = {} } = version
    checkDescription(description)
    const modelNumber = await this.modelNumber(tx, name)
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

  /** @throws NOT_FOUND, ALREADY_EXISTS, INVALID_REQUEST */
  async renameModel(tx: Tx, actor: Actor, name: string, newName: string): Promise<RegisteredModel> {
    checkModelName(newName, workspaceOf(actor))
    const number = await this.modelNumber(tx, name)
    if (name !== newName && (await models.findModelNumber(tx, newName)) !== undefined) {
      throw new KaizenError('ALREADY_EXISTS', `Registered Model (name=${newName}) already exists.`)
    }
    await models.updateModel(tx, number, { name: newName, updated_at: this.#deps.clock.now() })
    if (name !== newName) {
      const now = this.#deps.clock.now()
      await putFormerName(tx, name, { modelNumber: number, now })
      await this.#deps.grants?.renamed(tx, 'registered_model', name, newName)
    }
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
    const number = await this.modelNumber(tx, name)
    await models.updateModel(tx, number, { description, updated_at: this.#deps.clock.now() })
    await this.#record(tx, actor, 'model.updated', name, { description })
    return this.model(tx, name)
  }

  /** Removes a model with all its versions. @throws NOT_FOUND */
  async deleteModel(tx: Tx, actor: Actor, name: string): Promise<void> {
    const model = await this.model(tx, name)
    await models.deleteModel(tx, model.number)
    await this.approvals.delete(tx, model)
    await this.signatures.delete(tx, model)
    await deleteCards(tx, model.number)
    await deleteFormerNames(tx, model.number)
    await this.#deps.grants?.deleted(tx, 'registered_model', name)
    await this.#record(tx, actor, 'model.deleted', name, { latestVersion: model.latestVersion })
  }

  /** @throws NOT_FOUND, INVALID_REQUEST */
  async setModelTag(tx: Tx, actor: Actor, name: string, key: string, value: string): Promise<void> {
    checkTag(key, value)
    await models.putModelTag(tx, await this.modelNumber(tx, name), key, value)
    await this.#record(tx, actor, 'tag.set', name, { key, value: value.slice(0, 1000) })
  }

  /** @throws NOT_FOUND for the model; a tag that is not there is as good as deleted. */
  async deleteModelTag(tx: Tx, actor: Actor, name: string, key: string): Promise<void> {
    await models.deleteModelTag(tx, await this.modelNumber(tx, name), key)
    await this.#record(tx, actor, 'tag.deleted', name, { key })
  }

  /** @throws NOT_FOUND for the model; an alias that is not there is as good as deleted. */
  async deleteAlias(tx: Tx, actor: Actor, name: string, alias: string): Promise<void> {
    const number = await this.modelNumber(tx, name)
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

  /** Moves a version to a stage of the older API. @throws NOT_FOUND, INVALID_REQUEST, FORBIDDEN while approvals are missing */
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
    if (before.stage !== stage) await this.approvals.require(tx, before, `stage:${stage}`)
    const now = this.#deps.clock.now()
    await versions.updateVersion(tx, before, { stage, updated_at: now })
    await models.updateModel(tx, before.modelNumber, { updated_at: now })
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
    if (number === undefined) return
    await this.#deps.grants?.created(tx, actor, 'registered_model', name)
    await this.#record(tx, actor, 'model.created', name, { description: '' })
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
