import { readFile, stat } from 'node:fs/promises'
import { KaizenError, type ModelVersionView } from '@kaizen/contracts'
import { type FolderFile, packFolder } from '../runtime/index.ts'
import type { BlobStore, Reader } from '../storage/index.ts'
import { joinPath, type TrackingService, treePathOf } from '../tracking/index.ts'
import type { ModelVersion } from './model.ts'
import type { RegistryService } from './service.ts'

export interface ModelFolderDeps {
  readonly registry: RegistryService
  readonly tracking: TrackingService
  readonly blobs: BlobStore
  readonly reader: Reader
}

const largestFolder = 10_000
const largestExample = 1024 * 1024
const description = 'MLmodel'

/** Versions whose model is a folder, as MLflow's clients log them. */
export class ModelFolders {
  readonly #deps: ModelFolderDeps

  constructor(deps: ModelFolderDeps) {
    this.#deps = deps
  }

  /**
   * Stores the list of a version's files as content of its own and answers its digest; undefined where the files are
   * kept elsewhere or are no MLflow model. @throws TOO_LARGE
   */
  async folderOf({ name, version }: ModelVersionView): Promise<string | undefined> {
    const { registry, reader, blobs } = this.#deps
    const files = await this.filesOf(await registry.version(reader, name, version))
    return files && (await blobs.put(packFolder(files))).digest
  }

  /** The request that MLflow's clients log with a version as an example of what it takes; undefined where there is none. */
  async exampleOf({ name, version }: ModelVersionView): Promise<Buffer | undefined> {
    const { registry, reader, blobs } = this.#deps
    const files = await this.filesOf(await registry.version(reader, name, version))
    const example = files?.find(({ path }) => path === 'serving_input_example.json')
    if (!example) return undefined
    const found = await blobs.localPath(example.digest)
    return (await stat(found)).size > largestExample ? undefined : readFile(found)
  }

  /** The files of a version whose model is a folder; undefined as for `folderOf`. @throws TOO_LARGE */
  async filesOf({
    storageUri,
  }: Pick<ModelVersion, 'storageUri'>): Promise<readonly FolderFile[] | undefined> {
    const root = treePathOf(storageUri)
    if (root === undefined) return undefined
    const files = await this.#filesIn(root)
    return files.some(({ path }) => path === description) ? files : undefined
  }

  async #filesIn(root: string): Promise<readonly FolderFile[]> {
    const files: FolderFile[] = []
    const folders = ['']
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      const entries = await this.#deps.tracking.artifacts.listAll(joinPath(root, folder))
      for (const { name, isFolder, digest } of entries) {
        const path = joinPath(folder, name)
        if (isFolder) folders.push(path)
        else if (digest !== null) files.push({ path, digest })
      }
      if (files.length + folders.length > largestFolder) {
        throw new KaizenError('TOO_LARGE', `the model holds more than ${largestFolder} files`, {
          hint: 'Log it with fewer files.',
        })
      }
    }
    return files
  }
}
