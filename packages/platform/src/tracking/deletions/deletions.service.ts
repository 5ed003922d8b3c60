import type { AuditLog } from '../../audit/index.ts'
import type { Actor } from '../../kernel/index.ts'
import type { Database, RowsGone } from '../../storage/index.ts'
import { type Artifacts, treePathOf } from '../artifacts/artifacts.service.ts'
import * as store from './deletions.store.ts'

export interface DeletionDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly artifacts: Artifacts
}

export interface ExpirySpec {
  /** What was deleted before this time goes, in milliseconds. */
  readonly before: number
  /** Runs and logged models that something else still needs, by id. */
  readonly keep: ReadonlySet<string>
  readonly dryRun: boolean
}

/** What is gone for good, or would be. */
export interface Expired {
  readonly runs: number
  readonly loggedModels: number
  readonly experiments: number
  /** Deleted long enough ago, yet needed elsewhere. */
  readonly kept: number
}

interface Sweep extends ExpirySpec {
  /** What would go, where somebody only asks. */
  readonly going: Readonly<Record<'run' | 'logged-model', store.DeletedOwner[]>>
}

const pageSize = 200

/** Takes away for good what was deleted long ago. */
export class Deletions {
  readonly #deps: DeletionDeps

  constructor(deps: DeletionDeps) {
    this.#deps = deps
  }

  /** Removes deleted runs and logged models with their artifacts, then experiments in which nothing is left. */
  async expire(actor: Actor, spec: ExpirySpec): Promise<Expired> {
    return (await this.#expire(actor, spec)).expired
  }

  /** What would go, and the rows that would go with it. */
  async expirable(
    actor: Actor,
    spec: Omit<ExpirySpec, 'dryRun'>,
  ): Promise<{ readonly expired: Expired; readonly rows: readonly RowsGone[] }> {
    const { expired, going } = await this.#expire(actor, { ...spec, dryRun: true })
    const keys = (owners: readonly store.DeletedOwner[]) => owners.map(({ key }) => key)
    const folders = [...going.run, ...going['logged-model']].flatMap(
      ({ artifactUri }) => treePathOf(artifactUri) || [],
    )
    const rows = store.rowsOf({
      runs: keys(going.run),
      models: keys(going['logged-model']),
      folders,
    })
    return { expired, rows }
  }

  async #expire(actor: Actor, spec: ExpirySpec) {
    const going: Sweep['going'] = { run: [], 'logged-model': [] }
    const sweep: Sweep = { ...spec, going }
    const runs = await this.#expireAll(actor, 'run', sweep)
    const models = await this.#expireAll(actor, 'logged-model', sweep)
    const experiments = await this.#expireExperiments(actor, sweep)
    const kept = runs.kept + models.kept
    return { expired: { runs: runs.gone, loggedModels: models.gone, experiments, kept }, going }
  }

  async #expireAll(
    actor: Actor,
    kind: 'run' | 'logged-model',
    { before, keep, dryRun, going }: Sweep,
  ): Promise<{ readonly gone: number; readonly kept: number }> {
    const { database } = this.#deps
    const list = kind === 'run' ? store.deletedRuns : store.deletedModels
    let gone = 0
    let kept = 0
    for (let after = ''; ; ) {
      const page = await list(database.reader, { before, after, limit: pageSize })
      for (const owner of page) {
        if (keep.has(owner.id)) kept++
        else if (dryRun) gone = going[kind].push(owner)
        else if (await this.#remove(actor, kind, owner)) gone++
      }
      const last = page.at(-1)
      if (page.length < pageSize || !last) return { gone, kept }
      after = last.id
    }
  }

  /** In one transaction, so that whoever restores it meanwhile either has it whole or finds it gone. */
  #remove(actor: Actor, kind: 'run' | 'logged-model', owner: store.DeletedOwner): Promise<boolean> {
    const { database, audit, artifacts } = this.#deps
    return database.write(async (tx) => {
      const remove = kind === 'run' ? store.removeRun : store.removeModel
      if (!(await remove(tx, owner.id))) return false
      const root = treePathOf(owner.artifactUri)
      if (root !== undefined && root !== '') await artifacts.remove(tx, actor, root)
      await audit.append(tx, {
        actor,
        type: `tracking.${kind}.expired`,
        subject: `${kind}:${owner.id}`,
        data: { deletedAt: owner.deletedAt },
      })
      return true
    })
  }

  async #expireExperiments(actor: Actor, { before, dryRun, going }: Sweep): Promise<number> {
    const { database, audit } = this.#deps
    const leaving = new Map<number, number>()
    for (const { experimentNumber: of } of [...going.run, ...going['logged-model']])
      leaving.set(of, (leaving.get(of) ?? 0) + 1)
    const deleted = await store.deletedExperiments(database.reader, before)
    const found = deleted.filter(({ number, contents }) => contents === (leaving.get(number) ?? 0))
    if (dryRun) return found.length
    let gone = 0
    for (const { number, name } of found) {
      await database.write(async (tx) => {
        if (!(await store.removeExperiment(tx, number))) return
        gone++
        await audit.append(tx, {
          actor,
          type: 'tracking.experiment.expired',
          subject: `experiment:${number}`,
          data: { name },
        })
      })
    }
    return gone
  }
}
