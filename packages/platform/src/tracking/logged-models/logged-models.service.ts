import { KaizenError, type Page } from '@kaizen/contracts'
import type { AuditLog } from '../../audit/index.ts'
import type { Actor, Clock, Ids } from '../../kernel/index.ts'
import type { Database, Reader, Tx } from '../../storage/index.ts'
import type { Experiments } from '../experiments/experiments.service.ts'
import type { KeyValue, LoggedModel, LoggedModelStatus } from '../model.ts'
import {
  checkCount,
  checkedParam,
  checkedTag,
  checkUniqueKeys,
  experimentNumber,
  experimentNumbers,
  invalidValue,
  limits,
} from '../rules.ts'
import { checkPageSize } from '../runs/run-search.ts'
import { parseFilter, parseOrder } from '../search/filter.ts'
import { pageToken, readPageToken } from '../search/page-token.ts'
import { searchLoggedModels } from './logged-model-search.store.ts'
import {
  type DatasetScope,
  loggedModelGrammar,
  loggedModelOrderGrammar,
} from './logged-model-search.ts'
import * as store from './logged-models.store.ts'

export interface LoggedModelDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly clock: Clock
  readonly ids: Ids
  readonly experiments: Experiments
}

export interface NewLoggedModel {
  /** The id under which another server knows it; a new one unless given. */
  readonly modelId?: string
  readonly experimentId: string
  readonly name?: string | undefined
  readonly modelType?: string | undefined
  readonly sourceRunId?: string | undefined
  readonly params: readonly KeyValue[]
  readonly tags: readonly KeyValue[]
}

export interface LoggedModelSearch {
  readonly experimentIds: readonly string[]
  readonly filter: string
  readonly datasets: readonly DatasetScope[]
  readonly orderBy: readonly {
    readonly field: string
    readonly ascending: boolean
    readonly dataset?: DatasetScope
  }[]
  readonly limit: number
  readonly pageToken?: string | undefined
}

const largestPage = 50_000
const versionsTag = 'mlflow.modelVersions'

/** Models as runs logged them, with what was measured on them. */
export class LoggedModels {
  readonly #deps: LoggedModelDeps

  constructor(deps: LoggedModelDeps) {
    this.#deps = deps
  }

