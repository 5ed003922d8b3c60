import type { Readable } from 'node:stream'
import { KaizenError } from '@kaizen/contracts'
import type { AuditLog } from '../../audit/index.ts'
import type { Actor, Clock } from '../../kernel/index.ts'
import type { BlobInfo, BlobStore, ByteRange, Database, Reader, Tx } from '../../storage/index.ts'
import type { ArtifactEntry } from '../model.ts'
import { checkedArtifactPath, joinPath } from './artifact-path.ts'
import * as store from './artifacts.store.ts'

export interface ArtifactDeps {
  readonly database: Database
  readonly audit: AuditLog
  readonly clock: Clock
  readonly blobs: BlobStore
}

export interface ArtifactFile {
  readonly digest: string
  readonly sizeBytes: number
}

const largestListing = 100_000
const proxyScheme = /^mlflow-artifacts:/i

/**
 * Paths inside Kaizen's artifact tree that a URI names: `mlflow-artifacts:/0/RUN/artifacts`, with or without a host.
 * Undefined for places that Kaizen does not keep. @throws INVALID_PATH
 */
export function treePathOf(uri: string): string | undefined {
  const [scheme] = proxyScheme.exec(uri) ?? []
  if (scheme === undefined) return undefined
  const rest = uri.slice(scheme.length)
  const path = rest.startsWith('//') ? rest.replace(/^\/\/[^/]*/, '') : rest
  return checkedArtifactPath(path.replace(/^\/+/, ''))
}

/** The same for a place that must be Kaizen's. @throws UNSUPPORTED, INVALID_PATH */
export function requireTreePath(uri: string): string {
  const path = treePathOf(uri)
  if (path !== undefined) return path
  throw new KaizenError('UNSUPPORTED', `artifacts at ${uri} are kept outside Kaizen`, {
    hint: 'Read and write them there, or use an experiment without an artifact location of its own.',
  })
}

/** The tree of artifact files: names here, content in the blob store, once for equal content. */
export class Artifacts {
  readonly #deps: ArtifactDeps

  constructor(deps: ArtifactDeps) {
    this.#deps = deps
  }

  /** Stores a stream, whose chunks are nobody else's, as a file of the tree. @throws INVALID_PATH, CONFLICT, TOO_LARGE, STORAGE_FULL */
  async upload(actor: Actor, path: string, content: Readable | Uint8Array): Promise<BlobInfo> {
    const checked = requireName(path)
    const blob = await this.#deps.blobs.put(content, { consume: !(content instanceof Uint8Array) })
    await this.putStored(actor, checked, blob)
    return blob
  }

  /** `put` in a transaction of its own. */
  putStored(actor: Actor, path: string, blob: BlobInfo): Promise<void> {
    return this.#deps.database.write((tx) => this.put(tx, actor, path, blob))
  }

  /** Tells early what `put` would refuse, before content is sent. @throws INVALID_PATH, CONFLICT */
  async checkFree(path: string): Promise<void> {
    await requirePlace(this.#deps.database.reader, requireName(path))
  }

  /** Puts stored content at a path, in place of a file that was there. @throws INVALID_PATH, CONFLICT */
  async put(tx: Tx, actor: Actor, path: string, blob: BlobInfo): Promise<void> {
    const checked = requireName(path)
    await requirePlace(tx, checked)
    await store.putFile(tx, checked, { ...blob, loggedAt: this.#deps.clock.now() })
    await this.#record(tx, actor, 'logged', checked, {
      path: checked,
      digest: blob.digest,
      sizeBytes: blob.sizeBytes,
    })
  }

  /** @throws INVALID_PATH also for a folder, NOT_FOUND */
  async file(path: string): Promise<ArtifactFile> {
    const checked = requireName(path)
    const entry = await store.findEntry(this.#deps.database.reader, checked)
    if (!entry || entry.digest === null || entry.sizeBytes === null) {
      if (!entry) throw new KaizenError('NOT_FOUND', `The artifact "${checked}" does not exist`)
      throw new KaizenError('INVALID_PATH', `The artifact "${checked}" is a folder, not a file`, {
        hint: 'List the folder, then download its files.',
      })
    }
    return { digest: entry.digest, sizeBytes: entry.sizeBytes }
  }

  /** The content of a file. @throws NOT_FOUND */
  read(file: ArtifactFile, range?: ByteRange): Promise<Readable> {
    return this.#deps.blobs.read(file.digest, range)
  }

  /** Entries of a folder by name; for a file, nothing. @throws INVALID_PATH */
  list(
    path: string,
    options: { readonly after?: string | undefined; readonly limit: number },
  ): Promise<readonly ArtifactEntry[]> {
    return store.listFolder(this.#deps.database.reader, checkedArtifactPath(path), options)
  }

  /** All entries of a folder by name. @throws INVALID_PATH, TOO_LARGE */
  async listAll(path: string): Promise<readonly ArtifactEntry[]> {
    const entries = await this.list(path, { limit: largestListing + 1 })
    if (entries.length <= largestListing) return entries
    throw new KaizenError('TOO_LARGE', `"${path}" has more than ${largestListing} entries`, {
      hint: 'List it by pages through the run.',
    })
  }

  /**
   * Removes a file or a folder with all below it; what is not there is as good as removed. The content stays for
   * others that hold it. @throws INVALID_PATH
   */
  async remove(tx: Tx, actor: Actor, path: string): Promise<void> {
    const checked = requireName(path)
    if (!(await store.findEntry(tx, checked))) return
    const files = await store.removeTree(tx, checked)
    await this.#record(tx, actor, 'deleted', checked, { path: checked, files })
  }

  async #record(
    tx: Tx,
    actor: Actor,
    what: string,
    path: string,
    data: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    await this.#deps.audit.append(tx, {
      actor,
      type: `tracking.artifact.${what}`,
      subject: subjectOf(path),
      data,
    })
  }
}

/** The run or logged model that a path of the tree belongs to. */
function subjectOf(path: string): string {
  const run = /^[^/]+\/([0-9a-f]{32})\/artifacts\//.exec(path)
  if (run) return `run:${run[1]}`
  const model = /^[^/]+\/models\/(m-[0-9a-f]{32})\/artifacts\//.exec(path)
  return model ? `logged-model:${model[1]}` : `artifact:${joinPath(path.slice(0, 300))}`
}

/** @throws CONFLICT when the path runs through a file or is a folder. */
async function requirePlace(reader: Reader, path: string): Promise<void> {
  const file = await store.fileInTheWay(reader, path)
  if (file !== undefined) {
    throw new KaizenError('CONFLICT', `"${file}" is a file, so nothing can lie below it`, {
      hint: 'Choose another path, or delete that file first.',
    })
  }
  if ((await store.findEntry(reader, path))?.isFolder) {
    throw new KaizenError('CONFLICT', `"${path}" is a folder`, {
      hint: 'Choose another name, or delete that folder first.',
    })
  }
}

function requireName(path: string): string {
  const checked = checkedArtifactPath(path)
  if (checked === '') throw new KaizenError('INVALID_PATH', 'an artifact needs a path')
  return checked
}
