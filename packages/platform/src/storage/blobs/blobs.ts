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

export interface PutOptions {
  readonly maxBytes?: number
  readonly expectDigest?: string
  /** The chunks of the stream are nobody else's: their memory is given back as soon as they are written. */
  readonly consume?: boolean
}

/** A blob as an inventory shows it. */
export interface StoredBlob extends BlobInfo {
  /** When it was stored or retired, in milliseconds of the store's clock. */
  readonly at: number
}

/** The blob port: immutable content by digest, durable when `put` has resolved. */
export interface BlobStore {
  /**
   * Stores a stream or bytes once; the same content again is no second copy.
   * @throws TOO_LARGE past `maxBytes`, INVALID_DATA when `expectDigest` differs, STORAGE_FULL; nothing is left behind.
   */
  put(content: Readable | Uint8Array, options?: PutOptions): Promise<BlobInfo>
  /** @throws NOT_FOUND */
  read(digest: string, range?: ByteRange): Promise<Readable>
  /** The whole content; for small blobs. @throws NOT_FOUND */
  bytes(digest: string): Promise<Uint8Array>
  stat(digest: string): Promise<BlobInfo | undefined>
  /** A local file with the content, for engines that read files; it must not be written to. @throws NOT_FOUND */
  localPath(digest: string): Promise<string>
  /** Removes a blob at once: for content that turned out to be damaged. */
  remove(digest: string): Promise<void>
  readonly retirement: BlobRetirement
  /** Transfers that pass by the server, where the store offers them. */
  readonly direct?: DirectTransfer
}

/**
 * How blobs that nothing refers to leave the store. A retired blob is still there for whoever turns out to need it:
 * a read or `restore` brings it back. So an upload that found its content stored already, while a collection was
 * deciding that nothing refers to it, loses nothing.
 */
export interface BlobRetirement {
  /** All blobs that are not retired, in no order. */
  stored(): AsyncIterable<StoredBlob>
  retired(): AsyncIterable<StoredBlob>
  retire(digest: string): Promise<void>
  restore(digest: string): Promise<void>
  /** Removes a retired blob for good. */
  purge(digest: string): Promise<void>
  /** Discards uploads that began before `time` and never ended; answers how many. */
  discardUnfinished(time: number): Promise<number>
}

export interface UploadPart {
  readonly number: number
  readonly etag: string
}

/** Signed addresses at which a client reads and writes the store itself. */
export interface DirectTransfer {
  /** `headers` are those that the store shall answer with. */
  downloadUrl(
    digest: string,
    options: {
      readonly expiresInSeconds: number
      readonly headers: Readonly<Record<string, string>>
    },
  ): Promise<string>
  /** An upload in parts: one address for each. */
  beginUpload(
    parts: number,
    expiresInSeconds: number,
  ): Promise<{ readonly uploadId: string; readonly urls: readonly string[] }>
  /** Joins the parts, computes the digest and keeps the content under it. @throws NOT_FOUND, INVALID_REQUEST */
  completeUpload(uploadId: string, parts: readonly UploadPart[]): Promise<BlobInfo>
  abortUpload(uploadId: string): Promise<void>
}
