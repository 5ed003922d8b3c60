import { KaizenError } from '@kaizen/contracts'
import type { Actor } from '../../kernel/index.ts'
import type { BlobStore, DirectTransfer, UploadPart } from '../../storage/index.ts'
import { contentHeaders } from './artifact-content.ts'
import type { ArtifactFile, Artifacts } from './artifacts.service.ts'

/** How long a signed address is good for: a slow line needs a while for the last of many parts. */
const expiresInSeconds = 3600
/** What object stores allow. */
const mostParts = 10_000

/** Transfers of artifacts between clients and the blob store itself, where the store offers them. */
export class ArtifactTransfers {
  readonly #artifacts: Artifacts
  readonly #blobs: BlobStore

  constructor(artifacts: Artifacts, blobs: BlobStore) {
    this.#artifacts = artifacts
    this.#blobs = blobs
  }

  /** Signed addresses for the parts of a file. @throws UNSUPPORTED, INVALID_REQUEST, INVALID_PATH, CONFLICT */
  async begin(
    path: string,
    parts: number,
  ): Promise<{ readonly uploadId: string; readonly urls: readonly string[] }> {
    const direct = this.#direct()
    if (parts < 1 || parts > mostParts) {
      throw new KaizenError(
        'INVALID_REQUEST',
        `Invalid value ${parts} for parameter 'num_parts' supplied: it must be between 1 and ${mostParts}.`,
      )
    }
    await this.#artifacts.checkFree(path)
    return direct.beginUpload(parts, expiresInSeconds)
  }

  /** Joins the parts and puts the file into the tree. @throws UNSUPPORTED, NOT_FOUND, INVALID_REQUEST, CONFLICT */
  async complete(
    actor: Actor,
    path: string,
    upload: { readonly uploadId: string; readonly parts: readonly UploadPart[] },
  ): Promise<void> {
    await this.#artifacts.checkFree(path)
    const blob = await this.#direct().completeUpload(upload.uploadId, upload.parts)
    await this.#artifacts.putStored(actor, path, blob)
  }

  /** @throws UNSUPPORTED, NOT_FOUND */
  abort(uploadId: string): Promise<void> {
    return this.#direct().abortUpload(uploadId)
  }

  /** A signed address that answers the file as this server would. @throws UNSUPPORTED, NOT_FOUND */
  async download(path: string): Promise<{ readonly url: string; readonly file: ArtifactFile }> {
    const direct = this.#direct()
    const file = await this.#artifacts.file(path)
    const { 'content-type': type = '', 'content-disposition': disposition = '' } = contentHeaders(
      path,
      file,
      undefined,
    )
    const headers = { 'content-type': type, 'content-disposition': disposition }
    return { url: await direct.downloadUrl(file.digest, { expiresInSeconds, headers }), file }
  }

  #direct(): DirectTransfer {
    const { direct } = this.#blobs
    if (direct) return direct
    // Stock clients go on through the server when the message begins with these words.
    throw new KaizenError(
      'UNSUPPORTED',
      'Multipart upload is not supported for the current artifact repository: content is kept in files, which only the server reaches.',
      {
        hint: 'Send and read artifacts through the server, or start it with --blobs s3://BUCKET.',
      },
    )
  }
}
