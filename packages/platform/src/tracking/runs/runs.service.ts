import { KaizenError } from '@kaizen/contracts'
import type { AuditLog } from '../../audit/index.ts'
import type { Actor, Clock, Ids } from '../../kernel/index.ts'
import type { Database, Tx } from '../../storage/index.ts'
import type { Experiments } from '../experiments/experiments.service.ts'
import * as loggedModels from '../logged-models/logged-models.store.ts'
import type {
  AttributedMetric,
  DatasetInput,
  KeyValue,
  ModelUse,
  Run,
  RunDetail,
  RunLog,
  RunStatus,
} from '../model.ts'
import {
  checkCount,
  checkedParam,
  checkedTag,
  checkLength,
  checkMetric,
  checkUniqueKeys,
  experimentNumber,
  invalidValue,
  limits,
  missingValue,
} from '../rules.ts'
import * as annotations from './annotations.store.ts'
import * as inputs from './inputs.store.ts'
import * as metrics from './metrics.store.ts'
import { nameOfRun } from './run-name.ts'
import { RunReader } from './run-reader.ts'
import * as store from './runs.store.ts'

export interface RunDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly clock: Clock
  readonly ids: Ids
  readonly experiments: Experiments
}

export interface NewRun {
  /** The id under which another server knows it; a new one unless given. */
  readonly runId?: string
  readonly experimentId: string
  readonly name?: string | undefined
  readonly userId?: string | undefined
  readonly startTime?: number | undefined
  readonly tags?: readonly KeyValue[]
}

export interface RunChange {
  readonly status?: RunStatus | undefined
  readonly endTime?: number | undefined
  readonly name?: string | undefined
}

/** The tag that repeats a run's name; both are kept the same. */
const nameTag = 'mlflow.runName'
const userTag = 'mlflow.user'
const modelsTag = 'mlflow.log-model.history'

/** Runs and what they log. */
export class Runs extends RunReader {
  readonly #deps: RunDeps

  constructor(deps: RunDeps) {
    super(deps.database)
    this.#deps = deps
  }

