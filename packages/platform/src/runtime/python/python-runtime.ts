import { constants } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import { KaizenError } from '@kaizen/contracts'
import type { LoadedModel, ModelRuntime } from '../model.ts'
import { readFolder } from '../model-folder.ts'
import { type EnvironmentMode, PythonEnvironments } from './environments.ts'
import { PrintedLines } from './printed-lines.ts'
import { type PythonLimits, PythonModel } from './python-model.ts'

export interface PythonRuntimeOptions extends Partial<PythonLimits> {
  readonly mode: EnvironmentMode
  readonly interpreter: string
  /** What processes see of the server's environment. */
  readonly environment: Readonly<Record<string, string>>
  /** Holds the folders of loaded models, and environments. */
  readonly folder: string
  /** A local file with the content of a digest. */
  readonly fileOf: (digest: string) => Promise<string>
  readonly log: (line: string) => void
}

const defaults: PythonLimits = {
  processes: 1,
  maxPending: 256,
  startTimeoutMs: 120_000,
  runTimeoutMs: 30_000,
  pingEveryMs: 5000,
}

/** MLflow models and anything else that Python can load, each in processes of its own. */
export class PythonRuntime implements ModelRuntime {
  readonly #options: PythonRuntimeOptions
  readonly #environments: PythonEnvironments
  readonly #models = new Set<PythonModel>()
  #cleared: Promise<void> | undefined
  #closed = false

  constructor(options: PythonRuntimeOptions) {
    this.#options = options
    this.#environments = new PythonEnvironments({
      ...options,
      folder: join(options.folder, 'environments'),
    })
  }

  /** Loads a packed folder. @throws INVALID_MODEL, UNSUPPORTED, TIMEOUT */
  async load(source: string | Uint8Array): Promise<PythonModel & LoadedModel> {
    if (this.#closed) throw new KaizenError('UNAVAILABLE', 'the model runtime is shut down')
    const files = typeof source === 'string' ? await readFolder(source) : undefined
    if (!files) throw new KaizenError('INVALID_MODEL', 'the model is no packed folder')
    const folder = await this.#newFolder()
    const release = (): Promise<void> => rm(folder, { recursive: true, force: true })
    try {
      await this.#unpack(files, folder)
      return await this.#open(folder, release)
    } catch (failure) {
      await release()
      throw failure
    }
  }

  /** The interpreter for the code of a folder. @throws UNSUPPORTED, INVALID_MODEL */
  interpreterFor(folder: string): Promise<string> {
    return this.#environments.interpreterFor(folder, true)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#models].map((model) => model.close()))
  }

  async #open(folder: string, release: () => Promise<void>): Promise<PythonModel> {
    const { log, environment } = this.#options
    // Loaded by the first Python model, for the library that reads YAML comes with it.
    const { describeMlModel } = await import('./ml-model.ts')
    const description = describeMlModel(await readFile(join(folder, 'MLmodel'), 'utf8'))
    const needsMlflow = description.plan.kind === 'mlflow'
    const interpreter = await this.#environments.interpreterFor(folder, needsMlflow)
    const model = await PythonModel.open({
      ...defaults,
      ...this.#options,
      interpreter,
      // Each process computes on one core, unless whoever runs the server says otherwise.
      environment: { OMP_NUM_THREADS: '1', ...environment },
      folder,
      description,
      printed: new PrintedLines(log, () => performance.now()),
      release: async (closed) => {
        this.#models.delete(closed)
        await release()
      },
    })
    this.#models.add(model)
    return model
  }

  /** Folders of a server that ended without clearing them go first. */
  async #newFolder(): Promise<string> {
    const root = join(this.#options.folder, 'models')
    this.#cleared ??= rm(root, { recursive: true, force: true })
    await this.#cleared
    await mkdir(root, { recursive: true })
    return mkdtemp(join(root, 'model-'))
  }

  /** Copies, because a model may write into its folder. @throws INVALID_MODEL */
  async #unpack(
    files: readonly { readonly path: string; readonly digest: string }[],
    folder: string,
  ): Promise<void> {
    for (const { path, digest } of files) {
      const place = resolve(folder, path)
      if (!place.startsWith(folder + sep)) {
        throw new KaizenError('INVALID_MODEL', 'a file of the model lies outside of its folder')
      }
      await mkdir(dirname(place), { recursive: true })
      await copyFile(await this.#options.fileOf(digest), place, constants.COPYFILE_FICLONE)
    }
  }
}
