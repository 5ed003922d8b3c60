import type { LoadedModel, ModelRuntime } from './model.ts'
import { readFolder } from './model-folder.ts'

/** Gives a model to the runtime that can compute it: files to one, packed folders to the other. */
export class ModelRuntimes implements ModelRuntime {
  readonly #files: ModelRuntime
  readonly #folders: ModelRuntime

  /** Both are disposed by who made them. */
  constructor(files: ModelRuntime, folders: ModelRuntime) {
    this.#files = files
    this.#folders = folders
  }

  async load(source: string | Uint8Array): Promise<LoadedModel> {
    const isFolder = typeof source === 'string' && (await readFolder(source)) !== undefined
    return (isFolder ? this.#folders : this.#files).load(source)
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