  /** Answers all that the new run holds. @throws NOT_FOUND for the experiment, CONFLICT when it is deleted. */
  async create(tx: Tx, actor: Actor, run: NewRun): Promise<RunDetail> {
    const place = await this.#deps.experiments.requirePlace(tx, run.experimentId)
    const { dialect } = this.#deps.database
    const given = (run.tags ?? []).map((tag, index) => checkedTag(tag, `tags[${index}].key`))
    const tagged = new Map(given.map(({ key, value }) => [key, value]))
    const runId = run.runId ?? this.#deps.ids.hex32()
    const name = chosenName(run.name, tagged.get(nameTag)) ?? nameOfRun(runId)
    tagged.set(nameTag, name)
    const inserted = await store.insertRun(tx, dialect, {
      id: runId,
      experiment_number: experimentNumber(run.experimentId),
      name,
      user_id: run.userId || tagged.get(userTag) || '',
      status: 'RUNNING',
      start_time: run.startTime ?? this.#deps.clock.now(),
      end_time: null,
      lifecycle: 'active',
      deleted_at: null,
      artifact_uri: `${place.replace(/\/$/, '')}/${runId}/artifacts`,
    })
    const tags = [...tagged].map(([key, value]) => ({ key, value }))
    await annotations.putTags(tx, dialect, inserted, tags)
    await this.#record(tx, actor, 'tracking.run.created', runId, {
      experimentId: run.experimentId,
      name,
    })
    return {
      run: inserted,
      metrics: [],
      params: [],
      tags: tags.sort((a, b) => (a.key < b.key ? -1 : 1)),
      datasetInputs: [],
      modelInputs: [],
      modelOutputs: [],
    }
  }

  /** @throws NOT_FOUND, CONFLICT when it is deleted. */
  async update(tx: Tx, actor: Actor, runId: string, change: RunChange): Promise<Run> {
    const run = await this.requireActive(tx, runId)
    await store.updateRun(tx, run.number, {
      ...(change.status === undefined ? {} : { status: change.status }),
      ...(change.endTime === undefined ? {} : { end_time: change.endTime }),
      ...(change.name ? { name: change.name } : {}),
    })
    if (change.name) {
      checkLength('run_name', change.name, limits.tagValue)
      await this.#putTags(tx, run, [{ key: nameTag, value: change.name }])
    }
    const ended = change.status !== undefined && !['RUNNING', 'SCHEDULED'].includes(change.status)
    const type = ended ? 'tracking.run.ended' : 'tracking.run.updated'
    await this.#record(tx, actor, type, runId, {
      before: { status: run.status, name: run.name },
      after: { status: change.status ?? run.status, name: change.name || run.name },
    })
    return (await store.findRun(tx, this.#deps.database.dialect, runId)) as Run
  }

  /** Marks a run as deleted. @throws NOT_FOUND */
  async delete(tx: Tx, actor: Actor, runId: string): Promise<void> {
    await this.#setLifecycle(tx, actor, runId, 'deleted')
  }

  /** Takes a deletion back. @throws NOT_FOUND */
  async restore(tx: Tx, actor: Actor, runId: string): Promise<void> {
    await this.#setLifecycle(tx, actor, runId, 'active')
  }

  /**
   * Logs metrics, parameters and tags: all of it or nothing.
   * @throws INVALID_REQUEST naming the field; also when a parameter has another value already. NOT_FOUND, CONFLICT
   *   when the run is deleted.
   */
  async log(tx: Tx, actor: Actor, runId: string, entries: RunLog): Promise<void> {
    const points = entries.metrics ?? []
    for (const [index, point] of points.entries()) {
      checkMetric(point, points.length === 1 ? '' : `metrics[${index}]`)
    }
    const params = (entries.params ?? []).map((param, i) => checkedParam(param, `params[${i}].key`))
    const tags = (entries.tags ?? []).map((tag, i) => checkedTag(tag, `tags[${i}].key`))
    checkUniqueKeys(params)
    const { dialect } = this.#deps.database
    const [param, ...others] = params
    const isOne = param && others.length + points.length + tags.length === 0
    if (!isOne || !(await annotations.insertNewParam(tx, dialect, runId, param)))
      await this.#add(tx, runId, { points, params, tags })
    await this.#record(tx, actor, 'tracking.batch.logged', runId, {
      metrics: points.length,
      params: params.length,
      tags: tags.length,
    })
  }

  async #add(
    tx: Tx,
    runId: string,
    {
      points,
      params,
      tags,
    }: Readonly<{
      points: readonly AttributedMetric[]
      params: readonly KeyValue[]
      tags: readonly KeyValue[]
    }>,
  ): Promise<void> {
    const run = await this.requireActiveKey(tx, runId)
    const { dialect } = this.#deps.database
    const [changed] = await annotations.insertParams(tx, dialect, run, params)
    if (changed) throw paramChanged(runId, changed)
    await metrics.insertMetrics(tx, dialect, run, points)
    const attributed = points.filter((point) => point.modelId)
    if (attributed.length > 0) await loggedModels.insertModelMetrics(tx, dialect, runId, attributed)
    if (tags.length > 0) await this.#putTags(tx, run, tags)
  }

  /** Adds the description of a model to the run's list of them, as older clients do. @throws INVALID_REQUEST */
  async noteModel(tx: Tx, actor: Actor, runId: string, modelJson: string): Promise<void> {
    const run = await this.requireActive(tx, runId)
    const noted = await annotations.readTag(tx, run.number, modelsTag)
    const models = JSON.parse(noted ?? '[]') as unknown[]
    models.push(parseModelJson(modelJson))
    const value = JSON.stringify(models)
    checkLength('model_json', value, limits.noteOfModels)
    await annotations.putTags(tx, this.#deps.database.dialect, run, [{ key: modelsTag, value }])
    await this.#record(tx, actor, 'tracking.batch.logged', runId, {
      metrics: 0,
      params: 0,
      tags: 1,
    })
  }

  /** @throws NOT_FOUND for the run or the tag, CONFLICT when the run is deleted. */
  async deleteTag(tx: Tx, actor: Actor, runId: string, key: string): Promise<void> {
    const run = await this.requireActive(tx, runId)
    if (!(await annotations.deleteTag(tx, run.number, key))) {
      throw new KaizenError('NOT_FOUND', `No tag with name: ${key} in run with id ${runId}`)
    }
    await this.#record(tx, actor, 'tracking.run.untagged', runId, { key })
  }

  /** Records which data sets and models a run read. @throws NOT_FOUND, CONFLICT when it is deleted. */
  async logInputs(
    tx: Tx,
    actor: Actor,
    runId: string,
    datasets: readonly DatasetInput[],
    models: readonly ModelUse[],
  ): Promise<void> {
    const run = await this.requireActive(tx, runId)
    checkCount('datasets', datasets.length, limits.datasetsPerCall)
    checkCount('models', models.length, limits.datasetsPerCall)
    for (const [index, dataset] of datasets.entries()) checkDataset(dataset, `datasets[${index}]`)
    const experiment = experimentNumber(run.experimentId)
    for (const dataset of datasets) {
      await inputs.insertDatasetInput(tx, experiment, run.number, dataset)
    }
    await inputs.insertModelUses(tx, run.number, 'input', models)
    await this.#record(tx, actor, 'tracking.inputs.logged', runId, {
      datasets: datasets.map(({ name, digest }) => ({ name, digest })),
      models: models.map(({ modelId }) => modelId),
    })
  }

  /** Records which models a run wrote. @throws NOT_FOUND, CONFLICT when it is deleted. */
  async logOutputs(
    tx: Tx,
    actor: Actor,
    runId: string,
    models: readonly ModelUse[],
  ): Promise<void> {
    const run = await this.requireActive(tx, runId)
    checkCount('models', models.length, limits.datasetsPerCall)
    await inputs.insertModelUses(tx, run.number, 'output', models)
    await this.#record(tx, actor, 'tracking.outputs.logged', runId, {
      models: models.map(({ modelId }) => modelId),
    })
  }

  /** The name tag is the run's name too. */
  async #putTags(tx: Tx, run: store.RunKey, tags: readonly KeyValue[]): Promise<void> {
    await annotations.putTags(tx, this.#deps.database.dialect, run, tags)
    const name = tags.findLast(({ key }) => key === nameTag)?.value
    if (name !== undefined) await store.updateRun(tx, run.number, { name })
  }

  async #setLifecycle(
    tx: Tx,
    actor: Actor,
    runId: string,
    lifecycle: Run['lifecycle'],
  ): Promise<void> {
    const run = await this.require(tx, runId)
    const deletedAt = lifecycle === 'deleted' ? this.#deps.clock.now() : null
    await store.updateRun(tx, run.number, { lifecycle, deleted_at: deletedAt })
    const type = lifecycle === 'deleted' ? 'tracking.run.deleted' : 'tracking.run.restored'
    await this.#record(tx, actor, type, runId, { name: run.name })
  }

  async #record(
    tx: Tx,
    actor: Actor,
    type: string,
    runId: string,
    data: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    await this.#deps.audit.append(tx, { actor, type, subject: `run:${runId}`, data })
  }
}

