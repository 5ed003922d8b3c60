import { KaizenError, type Page } from '@kaizen/contracts'
import type { AuditLog } from '../../audit/index.ts'
import { type Actor, type Clock, type Ids, sha256, workspaceOf } from '../../kernel/index.ts'
import type { Database, Reader, Tx } from '../../storage/index.ts'
import type { Experiments } from '../experiments/experiments.service.ts'
import { workspaceOfDataset } from '../experiments/workspaces.store.ts'
import { checkCount, checkLength, experimentNumbers } from '../rules.ts'
import { checkPageSize } from '../runs/run-search.ts'
import { parseFilter, parseOrders } from '../search/filter.ts'
import { pageToken, readPageToken } from '../search/page-token.ts'
import * as store from './evaluation-datasets.store.ts'
import {
  type EvaluationDataset,
  type EvaluationRecord,
  evaluationGrammar,
  evaluationOrderGrammar,
  inputsDigest,
  merged,
  mostRecordsPerCall,
  type RecordFields,
  sourceOf,
  widened,
} from './evaluation-datasets.ts'
import * as records from './evaluation-records.store.ts'

export interface EvaluationDatasetDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly clock: Clock
  readonly ids: Ids
  readonly experiments: Experiments
}

export interface EvaluationDatasetSearch {
  readonly experimentIds: readonly string[]
  readonly filter: string
  readonly orderBy: readonly string[]
  readonly limit: number
  readonly pageToken?: string | undefined
  readonly workspace: string
}

const largestPage = 1000
const userTag = 'mlflow.user'

/** Evaluation data sets: questions, with the answers that were expected. */
export class EvaluationDatasets {
  readonly #deps: EvaluationDatasetDeps

  constructor(deps: EvaluationDatasetDeps) {
    this.#deps = deps
  }

  /** @throws INVALID_REQUEST, NOT_FOUND for an experiment. */
  async create(
    tx: Tx,
    actor: Actor,
    dataset: Pick<EvaluationDataset, 'name' | 'tags' | 'experimentIds'>,
  ): Promise<EvaluationDataset> {
    const { name, tags } = dataset
    checkLength('name', name, 500)
    const id = `d-${this.#deps.ids.hex32()}`
    const now = this.#deps.clock.now()
    const user = tags[userTag] ?? actor.name
    await store.insertDataset(tx, {
      id,
      name,
      digest: digestOf(name, now),
      schema: '',
      created_at: now,
      updated_at: now,
      created_by: user,
      updated_by: user,
      workspace: workspaceOf(actor),
    })
    await store.putDatasetTags(tx, id, tags)
    await store.linkExperiments(tx, id, await this.#experiments(tx, dataset.experimentIds))
    await this.#record(tx, actor, 'created', id, { name, experimentIds: dataset.experimentIds })
    return this.get(id, tx)
  }

  /** @throws NOT_FOUND */
  async get(
    datasetId: string,
    reader: Reader = this.#deps.database.reader,
  ): Promise<EvaluationDataset> {
    const [dataset] = await store.readDatasets(reader, [datasetId])
    if (dataset) return dataset
    throw new KaizenError(
      'NOT_FOUND',
      `Evaluation dataset with id '${datasetId.slice(0, 100)}' not found`,
    )
  }

  /** @throws INVALID_FILTER, INVALID_REQUEST */
  async search(query: EvaluationDatasetSearch): Promise<Page<EvaluationDataset>> {
    const { reader, dialect } = this.#deps.database
    const { pageToken: token, limit: _limit, ...identity } = query
    const limit = checkPageSize(query.limit, largestPage)
    const found = await store.searchDatasets(reader, dialect, {
      experimentNumbers: experimentNumbers(query.experimentIds),
      workspace: query.workspace,
      clauses: parseFilter(query.filter, evaluationGrammar),
      order: parseOrders(query.orderBy, evaluationOrderGrammar),
      after: token ? readPageToken(token, ['evaluation-datasets', identity]) : undefined,
      limit: limit + 1,
    })
    const shown = found.slice(0, limit)
    const items = await store.readDatasets(
      reader,
      shown.map(({ id }) => id),
    )
    const last = shown.at(-1)
    return found.length > limit && last
      ? { items, nextPageToken: pageToken(['evaluation-datasets', identity], last.position) }
      : { items }
  }

  workspaceOf(datasetId: string): Promise<string | undefined> {
    return workspaceOfDataset(this.#deps.database.reader, datasetId)
  }

  /** One that is not there is deleted already. */
  async delete(tx: Tx, actor: Actor, datasetId: string): Promise<void> {
    const [known] = await store.readDatasets(tx, [datasetId])
    if (!known) return
    await store.deleteDataset(tx, datasetId)
    await this.#record(tx, actor, 'deleted', datasetId, {
      name: known.name,
      records: known.records,
    })
  }

  /** @throws NOT_FOUND */
  async setTags(
    tx: Tx,
    actor: Actor,
    datasetId: string,
    tags: Readonly<Record<string, string>>,
  ): Promise<EvaluationDataset> {
    await this.get(datasetId, tx)
    await store.putDatasetTags(tx, datasetId, tags)
    await store.updateDataset(tx, datasetId, {
      updated_at: this.#deps.clock.now(),
      updated_by: tags[userTag] ?? actor.name,
    })
    await this.#record(tx, actor, 'tagged', datasetId, { keys: Object.keys(tags) })
    return this.get(datasetId, tx)
  }

