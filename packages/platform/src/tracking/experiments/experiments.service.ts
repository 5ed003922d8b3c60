import { KaizenError, type Page } from '@kaizen/contracts'
import type { AuditLog } from '../../audit/index.ts'
import type { ResourceGrants, Workspaces } from '../../identity/index.ts'
import {
  type Actor,
  type Clock,
  checkRootOfFiles,
  defaultWorkspace,
  type Visibility,
  workspaceOf,
} from '../../kernel/index.ts'
import type { Database, Reader, Tx } from '../../storage/index.ts'
import type { Experiment, KeyValue } from '../model.ts'
import {
  checkExperimentName,
  checkLength,
  checkName,
  experimentNumber,
  experimentNumbers,
  limits,
} from '../rules.ts'
import { type DatasetSummary, summarizeDatasets } from '../runs/inputs.store.ts'
import {
  checkPageSize,
  experimentGrammar,
  experimentOrderGrammar,
  lifecyclesOf,
} from '../runs/run-search.ts'
import { parseFilter, parseOrders } from '../search/filter.ts'
import { pageToken, readPageToken } from '../search/page-token.ts'
import { searchExperiments } from './experiment-search.store.ts'
import * as store from './experiments.store.ts'
import { workspaceOfExperiment } from './workspaces.store.ts'

export interface ExperimentDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly clock: Clock
  /** Permissions that follow an experiment; none are kept unless told. */
  readonly grants?: ResourceGrants | undefined
  /** Where experiments of a workspace keep their artifacts; the own store unless told. */
  readonly workspaces?: Pick<Workspaces, 'get'> | undefined
}

export interface NewExperiment {
  readonly name: string
  /** A URI; Kaizen's own artifact store unless told. */
  readonly artifactLocation?: string | undefined
  readonly tags?: readonly KeyValue[]
}

export interface ExperimentSearch {
  readonly filter: string
  readonly orderBy: readonly string[]
  readonly view?: string | undefined
  readonly limit: number
  readonly pageToken?: string | undefined
  /** Which experiments the caller sees; all unless told. */
  readonly visible?: Visibility | undefined
  readonly workspace?: string | undefined
}

const largestExperimentPage = 50_000

/** Experiments: named groups of runs. */
export class Experiments {
  readonly #deps: ExperimentDeps

  constructor(deps: ExperimentDeps) {
    this.#deps = deps
  }

  /** @throws ALREADY_EXISTS also when a deleted experiment holds the name. */
  async create(tx: Tx, actor: Actor, experiment: NewExperiment): Promise<Experiment> {
    const { name, artifactLocation, tags = [] } = experiment
    checkExperimentName(name)
    if (artifactLocation) checkRootOfFiles(artifactLocation, 'artifact_location')
    const now = this.#deps.clock.now()
    const workspace = workspaceOf(actor)
    const root = await this.#artifactRoot(tx, workspace)
    const number = await store.insertExperiment(
      tx,
      { name, lifecycle: 'active', created_at: now, updated_at: now, workspace },
      (assigned) => artifactLocation || `${root}/${assigned}`,
    )
    if (number === undefined) throw await this.#nameTaken(tx, name, workspace)
    for (const tag of tags) {
      checkTag(tag)
      await store.putExperimentTag(tx, number, tag)
    }
    await this.#deps.grants?.created(tx, actor, 'experiment', String(number))
    await this.#record(tx, actor, 'created', number, { name, tags: tags.length })
    return this.#byNumber(tx, number)
  }

  /** The id of the experiment of this name, made if it is missing. @throws CONFLICT when it is deleted. */
  async ensure(tx: Tx, actor: Actor, name: string): Promise<string> {
    const workspace = workspaceOf(actor)
    const found = await store.findExperimentByName(tx, name, workspace)
    if (!found) return (await this.create(tx, actor, { name })).experimentId
    if (found.lifecycle === 'deleted') throw await this.#nameTaken(tx, name, workspace)
    return String(found.number)
  }

  /** Deleted ones too. @throws NOT_FOUND */
  get(experimentId: string): Promise<Experiment> {
    return this.#byNumber(this.#deps.database.reader, experimentNumber(experimentId))
  }