/** A run's name may be given as a field, as a tag, or as both when they agree. */
function chosenName(field: string | undefined, tag: string | undefined): string | undefined {
  if (field && tag && field !== tag) {
    throw new KaizenError(
      'INVALID_REQUEST',
      `Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='${field}', mlflow.runName='${tag}').`,
    )
  }
  if (field) checkLength('run_name', field, limits.tagValue)
  return field || tag
}

/** A model's description must be an object that names its place and flavors. @throws INVALID_REQUEST */
function parseModelJson(text: string): unknown {
  let model: unknown
  try {
    model = JSON.parse(text)
  } catch {
    throw invalidValue('model_json', text, 'it is not well-formed JSON.')
  }
  const fields = ['artifact_path', 'flavors', 'utc_time_created', 'run_id']
  const missing = fields.filter(
    (name) => typeof model !== 'object' || model === null || !(name in model),
  )
  if (missing.length > 0) {
    throw invalidValue('model_json', text, `it lacks ${missing.join(', ')}.`)
  }
  return model
}

const paramChanged = (runId: string, param: KeyValue & { readonly stored: string }): KaizenError =>
  new KaizenError(
    'INVALID_REQUEST',
    `Changing param values is not allowed. Param with key='${param.key}' was already logged with value='${param.stored}' for run ID='${runId}'. Attempted logging new value '${param.value}'.`,
    { hint: 'Log the new value in another run, for example a nested one.' },
  )

function checkDataset(dataset: DatasetInput, path: string): void {
  if (dataset.name === '') throw missingValue(`${path}.dataset.name`)
  if (dataset.digest === '') throw missingValue(`${path}.dataset.digest`)
  checkLength(`${path}.dataset.name`, dataset.name, limits.datasetName)
  checkLength(`${path}.dataset.digest`, dataset.digest, limits.datasetDigest)
  checkLength(`${path}.dataset.source`, dataset.source, limits.datasetSource)
  checkLength(`${path}.dataset.schema`, dataset.schema ?? '', limits.datasetSchema)
  checkLength(`${path}.dataset.profile`, dataset.profile ?? '', limits.datasetProfile)
  for (const [index, tag] of dataset.tags.entries()) {
    checkLength(`${path}.tags[${index}].key`, tag.key, limits.inputTagKey)
    checkLength(`${path}.tags[${index}].value`, tag.value, limits.inputTagValue)
  }
}
