import type { Readable } from 'node:stream'
import type { BlobStore } from './blobs.ts'

export interface LocalCopiesOptions {
  readonly limitBytes: number
  /** A copy that was asked for this short a time ago may still be being opened: it stays, even above the limit. */
  readonly sparedMs: number
  readonly now?: () => number
}

/** Copies of remote content in a folder, for engines that read files: the ones least recently asked for go first. */
export class LocalCopies {
  readonly #cache: BlobStore
  readonly #read: (digest: string) => Promise<Readable>
  readonly #options: LocalCopiesOptions
  readonly #now: () => number
  /** In the order in which they were last asked for. */
  readonly #kept = new Map<string, { readonly sizeBytes: number; readonly usedAt: number }>()
  readonly #fetching = new Map<string, Promise<string>>()
  #totalBytes = 0

  private constructor(
    cache: BlobStore,
    read: (digest: string) => Promise<Readable>,
    options: LocalCopiesOptions,
  ) {
    this.#cache = cache
    this.#read = read
    this.#options = options
    this.#now = options.now ?? Date.now
  }

  /** Takes over the copies that an earlier process left, the oldest as the least recently asked for. */
  static async open(
    cache: BlobStore,
    read: (digest: string) => Promise<Readable>,
    options: LocalCopiesOptions,
  ): Promise<LocalCopies> {
    const copies = new LocalCopies(cache, read, options)
    const found = await Array.fromAsync(cache.retirement.stored())
    for (const { digest, sizeBytes, at } of found.sort((a, b) => a.at - b.at)) {
      copies.#note(digest, sizeBytes, at)
    }
    await copies.#shrink()
    return copies
  }

  /** The file with the content, fetched once however many ask. @throws NOT_FOUND, STORAGE_FULL */
  path(digest: string): Promise<string> {
    const under = this.#fetching.get(digest)
    if (under) return under
    const fetching = this.#fetch(digest).finally(() => this.#fetching.delete(digest))
    this.#fetching.set(digest, fetching)
    return fetching
  }

  async remove(digest: string): Promise<void> {
    this.#forget(digest)
    await this.#cache.remove(digest)
  }

  async #fetch(digest: string): Promise<string> {
    const info =
      (await this.#cache.stat(digest)) ??
      (await this.#cache.put(await this.#read(digest), { expectDigest: digest }))
    this.#note(digest, info.sizeBytes, this.#now())
    await this.#shrink()
    return this.#cache.localPath(digest)
  }

  #note(digest: string, sizeBytes: number, usedAt: number): void {
    this.#forget(digest)
    this.#kept.set(digest, { sizeBytes, usedAt })
    this.#totalBytes += sizeBytes
  }

  #forget(digest: string): void {
    this.#totalBytes -= this.#kept.get(digest)?.sizeBytes ?? 0
    this.#kept.delete(digest)
  }

  async #shrink(): Promise<void> {
    const { limitBytes, sparedMs } = this.#options
    for (const [digest, { usedAt }] of this.#kept) {
      if (this.#totalBytes <= limitBytes || usedAt > this.#now() - sparedMs) return
      await this.remove(digest)
    }
  }
}
