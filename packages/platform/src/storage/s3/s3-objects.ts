import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { KaizenError } from '@kaizen/contracts/errors'
import type { StoredBlob, UploadPart } from '../blobs/blobs.ts'
import { type S3Client, xmlText } from './s3-client.ts'

const mebibyte = 1024 * 1024
/** One request up to here; above, parts of at least this size. */
export const partBytes = 8 * mebibyte
const mostParts = 10_000
const partsAtOnce = 3
/** The most that a store copies in one request is 5 GB. */
const copyBytes = 1024 * mebibyte

/** What the store answers when the object is there already: nothing to do, equal content has one key. */
const alreadyThere = [409, 412]

/** Stores a small object unless it is there. */
export async function putObject(s3: S3Client, key: string, bytes: Uint8Array): Promise<void> {
  const bodyDigest = createHash('sha256').update(bytes).digest('hex')
  const headers = { 'if-none-match': '*', 'content-type': 'application/octet-stream' }
  const accept = alreadyThere
  await drain(await s3.send({ method: 'PUT', key, body: bytes, bodyDigest, headers, accept }))
}

/** Stores a file in parts, each checked by its digest and sent again alone when it fails; all or nothing. */
export async function uploadFile(
  s3: S3Client,
  key: string,
  file: { readonly path: string; readonly sizeBytes: number },
): Promise<void> {
  const size = Math.max(partBytes, Math.ceil(file.sizeBytes / mostParts / mebibyte) * mebibyte)
  const count = Math.ceil(file.sizeBytes / size)
  const source = await open(file.path, 'r')
  try {
    await inParts(s3, key, count, async (uploadId, number) => {
      const bytes = await readPart(source, (number - 1) * size, size)
      const bodyDigest = createHash('sha256').update(bytes).digest('hex')
      const query = { partNumber: String(number), uploadId }
      const answer = await s3.send({ method: 'PUT', key, query, body: bytes, bodyDigest })
      await drain(answer)
      return answer.headers.get('etag') ?? ''
    })
  } finally {
    await source.close()
  }
}