  /** @throws NOT_FOUND for the data set. */
  async deleteTag(tx: Tx, actor: Actor, datasetId: string, key: string): Promise<void> {
    await this.get(datasetId, tx)
    await store.deleteDatasetTag(tx, datasetId, key)
    await this.#record(tx, actor, 'untagged', datasetId, { key })
  }

  /** @throws NOT_FOUND for the data set or an experiment. */
  async link(
    tx: Tx,
    actor: Actor,
    datasetId: string,
    change: { readonly add: readonly string[]; readonly remove: readonly string[] },
  ): Promise<EvaluationDataset> {
    await this.get(datasetId, tx)
    await store.linkExperiments(tx, datasetId, await this.#experiments(tx, change.add))
    await store.unlinkExperiments(tx, datasetId, experimentNumbers(change.remove))
    await this.#record(tx, actor, 'linked', datasetId, change)
    return this.get(datasetId, tx)
  }

  /** A record whose inputs are known is added to; all of a call or none. @throws NOT_FOUND */
  async upsert(
    tx: Tx,
    actor: Actor,
    datasetId: string,
    sent: readonly RecordFields[],
  ): Promise<{ readonly inserted: number; readonly updated: number }> {
    const dataset = await this.get(datasetId, tx)
    const now = this.#deps.clock.now()
    const digests = sent.map(({ inputs }) => inputsDigest(inputs))
    const known = new Map(await records.findRecords(tx, datasetId, [...new Set(digests)]))
    let inserted = 0
    for (const [index, fields] of sent.entries()) {
      const digest = digests[index] as string
      const before = known.get(digest)
      if (!before) inserted++
      const user = fields.tags[userTag] ?? actor.name
      const after = before
        ? { ...before, ...merged(before, fields), updatedAt: now, updatedBy: user }
        : this.#newRecord(fields, user, now)
      await records.putRecord(tx, datasetId, digest, after)
      known.set(digest, after)
    }
    await store.updateDataset(tx, datasetId, {
      schema: JSON.stringify(widened(dataset.schema, sent)),
      digest: digestOf(dataset.name, now),
      updated_at: now,
      updated_by: actor.name,
    })
    const updated = sent.length - inserted
    await this.#record(tx, actor, 'filled', datasetId, { inserted, updated })
    return { inserted, updated }
  }

  #newRecord(fields: RecordFields, user: string, now: number): EvaluationRecord {
    const { id, type } = sourceOf(fields.source)
    return {
      ...fields,
      recordId: this.#deps.ids.next('dr'),
      sourceId: id,
      sourceType: type,
      createdAt: now,
      updatedAt: now,
      createdBy: user,
      updatedBy: user,
    }
  }

  /** @throws NOT_FOUND, INVALID_REQUEST */
  async records(
    datasetId: string,
    limit: number,
    token: string | undefined,
  ): Promise<Page<EvaluationRecord>> {
    const { reader } = this.#deps.database
    await this.get(datasetId)
    checkPageSize(limit, mostRecordsPerCall)
    const identity = ['evaluation-records', datasetId]
    const position = token ? readPageToken(token, identity) : undefined
    const found = await records.readRecords(reader, datasetId, {
      after: position && [Number(position[0]), String(position[1])],
      limit: limit + 1,
    })
    const items = found.slice(0, limit)
    const last = items.at(-1)
    return found.length > limit && last
      ? { items, nextPageToken: pageToken(identity, [last.createdAt, last.recordId]) }
      : { items }
  }

  /** Answers how many there were. @throws NOT_FOUND */
  async deleteRecords(
    tx: Tx,
    actor: Actor,
    datasetId: string,
    ids: readonly string[],
  ): Promise<number> {
    checkCount('dataset_record_ids', ids.length, mostRecordsPerCall)
    const dataset = await this.get(datasetId, tx)
    const deleted = await records.deleteRecords(tx, datasetId, ids)
    if (deleted === 0) return 0
    const now = this.#deps.clock.now()
    await store.updateDataset(tx, datasetId, {
      digest: digestOf(dataset.name, now),
      updated_at: now,
      updated_by: actor.name,
    })
    await this.#record(tx, actor, 'emptied', datasetId, { deleted })
    return deleted
  }

  async #experiments(tx: Tx, experimentIds: readonly string[]): Promise<readonly number[]> {
    const numbers = experimentNumbers(experimentIds)
    for (const id of experimentIds) await this.#deps.experiments.requireActive(tx, id)
    return numbers
  }

  async #record(
    tx: Tx,
    actor: Actor,
    what: string,
    datasetId: string,
    data: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    await this.#deps.audit.append(tx, {
      actor,
      type: `tracking.evaluation-dataset.${what}`,
      subject: `evaluation-dataset:${datasetId}`,
      data,
    })
  }
}

const digestOf = (name: string, now: number): string => sha256(`${name}:${now}`).slice(0, 8)
