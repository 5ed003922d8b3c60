import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { KaizenError } from '@kaizen/contracts'
import type { AuditLog } from '../../audit/index.ts'
import type { Actor, Clock, Ids } from '../../kernel/index.ts'
import type { ModelRuntime } from '../../runtime/index.ts'
import type { Database } from '../../storage/index.ts'
import { ArmModel } from '../endpoints/arm-model.ts'
import type { IndexEntry } from '../endpoints/served.ts'
import { ServingArm } from '../endpoints/serving-arm.ts'
import { Explainer } from '../explain/explainer.ts'
import { ModelPool } from '../model-pool.ts'
import { FrozenFiles } from './frozen-files.ts'
import { type FolderVersion, modelNames, modelVersions } from './model-folder.ts'
import { type Refusals, RepositoryModel } from './repository-model.ts'

export interface ModelRepositoryDeps {
  /** Holds a folder a model; never written to. */
  readonly folder: string
  /** Where loaded files are copied to. */
  readonly workFolder: string
  readonly database: Database
  readonly audit: AuditLog
  readonly runtime: ModelRuntime
  readonly clock: Clock
  readonly ids: Ids
}

/** Models served under the names of their folders, without a registry: `NAME[/VERSION]/model.onnx` or an MLflow model, of ONNX or for Python. */
export class ModelRepository implements AsyncDisposable {
  readonly #deps: ModelRepositoryDeps
  readonly #files: FrozenFiles
  readonly #pool: ModelPool
  readonly #explainer: Explainer
  readonly #models = new Map<string, RepositoryModel>()
  readonly #turns = new Map<string, Promise<unknown>>()
  /** Copies that a folder for Python is made of, by the digest of the folder. */
  readonly #parts = new Map<string, readonly string[]>()

  private constructor(deps: ModelRepositoryDeps, files: FrozenFiles) {
    this.#deps = deps
    this.#files = files
    this.#pool = new ModelPool(deps.runtime, files)
    this.#explainer = new Explainer(deps.runtime)
  }

  /** Loads what the folder holds; a model that cannot be loaded says why and does not stop the others. @throws INVALID_CONFIG */
  static async open(deps: ModelRepositoryDeps): Promise<ModelRepository> {
    const folder = resolve(deps.folder)
    const found = await stat(folder).catch(() => undefined)
    if (!found?.isDirectory()) {
      throw new KaizenError('INVALID_CONFIG', `--model-repository: ${folder} is no folder`, {
        hint: 'It holds a folder for each model: NAME/1/model.onnx.',
      })
    }
    const files = await FrozenFiles.open(deps.workFolder)
    const repository = new ModelRepository({ ...deps, folder }, files)
    for (const name of await modelNames(folder)) {
      const versions = await modelVersions(folder, name)
      await repository.#reload(name, versions ?? [])
    }
    return repository
  }

  /** The model of a folder that has been loaded, or that could not be. */
  find(name: string): RepositoryModel | undefined {
    return this.#models.get(name)
  }

  get models(): Iterable<RepositoryModel> {
    return this.#models.values()
  }