async function readPart(file: FileHandle, from: number, size: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafe(size)
  let length = 0
  while (length < size) {
    const { bytesRead } = await file.read(bytes, length, size - length, from + length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return bytes.subarray(0, length)
}

/** Copies an object inside the store. */
export async function copyObject(
  s3: S3Client,
  from: string,
  to: string,
  sizeBytes: number,
): Promise<void> {
  const source = s3.copySource(from)
  if (sizeBytes <= copyBytes) {
    const headers = { 'x-amz-copy-source': source }
    await confirmed(await s3.send({ method: 'PUT', key: to, headers }))
    return
  }
  await inParts(s3, to, Math.ceil(sizeBytes / copyBytes), async (uploadId, number) => {
    const first = (number - 1) * copyBytes
    const last = Math.min(sizeBytes, first + copyBytes) - 1
    const answer = await s3.send({
      method: 'PUT',
      key: to,
      query: { partNumber: String(number), uploadId },
      headers: {
        'x-amz-copy-source': source,
        'x-amz-copy-source-range': `bytes=${first}-${last}`,
      },
    })
    return xmlText(await confirmed(answer), 'ETag') ?? ''
  })
}

export async function beginUpload(s3: S3Client, key: string): Promise<string> {
  const answer = await s3.send({ method: 'POST', key, query: { uploads: '' } })
  return xmlText(await answer.text(), 'UploadId') ?? ''
}

/** @throws INVALID_REQUEST when the parts are not those that were sent, NOT_FOUND for an upload that is over. */
export async function completeUpload(
  s3: S3Client,
  upload: { readonly key: string; readonly uploadId: string },
  parts: readonly UploadPart[],
): Promise<void> {
  const listed = [...parts]
    .sort((a, b) => a.number - b.number)
    .map(
      ({ number, etag }) =>
        `<Part><PartNumber>${number}</PartNumber><ETag>${xmlOf(etag)}</ETag></Part>`,
    )
  const answer = await s3.send({
    method: 'POST',
    key: upload.key,
    query: { uploadId: upload.uploadId },
    body: `<CompleteMultipartUpload>${listed.join('')}</CompleteMultipartUpload>`,
    accept: [400, 404, ...alreadyThere],
  })
  const body = await answer.text()
  // A store may find the fault after it began to answer 200.
  const code = xmlText(body, 'Code')
  if (answer.status === 404 || code === 'NoSuchUpload') {
    throw new KaizenError('NOT_FOUND', 'there is no such upload', { hint: 'Begin a new one.' })
  }
  if (answer.status === 400 || (answer.ok && code)) {
    throw new KaizenError('INVALID_REQUEST', `the parts cannot be joined: ${code ?? 'refused'}`, {
      hint: 'Send every part again and list each with the ETag that the store answered.',
    })
  }
}

export async function abortUpload(s3: S3Client, key: string, uploadId: string): Promise<void> {
  await drain(await s3.send({ method: 'DELETE', key, query: { uploadId }, accept: [404] }))
}

/** An upload in parts, a few at once; nothing of it stays when one fails. */
async function inParts(
  s3: S3Client,
  key: string,
  count: number,
  send: (uploadId: string, number: number) => Promise<string>,
): Promise<void> {
  const uploadId = await beginUpload(s3, key)
  try {
    const parts: UploadPart[] = []
    let next = 1
    const worker = async (): Promise<void> => {
      while (next <= count) {
        const number = next++
        parts.push({ number, etag: await send(uploadId, number) })
      }
    }
    const workers = Array.from({ length: Math.min(partsAtOnce, count) }, worker)
    const failed = (await Promise.allSettled(workers)).find(({ status }) => status === 'rejected')
    if (failed?.status === 'rejected') throw failed.reason
    await completeUpload(s3, { key, uploadId }, parts)
  } catch (failure) {
    // The store may be away; what it keeps of the upload, a collection discards later.
    await abortUpload(s3, key, uploadId).catch(() => undefined)
    throw failure
  }
}

export async function statObject(s3: S3Client, key: string): Promise<number | undefined> {
  const answer = await s3.send({ method: 'HEAD', key, accept: [404] })
  return answer.status === 404 ? undefined : Number(answer.headers.get('content-length') ?? 0)
}

export async function removeObject(s3: S3Client, key: string): Promise<void> {
  await drain(await s3.send({ method: 'DELETE', key, accept: [404] }))
}

/** Blobs below a folder: objects whose names are digests. */
export async function* listBlobs(s3: S3Client, folder: string): AsyncGenerator<StoredBlob> {
  for await (const { key, sizeBytes, at } of listObjects(s3, folder)) {
    const digest = /([0-9a-f]{64})$/.exec(key)?.[1]
    if (digest !== undefined) yield { digest, sizeBytes, at }
  }
}

async function* listObjects(
  s3: S3Client,
  folder: string,
): AsyncGenerator<{ readonly key: string; readonly sizeBytes: number; readonly at: number }> {
  let token: string | undefined
  do {
    const answer = await s3.send({
      method: 'GET',
      query: {
        'list-type': '2',
        prefix: `${s3.prefix}${folder}`,
        ...(token === undefined ? {} : { 'continuation-token': token }),
      },
    })
    const xml = await answer.text()
    for (const [, entry = ''] of xml.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
      yield {
        key: (xmlText(entry, 'Key') ?? '').slice(s3.prefix.length),
        sizeBytes: Number(xmlText(entry, 'Size')),
        at: Date.parse(xmlText(entry, 'LastModified') ?? ''),
      }
    }
    token = xmlText(xml, 'NextContinuationToken')?.replaceAll('&amp;', '&')
  } while (token !== undefined)
}

/** Aborts uploads that began before `time`, and removes those that were joined and then left by a crash. */
export async function abortUploadsBefore(s3: S3Client, time: number): Promise<number> {
  let aborted = 0
  const answer = await s3.send({ method: 'GET', query: { uploads: '', prefix: s3.prefix } })
  const xml = await answer.text()
  for (const [, entry = ''] of xml.matchAll(/<Upload>(.*?)<\/Upload>/gs)) {
    const key = (xmlText(entry, 'Key') ?? '').slice(s3.prefix.length)
    const uploadId = xmlText(entry, 'UploadId')
    if (uploadId === undefined || Date.parse(xmlText(entry, 'Initiated') ?? '') >= time) continue
    await abortUpload(s3, key, uploadId)
    aborted++
  }
  for await (const { key, at } of listObjects(s3, 'uploads/')) {
    if (at >= time) continue
    await removeObject(s3, key)
    aborted++
  }
  return aborted
}

/** A copy that fails late answers 200 with an error inside. */
async function confirmed(answer: Response): Promise<string> {
  const body = await answer.text()
  const code = xmlText(body, 'Code')
  if (!code) return body
  throw new KaizenError('UNAVAILABLE', `the object store could not copy: ${code}`, {
    hint: 'Send the request again.',
  })
}

const drain = async (answer: Response): Promise<void> => void (await answer.arrayBuffer())

const xmlOf = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