  /** @throws INVALID_REQUEST, NOT_FOUND for the experiment, CONFLICT when it is deleted. */
  async create(tx: Tx, actor: Actor, model: NewLoggedModel): Promise<LoggedModel> {
    const experiment = await this.#deps.experiments.requireActive(tx, model.experimentId)
    const modelId = model.modelId ?? `m-${this.#deps.ids.hex32()}`
    const name = model.name || `model-${modelId.slice(2, 10)}`
    checkLoggedModelName(name)
    const now = this.#deps.clock.now()
    const location = experiment.artifactLocation.replace(/\/$/, '')
    await store.insertLoggedModel(tx, {
      id: modelId,
      experiment_number: experimentNumber(model.experimentId),
      name,
      model_type: model.modelType ?? '',
      source_run_id: model.sourceRunId ?? '',
      status: 'LOGGED_MODEL_PENDING',
      status_message: '',
      artifact_uri: `${location}/models/${modelId}/artifacts`,
      creator_id: model.tags.find(({ key }) => key === 'mlflow.user')?.value ?? '',
      created_at: now,
      updated_at: now,
      lifecycle: 'active',
    })
    await store.putModelPairs(tx, 'logged_model_param', modelId, checkedParams(model.params))
    await store.putModelPairs(tx, 'logged_model_tag', modelId, checkedTags(model.tags))
    await this.#record(tx, actor, 'created', modelId, {
      name,
      experimentId: model.experimentId,
      runId: model.sourceRunId ?? null,
    })
    return this.get(modelId, tx)
  }

  async find(reader: Reader, modelId: string): Promise<LoggedModel | undefined> {
    return (await store.readLoggedModels(reader, [modelId]))[0]
  }

  /** @throws NOT_FOUND */
  async get(modelId: string, reader: Reader = this.#deps.database.reader): Promise<LoggedModel> {
    const [model] = await store.readLoggedModels(reader, [modelId])
    if (model) return model
    throw new KaizenError('NOT_FOUND', `Logged model with ID '${modelId.slice(0, 300)}' not found.`)
  }

  /** Says whether the model's files arrived. @throws NOT_FOUND, INVALID_REQUEST */
  async finalize(tx: Tx, actor: Actor, modelId: string, status: string): Promise<LoggedModel> {
    const before = await this.get(modelId, tx)
    const after = parseStatus(status)
    await store.updateLoggedModel(tx, modelId, {
      status: after,
      updated_at: this.#deps.clock.now(),
    })
    await this.#record(tx, actor, 'finalized', modelId, { before: before.status, after })
    return this.get(modelId, tx)
  }

  /** @throws NOT_FOUND */
  async delete(tx: Tx, actor: Actor, modelId: string): Promise<void> {
    const { name } = await this.get(modelId, tx)
    await store.updateLoggedModel(tx, modelId, {
      lifecycle: 'deleted',
      updated_at: this.#deps.clock.now(),
    })
    await this.#record(tx, actor, 'deleted', modelId, { name })
  }

  /** @throws NOT_FOUND, INVALID_REQUEST */
  async setTags(tx: Tx, actor: Actor, modelId: string, tags: readonly KeyValue[]): Promise<void> {
    await this.get(modelId, tx)
    await store.putModelPairs(tx, 'logged_model_tag', modelId, checkedTags(tags))
    await this.#record(tx, actor, 'tagged', modelId, { keys: tags.map(({ key }) => key) })
  }

  /** Notes on the model that a version of the registry was made of it; clients read that from a tag. */
  async noteVersion(
    tx: Tx,
    actor: Actor,
    modelId: string,
    version: { readonly name: string; readonly version: number },
  ): Promise<void> {
    const { tags } = await this.get(modelId, tx)
    const noted = JSON.parse(
      tags.find(({ key }) => key === versionsTag)?.value ?? '[]',
    ) as readonly unknown[]
    const value = JSON.stringify([...noted, version])
    await store.putModelPairs(tx, 'logged_model_tag', modelId, [{ key: versionsTag, value }])
    await this.#record(tx, actor, 'registered', modelId, version)
  }

  /** @throws NOT_FOUND for the model or the tag. */
  async deleteTag(tx: Tx, actor: Actor, modelId: string, key: string): Promise<void> {
    await this.get(modelId, tx)
    if (!(await store.deleteModelTag(tx, modelId, key))) {
      throw new KaizenError('NOT_FOUND', `No tag with key ${JSON.stringify(key)} found`)
    }
    await this.#record(tx, actor, 'untagged', modelId, { key })
  }

  /** @throws NOT_FOUND, INVALID_REQUEST, CONFLICT for another value of a parameter that has one */
  async addParams(
    tx: Tx,
    actor: Actor,
    modelId: string,
    params: readonly KeyValue[],
  ): Promise<void> {
    const model = await this.get(modelId, tx)
    const known = new Map(model.params.map(({ key, value }) => [key, value]))
    const checked = checkedParams(params)
    const changed = checked.find(({ key, value }) => (known.get(key) ?? value) !== value)
    if (changed) {
      throw new KaizenError(
        'CONFLICT',
        `The parameter ${JSON.stringify(changed.key)} of logged model ${modelId} has another value already`,
        { hint: 'Parameters are written once; log another model for other values.' },
      )
    }
    await store.putModelPairs(tx, 'logged_model_param', modelId, checked)
    await this.#record(tx, actor, 'updated', modelId, { params: params.length })
  }

  /** @throws INVALID_FILTER, INVALID_REQUEST */
  async search(query: LoggedModelSearch): Promise<Page<LoggedModel>> {
    const { reader, dialect } = this.#deps.database
    const { pageToken: token, limit: _limit, ...identity } = query
    const limit = checkPageSize(query.limit, largestPage)
    checkCount('datasets', query.datasets.length, 100)
    checkCount('order_by', query.orderBy.length, 20)
    const found = await searchLoggedModels(reader, dialect, {
      experimentNumbers: experimentNumbers(query.experimentIds),
      clauses: parseFilter(query.filter, loggedModelGrammar),
      datasets: query.datasets,
      order: query.orderBy.map(({ field, ascending, dataset }) => ({
        ...parseOrder(field, loggedModelOrderGrammar),
        descending: !ascending,
        ...(dataset ? { dataset } : {}),
      })),
      after: token ? readPageToken(token, ['logged-models', identity]) : undefined,
      limit: limit + 1,
    })
    const shown = found.slice(0, limit)
    const items = await store.readLoggedModels(
      reader,
      shown.map(({ id }) => id),
    )
    const last = shown.at(-1)
    return found.length > limit && last
      ? { items, nextPageToken: pageToken(['logged-models', identity], last.position) }
      : { items }
  }

  async #record(
    tx: Tx,
    actor: Actor,
    what: string,
    modelId: string,
    data: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    await this.#deps.audit.append(tx, {
      actor,
      type: `tracking.logged-model.${what}`,
      subject: `logged-model:${modelId}`,
      data,
    })
  }
}

const settable = [
  'LOGGED_MODEL_PENDING',
  'LOGGED_MODEL_READY',
  'LOGGED_MODEL_UPLOAD_FAILED',
] as const satisfies readonly LoggedModelStatus[]

function parseStatus(status: string): LoggedModelStatus {
  // Clients send the name of the status with or without its prefix.
  const full = status.startsWith('LOGGED_MODEL_') ? status : `LOGGED_MODEL_${status}`
  const known = settable.find((name) => name === full)
  if (known) return known
  throw invalidValue('status', status, `expected ${settable.join(', ')}.`)
}

function checkLoggedModelName(name: string): void {
  if (/[/:.%"']/.test(name) || /\p{Cc}/u.test(name) || name.length > 500) {
    throw invalidValue(
      'name',
      name,
      'a model name has at most 500 characters, none of them one of / : . % " \'.',
    )
  }
}

function checkedTags(tags: readonly KeyValue[]): readonly KeyValue[] {
  checkCount('tags', tags.length, limits.entriesPerBatch)
  return tags.map((tag, index) => checkedTag(tag, `tags[${index}].key`))
}

function checkedParams(params: readonly KeyValue[]): readonly KeyValue[] {
  checkCount('params', params.length, limits.entriesPerBatch)
  checkUniqueKeys(params)
  return params.map((param, index) => checkedParam(param, `params[${index}].key`))
}