  /** @throws NOT_FOUND */
  async getByName(name: string, workspace: string = defaultWorkspace): Promise<Experiment> {
    const found = await store.findExperimentByName(this.#deps.database.reader, name, workspace)
    if (!found) {
      throw new KaizenError('NOT_FOUND', `Could not find experiment with name '${name}'`)
    }
    return this.#byNumber(this.#deps.database.reader, found.number)
  }

  /** Experiments that match a filter, a page at a time. @throws INVALID_FILTER, INVALID_REQUEST */
  async search(query: ExperimentSearch): Promise<Page<Experiment>> {
    const { database } = this.#deps
    const identity = ['experiments', query.filter, query.orderBy, query.view, query.workspace]
    const limit = checkPageSize(query.limit, largestExperimentPage)
    const found = await searchExperiments(database.reader, database.dialect, {
      lifecycles: lifecyclesOf(query.view),
      visible: query.visible,
      workspace: query.workspace ?? defaultWorkspace,
      clauses: parseFilter(query.filter, experimentGrammar),
      order: parseOrders(query.orderBy, experimentOrderGrammar),
      after: query.pageToken ? readPageToken(query.pageToken, identity) : undefined,
      limit: limit + 1,
    })
    const shown = found.slice(0, limit)
    const items = await store.readExperiments(
      database.reader,
      shown.map(({ number }) => number),
    )
    const last = shown.at(-1)
    return found.length > limit && last
      ? { items, nextPageToken: pageToken(identity, last.position) }
      : { items }
  }

  /** Data sets that runs of experiments read, at most `limit`. */
  async datasets(
    experimentIds: readonly string[],
    limit: number,
  ): Promise<readonly DatasetSummary[]> {
    const numbers = experimentNumbers(experimentIds)
    return summarizeDatasets(this.#deps.database.reader, numbers, limit)
  }

  /** @throws NOT_FOUND, CONFLICT when it is deleted, ALREADY_EXISTS when the name is taken. */
  async rename(tx: Tx, actor: Actor, experimentId: string, name: string): Promise<void> {
    checkExperimentName(name)
    const before = await this.requireActive(tx, experimentId)
    if (before.name === name) return
    const { workspace } = before
    if (await store.findExperimentByName(tx, name, workspace)) {
      throw await this.#nameTaken(tx, name, workspace)
    }
    const number = experimentNumber(experimentId)
    await store.updateExperiment(tx, number, { name, updated_at: this.#deps.clock.now() })
    await this.#record(tx, actor, 'renamed', number, { before: before.name, after: name })
  }

  /** Marks the experiment and its runs as deleted. @throws NOT_FOUND, CONFLICT when it is deleted already. */
  async delete(tx: Tx, actor: Actor, experimentId: string): Promise<void> {
    const experiment = await this.#byNumber(tx, experimentNumber(experimentId))
    if (experiment.lifecycle === 'deleted') throw notInState(experiment, 'active')
    await this.#setLifecycle(tx, actor, experiment, 'deleted')
  }

  /** Takes the deletion back, with its runs. @throws NOT_FOUND, CONFLICT when it is not deleted. */
  async restore(tx: Tx, actor: Actor, experimentId: string): Promise<void> {
    const experiment = await this.#byNumber(tx, experimentNumber(experimentId))
    if (experiment.lifecycle === 'active') throw notInState(experiment, 'deleted')
    await this.#setLifecycle(tx, actor, experiment, 'active')
  }

  /** @throws NOT_FOUND, CONFLICT when it is deleted. */
  async setTag(tx: Tx, actor: Actor, experimentId: string, tag: KeyValue): Promise<void> {
    checkTag(tag)
    await this.requireActive(tx, experimentId)
    const number = experimentNumber(experimentId)
    await store.putExperimentTag(tx, number, tag)
    await store.updateExperiment(tx, number, { updated_at: this.#deps.clock.now() })
    await this.#record(tx, actor, 'tagged', number, { key: tag.key })
  }

  /** @throws NOT_FOUND when there is no such experiment or tag, CONFLICT when it is deleted. */
  async deleteTag(tx: Tx, actor: Actor, experimentId: string, key: string): Promise<void> {
    await this.requireActive(tx, experimentId)
    const number = experimentNumber(experimentId)
    if (!(await store.deleteExperimentTag(tx, number, key))) {
      throw new KaizenError('NOT_FOUND', `No tag with name: ${key}`)
    }
    await this.#record(tx, actor, 'untagged', number, { key })
  }

  /** @throws NOT_FOUND, CONFLICT when it is deleted. */
  async requireActive(reader: Reader, experimentId: string): Promise<Experiment> {
    const experiment = await this.#byNumber(reader, experimentNumber(experimentId))
    if (experiment.lifecycle === 'deleted') throw notInState(experiment, 'active')
    return experiment
  }

  /** Where the runs of an experiment put their artifacts. @throws NOT_FOUND, CONFLICT when it is deleted. */
  async requirePlace(reader: Reader, experimentId: string): Promise<string> {
    const { dialect } = this.#deps.database
    const number = experimentNumber(experimentId)
    const place = await store.findActivePlace(reader, dialect, number)
    return place ?? (await this.requireActive(reader, experimentId)).artifactLocation
  }

  async #byNumber(reader: Reader, number: number): Promise<Experiment> {
    const [experiment] = await store.readExperiments(reader, [number])
    if (experiment) return experiment
    throw new KaizenError('NOT_FOUND', `No Experiment with id=${number} exists`, {
      hint: 'List the experiments to see which ids there are.',
    })
  }

  /** The default workspace for what does not exist, so that it is told as missing. */
  async workspaceOf(experimentId: string): Promise<string> {
    const { reader } = this.#deps.database
    const number = experimentNumber(experimentId)
    return (await workspaceOfExperiment(reader, number)) ?? defaultWorkspace
  }

  async #artifactRoot(tx: Tx, workspace: string): Promise<string> {
    const own = 'mlflow-artifacts:'
    if (workspace === defaultWorkspace) return own
    const { artifactRoot } = (await this.#deps.workspaces?.get(workspace, tx)) ?? {}
    return artifactRoot?.replace(/\/+$/, '') || own
  }

  async #nameTaken(reader: Reader, name: string, workspace: string): Promise<KaizenError> {
    const found = await store.findExperimentByName(reader, name, workspace)
    const deleted = found?.lifecycle === 'deleted'
    return new KaizenError(
      'ALREADY_EXISTS',
      `Experiment(name=${name}) already exists${deleted ? ' in deleted state' : ''}.`,
      {
        hint: deleted
          ? `Restore experiment ${found.number} or rename it, or choose another name.`
          : 'Choose another name.',
      },
    )
  }

  async #setLifecycle(
    tx: Tx,
    actor: Actor,
    experiment: Experiment,
    lifecycle: Experiment['lifecycle'],
  ): Promise<void> {
    const number = experimentNumber(experiment.experimentId)
    const now = this.#deps.clock.now()
    await store.updateExperiment(tx, number, { lifecycle, updated_at: now })
    const deletedAt = lifecycle === 'deleted' ? now : null
    await store.setLifecycleOfRuns(tx, number, { lifecycle, deleted_at: deletedAt })
    const what = lifecycle === 'deleted' ? 'deleted' : 'restored'
    await this.#record(tx, actor, what, number, { name: experiment.name })
  }

  async #record(
    tx: Tx,
    actor: Actor,
    what: string,
    number: number,
    data: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    await this.#deps.audit.append(tx, {
      actor,
      type: `tracking.experiment.${what}`,
      subject: `experiment:${number}`,
      data,
    })
  }
}

const notInState = (experiment: Experiment, wanted: string): KaizenError =>
  new KaizenError(
    'CONFLICT',
    `The experiment ${experiment.experimentId} must be in the '${wanted}' state. Current state is ${experiment.lifecycle}.`,
  )

function checkTag(tag: KeyValue): void {
  checkName('key', tag.key)
  checkLength('value', tag.value, limits.experimentTagValue)
}
