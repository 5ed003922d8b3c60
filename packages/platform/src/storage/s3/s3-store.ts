import type { BlobStore } from '../blobs/blobs.ts'
import type { S3BlobOptions } from './s3-blobs.ts'
import type { S3Settings } from './s3-settings.ts'

/**
 * Opens blobs in a bucket; the client is loaded here, by those alone who use it.
 * @throws INVALID_CONFIG when the bucket cannot be used.
 */
export async function openS3Blobs(
  settings: S3Settings,
  workFolder: string,
  options: S3BlobOptions,
): Promise<BlobStore> {
  const { openS3Blobs: open } = await import('./s3-blobs.ts')
  return open(settings, workFolder, options)
}
