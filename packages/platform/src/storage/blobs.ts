import type { Readable } from 'node:stream'

export interface BlobInfo {
  /** SHA-256 of the content, in hexadecimal; the blob's only name. */
  readonly digest: string
  readonly sizeBytes: number
}

/** Bytes [from, to) of a blob. */
export interface ByteRange {
  readonly from: number
  readonly to: number
}

/** The blob port: immutable content by digest, durable when `put` has resolved. */
export interface BlobStore {
  /**
   * Stores a stream or bytes once; the same content again is no second copy.
   * @throws TOO_LARGE past `maxBytes`, INVALID_DATA when `expectDigest` differs, STORAGE_FULL; nothing is left behind.
   */
  put(
    content: Readable | Uint8Array,
    options?: { readonly maxBytes?: number; readonly expectDigest?: string },
  ): Promise<BlobInfo>
  /** @throws NOT_FOUND */
  read(digest: string, range?: ByteRange): Promise<Readable>
  /** The whole content; for small blobs. @throws NOT_FOUND */
  bytes(digest: string): Promise<Uint8Array>
  stat(digest: string): Promise<BlobInfo | undefined>
  /** A local file with the content, for engines that read files; it must not be written to. @throws NOT_FOUND */
  localPath(digest: string): Promise<string>
  /** Removes blobs that nothing refers to any more. */
  remove(digest: string): Promise<void>
}
