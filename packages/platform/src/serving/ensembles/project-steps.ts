import { type Bundle, BundleFolders } from '../../pipelines/index.ts'
import {
  type CodeStep,
  CodeSteps,
  type LoadedModel,
  type PythonRuntime,
} from '../../runtime/index.ts'
import type { BlobStore } from '../../storage/index.ts'
import type { StepOpener } from './ensembles.service.ts'

export interface ProjectStepsOptions {
  readonly blobs: BlobStore
  /** Folder of bundles. */
  readonly folder: string
  readonly python: Pick<PythonRuntime, 'interpreterFor'>
  /** What processes see of the server's environment. */
  readonly environment: Readonly<Record<string, string>>
  readonly log: (line: string) => void
}

/** Opens the steps of ensembles from the files of their project. */
export class ProjectSteps implements StepOpener {
  readonly #bundles: BundleFolders
  readonly #steps: CodeSteps

  constructor({ blobs, folder, ...options }: ProjectStepsOptions) {
    this.#bundles = new BundleFolders(folder, blobs)
    this.#steps = new CodeSteps(options)
  }

  async open(step: Omit<CodeStep, 'folder'>, bundle: Bundle): Promise<LoadedModel> {
    return this.#steps.open({ ...step, folder: await this.#bundles.folderOf(bundle) })
  }
}
