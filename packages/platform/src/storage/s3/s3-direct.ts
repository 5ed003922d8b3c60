import { createHash, randomUUID } from 'node:crypto'
import { KaizenError } from '@kaizen/contracts/errors'
import type { DirectTransfer } from '../blobs/blobs.ts'
import { requireDigest } from '../blobs/write-aside.ts'
import type { S3Client } from './s3-client.ts'
import {
  abortUpload,
  beginUpload,
  completeUpload,
  copyObject,
  removeObject,
  statObject,
} from './s3-objects.ts'
import { resumableRead } from './s3-read.ts'

/**
 * Transfers between clients and the bucket. An upload goes to a key of its own; once complete, the store's copy is read
 * to compute the digest, and copied, inside the store, to the key that the digest names.
 */
export function directTransfer(s3: S3Client): DirectTransfer {
  return {
    downloadUrl(digest, { expiresInSeconds, headers }) {
      const query = Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [`response-${name}`, value]),
      )
      const key = `blobs/${requireDigest(digest).slice(0, 2)}/${digest}`
      return s3.presign('GET', key, { expiresInSeconds, query })
    },
    async beginUpload(parts, expiresInSeconds) {
      const name = randomUUID()
      const uploadId = await beginUpload(s3, keyOf(name))
      const urls = await Promise.all(
        Array.from({ length: parts }, (_, index) =>
          s3.presign('PUT', keyOf(name), {
            expiresInSeconds,
            query: { partNumber: String(index + 1), uploadId },
          }),
        ),
      )
      return { uploadId: `${name}.${Buffer.from(uploadId).toString('base64url')}`, urls }
    },
    async completeUpload(token, parts) {
      const { key, uploadId } = uploadOf(token)
      // An upload that was joined before its answer got lost is joined no second time.
      if ((await statObject(s3, key)) === undefined) {
        await completeUpload(s3, { key, uploadId }, parts)
      }
      const sizeBytes = (await statObject(s3, key)) ?? 0
      const hash = createHash('sha256')
      if (sizeBytes > 0) {
        for await (const chunk of await resumableRead(s3, key, { from: 0, to: sizeBytes })) {
          hash.update(chunk as Uint8Array)
        }
      }
      const digest = hash.digest('hex')
      const blob = `blobs/${digest.slice(0, 2)}/${digest}`
      if ((await statObject(s3, blob)) === undefined) await copyObject(s3, key, blob, sizeBytes)
      await removeObject(s3, key)
      return { digest, sizeBytes }
    },
    async abortUpload(token) {
      const { key, uploadId } = uploadOf(token)
      await abortUpload(s3, key, uploadId)
      await removeObject(s3, key)
    },
  }
}

const keyOf = (name: string): string => `uploads/${name}`

function uploadOf(token: string): { readonly key: string; readonly uploadId: string } {
  const match = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([\w-]{1,1024})$/.exec(token)
  if (match) {
    const [, name = '', uploadId = ''] = match
    return { key: keyOf(name), uploadId: Buffer.from(uploadId, 'base64url').toString() }
  }
  throw new KaizenError('NOT_FOUND', 'there is no such upload', {
    hint: 'Begin a new one, and send the upload_id that it answers.',
  })
}
