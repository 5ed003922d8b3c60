import { KaizenError } from '@kaizen/contracts'
import type { AuditLog } from '../../audit/index.ts'
import type { Actor, Clock, Ids } from '../../kernel/index.ts'
import type { Database, Tx } from '../../storage/index.ts'
import type { Experiments } from '../experiments/experiments.service.ts'
import { checkLength, experimentNumber, experimentNumbers, invalidValue } from '../rules.ts'
import * as store from './scorers.store.ts'

export interface ScorerDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly clock: Clock
  readonly ids: Ids
  readonly experiments: Experiments
}

export interface ScorerVersion {
  readonly experimentId: string
  readonly name: string
  readonly version: number
  readonly scorerId: string
  readonly serialized: string
  readonly createdAt: number
}

const mostListed = 10_000
const longestScorer = 1_000_000

const toVersion = (row: store.ScorerRow): ScorerVersion => ({
  experimentId: String(row.experiment_number),
  name: row.name,
  version: row.version,
  scorerId: row.scorer_id,
  serialized: row.serialized,
  createdAt: row.created_at,
})

/** Scorers: judges and rules that clients keep here by experiment and name, in versions. */
export class Scorers {
  readonly #deps: ScorerDeps

  constructor(deps: ScorerDeps) {
    this.#deps = deps
  }

  /** @throws INVALID_REQUEST, NOT_FOUND for the experiment, CONFLICT when it is deleted. */
  async register(
    tx: Tx,
    actor: Actor,
    scorer: Pick<ScorerVersion, 'experimentId' | 'name' | 'serialized'>,
  ): Promise<ScorerVersion> {
    const { experimentId, name, serialized } = scorer
    if (name.trim() === '') throw invalidValue('name', name, 'it may not be empty.')
    checkLength('name', name, 250)
    checkLength('serialized_scorer', serialized, longestScorer)
    checkJson(serialized)
    await this.#deps.experiments.requireActive(tx, experimentId)
    const number = experimentNumber(experimentId)
    const last = (await store.readScorer(tx, number, name)).at(-1)
    const row = {
      experiment_number: number,
      name,
      version: (last?.version ?? 0) + 1,
      scorer_id: last?.scorer_id ?? this.#deps.ids.hex32(),
      serialized,
      created_at: this.#deps.clock.now(),
    }
    await store.insertScorer(tx, row)
    await this.#record(tx, actor, 'registered', experimentId, { name, version: row.version })
    return toVersion(row)
  }

  /** The newest version of each. @throws INVALID_REQUEST */
  async list(experimentIds: readonly string[] | undefined): Promise<readonly ScorerVersion[]> {
    const numbers = experimentIds && experimentNumbers(experimentIds)
    if (numbers?.length === 0) return []
    const rows = await store.newestScorers(this.#deps.database.reader, numbers, mostListed)
    return rows.map(toVersion)
  }

  /** @throws NOT_FOUND */
  async versions(experimentId: string, name: string): Promise<readonly ScorerVersion[]> {
    const rows = await store.readScorer(
      this.#deps.database.reader,
      experimentNumber(experimentId),
      name,
    )
    if (rows.length === 0) throw noScorer(experimentId, name)
    return rows.map(toVersion)
  }

  /** The newest unless a version is named. @throws NOT_FOUND */
  async get(
    experimentId: string,
    name: string,
    version: number | undefined,
  ): Promise<ScorerVersion> {
    const versions = await this.versions(experimentId, name)
    const found =
      version === undefined
        ? versions.at(-1)
        : versions.find((candidate) => candidate.version === version)
    if (!found) throw noScorer(experimentId, name, version)
    return found
  }

  /** All versions unless one is named. @throws NOT_FOUND */
  async delete(
    tx: Tx,
    actor: Actor,
    experimentId: string,
    scorer: { readonly name: string; readonly version: number | undefined },
  ): Promise<void> {
    const { name, version } = scorer
    const deleted = await store.deleteScorer(tx, experimentNumber(experimentId), name, version)
    if (deleted === 0) throw noScorer(experimentId, name, version)
    await this.#record(tx, actor, 'deleted', experimentId, { name, version: version ?? null })
  }

  async #record(
    tx: Tx,
    actor: Actor,
    what: string,
    experimentId: string,
    data: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    await this.#deps.audit.append(tx, {
      actor,
      type: `tracking.scorer.${what}`,
      subject: `experiment:${experimentId}`,
      data,
    })
  }
}

const noScorer = (experimentId: string, name: string, version?: number): KaizenError =>
  new KaizenError(
    'NOT_FOUND',
    `Scorer with name '${name.slice(0, 250)}'${version === undefined ? '' : ` and version ${version}`} not found for experiment ${experimentId}.`,
  )

function checkJson(text: string): void {
  try {
    JSON.parse(text)
  } catch {
    throw invalidValue('serialized_scorer', text.slice(0, 100), 'expected JSON.')
  }
}