  /** Every version of every folder, loaded or not. */
  async index(): Promise<readonly IndexEntry[]> {
    const names = new Set([...this.#models.keys(), ...(await modelNames(this.#deps.folder))])
    return [...names].sort().flatMap((name) => {
      const model = this.#models.get(name)
      if (model) return model.index()
      return [{ name, version: '', state: 'UNAVAILABLE' as const, reason: 'not loaded yet' }]
    })
  }

  /**
   * Reads the folder of a model again: new versions are loaded and warm before they take the place of the old.
   * @throws NOT_FOUND; INVALID_MODEL when nothing in the folder can be loaded, or a version that answers cannot be any
   * more: what answers goes on then.
   */
  async load(actor: Actor, name: string): Promise<void> {
    await this.#exclusively(name, async () => {
      const versions = await modelVersions(this.#deps.folder, name)
      if (!versions) throw unknownModel(name)
      const refusals = await this.#reload(name, versions)
      const model = this.#models.get(name)!
      const worst = [...refusals].find(([version]) => model.arms.has(version)) ?? [...refusals][0]
      const answering = [...model.arms.keys()].filter((version) => !refusals.has(version))
      if (worst && (answering.length === 0 || model.arms.has(worst[0]))) {
        throw new KaizenError(
          'INVALID_MODEL',
          `version ${worst[0]} of the model "${name}" cannot be loaded: ${worst[1]}`,
          model.arms.has(worst[0]) ? { hint: 'What was loaded before goes on answering.' } : {},
        )
      }
      await this.#record(actor, 'loaded', name, { versions: model.versions })
    })
  }

  /** Stops answering under a name until it is loaded again. @throws NOT_FOUND */
  async unload(actor: Actor, name: string): Promise<void> {
    await this.#exclusively(name, async () => {
      const model = this.#models.get(name)
      if (!model) throw unknownModel(name)
      await this.#replace(model, new Map(), new Map())
      await this.#record(actor, 'unloaded', name, {})
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const model of this.#models.values()) await this.#replace(model, new Map(), new Map())
    await this.#explainer[Symbol.asyncDispose]()
  }

  /** Answers why versions were refused. */
  async #reload(name: string, versions: readonly FolderVersion[]): Promise<Refusals> {
    const { clock, ids } = this.#deps
    let model = this.#models.get(name)
    if (!model) {
      model = new RepositoryModel(name, { clock, ids, explainer: this.#explainer })
      this.#models.set(name, model)
    }
    const arms = new Map<number, ServingArm>()
    const refusals = new Map<number, string>()
    for (const version of versions) {
      try {
        arms.set(version.version, await this.#open(name, version))
      } catch (failure) {
        refusals.set(version.version, wordsOf(failure))
      }
    }
    const answersNow = [...refusals.keys()].some((version) => model.arms.has(version))
    if (answersNow || (arms.size === 0 && model.arms.size > 0)) {
      model.refuse(refusals)
      await Promise.all([...arms.values()].map((arm) => arm.drain()))
    } else await this.#replace(model, arms, refusals)
    return refusals
  }

  async #open(name: string, folder: FolderVersion): Promise<ServingArm> {
    const { version, file, reason } = folder
    if (file === undefined) throw new KaizenError('INVALID_MODEL', reason)
    const digest = await this.#frozen(file, folder)
    const lease = await this.#pool.lease(digest)
    const arm = {
      name: 'repository',
      model: file,
      mode: 'live' as const,
      weight: 1,
      modelName: name,
      version,
      digest,
    }
    return new ServingArm(arm, { model: new ArmModel(lease), path: lease.path })
  }

  async #frozen(file: string, { python }: FolderVersion): Promise<string> {
    if (!python) return this.#files.freeze(file)
    const { digest, parts } = await this.#files.freezeFolder(python.folder, python.files)
    this.#parts.set(digest, parts)
    return digest
  }

  async #replace(
    model: RepositoryModel,
    arms: ReadonlyMap<number, ServingArm>,
    refusals: Refusals,
  ): Promise<void> {
    const before = [...model.arms.values()].map(({ resolved }) => resolved.digest)
    await model.swap(arms, refusals)
    const used = new Set(
      [...this.#models.values()].flatMap((each) =>
        [...each.arms.values()].map(({ resolved }) => resolved.digest),
      ),
    )
    for (const digest of [...used]) for (const part of this.#parts.get(digest) ?? []) used.add(part)
    for (const digest of before) {
      for (const copy of [digest, ...(this.#parts.get(digest) ?? [])]) {
        if (!used.has(copy)) await this.#files.forget(copy)
      }
      if (!used.has(digest)) this.#parts.delete(digest)
    }
  }

  #record(actor: Actor, what: 'loaded' | 'unloaded', name: string, data: object): Promise<void> {
    const { database, audit } = this.#deps
    return database.write(async (tx) => {
      await audit.append(tx, {
        actor,
        type: `serving.repository.${what}`,
        subject: `repository:${name}`,
        data: { ...data },
      })
    })
  }

  /** Changes of one model happen one after the other. */
  async #exclusively(name: string, work: () => Promise<void>): Promise<void> {
    const turn = (this.#turns.get(name) ?? Promise.resolve()).catch(() => undefined).then(work)
    this.#turns.set(name, turn)
    try {
      await turn
    } finally {
      if (this.#turns.get(name) === turn) this.#turns.delete(name)
    }
  }
}

const unknownModel = (name: string): KaizenError =>
  new KaizenError(
    'NOT_FOUND',
    `the model repository has no model ${JSON.stringify(name.slice(0, 128))}`,
    { hint: 'POST /v2/repository/index lists those that it has.' },
  )

function wordsOf(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure)
  const hint = failure instanceof KaizenError ? failure.hint : undefined
  return hint === undefined ? failure.message : `${failure.message}. ${hint}`
}
