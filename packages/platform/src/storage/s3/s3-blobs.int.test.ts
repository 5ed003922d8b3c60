import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer, request as forward, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openS3Blobs } from './s3-blobs.ts'
import { s3Available, s3Missing, startS3, type TestS3 } from './s3-fixture.ts'

const large = randomBytes(20 * 1024 * 1024 + 7)
const largeDigest = createHash('sha256').update(large).digest('hex')

describe.skipIf(!s3Available())(`blobs in a bucket${s3Available() ? '' : `: ${s3Missing}`}`, () => {
  let s3: TestS3
  let folder: string
  const proxies: Server[] = []

  beforeEach(async () => {
    s3 = await startS3()
    folder = await mkdtemp(join(tmpdir(), 'kaizen-s3-work-'))
  })
  afterEach(async () => {
    for (const proxy of proxies.splice(0)) {
      proxy.closeAllConnections()
      proxy.close()
    }
    await rm(folder, { recursive: true })
  })

  /** The store behind a line that `disturb` may cut, answer in its stead, or leave waiting. */
  async function behind(
    disturb: (
      call: number,
      method: string,
      url: string,
    ) => 'pass' | 'cut' | 'fail' | 'hang' | 'half',
  ) {
    let calls = 0
    const target = new URL(s3.settings.endpoint as string)
    const proxy = createServer((incoming, outgoing) => {
      const fate = disturb(++calls, incoming.method ?? '', incoming.url ?? '')
      if (fate === 'cut') return void incoming.socket.destroy()
      if (fate === 'hang') return
      if (fate === 'fail') {
        incoming.resume()
        return void outgoing.writeHead(503).end()
      }
      const onward = forward(
        {
          host: target.hostname,
          port: target.port,
          method: incoming.method,
          path: incoming.url,
          headers: incoming.headers,
        },
        (answer) => {
          outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
          if (fate !== 'half') return void answer.pipe(outgoing)
          answer.once('data', (chunk) => {
            outgoing.write(chunk)
            setTimeout(() => incoming.socket.destroy(), 20)
          })
        },
      )
      incoming.pipe(onward)
      onward.on('error', () => incoming.socket.destroy())
    })
    proxies.push(proxy)
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const endpoint = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
    // The signature covers the host, so the store must see the one that was signed: requests keep their header.
    return { ...s3.settings, endpoint }
  }

  it('sends a part again that failed, and reads on where a download broke', async () => {
    let disturbed = 0
    const settings = await behind((_call, method, url) => {
      const upload = method === 'PUT' && /partNumber=2/.test(url)
      const download = method === 'GET' && !url.includes('list-type')
      if (!(upload || download) || disturbed >= 3) return 'pass'
      disturbed++
      if (download) return 'half'
      return disturbed === 1 ? 'fail' : 'cut'
    })
    const blobs = await openS3Blobs(settings, folder)
    expect(await blobs.put(Readable.from([large]))).toMatchObject({ digest: largeDigest })
    expect((await buffer(await blobs.read(largeDigest))).equals(large)).toBe(true)
    expect(disturbed).toBe(3)
  })

  it('leaves nothing half done when the store goes away in the middle', async () => {
    let gone = false
    const settings = await behind((_call, method, url) => {
      if (method === 'PUT' && /partNumber=2/.test(url)) gone = true
      return gone ? 'cut' : 'pass'
    })
    const blobs = await openS3Blobs(settings, folder, { attempts: 2 })
    await expect(blobs.put(Readable.from([large]))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('cannot be reached'),
    })
    expect(await readdir(join(folder, 'spool'))).toEqual([])
    const later = await openS3Blobs(s3.settings, await mkdtemp(join(folder, 'later-')))
    expect(await Array.fromAsync(later.retirement.stored())).toEqual([])
    expect(await later.retirement.discardUnfinished(Date.now() + 60_000)).toBe(1)
    expect(await later.retirement.discardUnfinished(Date.now() + 60_000)).toBe(0)
  })

  it('gives a store that is silent so long and no longer', async () => {
    const settings = await behind((_call, _method, url) =>
      url.includes('list-type') ? 'pass' : 'hang',
    )
    const blobs = await openS3Blobs(settings, folder, { timeoutMs: 100, attempts: 2 })
    await expect(blobs.put(Buffer.from('x'))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('gave no answer within 100 ms'),
    })
  })

  it.each([
    ['a wrong secret', { secretAccessKey: 'wrong' }, 'SignatureDoesNotMatch'],
    ['a missing bucket', { bucket: 'no-such-bucket' }, 'NoSuchBucket'],
    ['an unknown key', { accessKeyId: 'nobody' }, 'HTTP 4'],
    ['nobody at the address', { endpoint: 'http://127.0.0.1:9' }, 'cannot be reached'],
  ])('does not start with %s, and tells no secret', async (_name, wrong, told) => {
    const opening = openS3Blobs({ ...s3.settings, ...wrong }, folder, { attempts: 1 })
    const failure = await opening.catch((error: unknown) => error)
    expect((failure as Error).message).toContain(told)
    expect(failure).toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining(told),
    })
    expect(JSON.stringify(failure)).not.toContain(s3.settings.secretAccessKey)
  })

  it('takes an upload past the server in parts, and hands out an address to read it at', async () => {
    const { direct, retirement } = await openS3Blobs(s3.settings, folder)
    if (!direct) throw new Error('a bucket offers direct transfers')
    const { uploadId, urls } = await direct.beginUpload(3, 60)
    const size = 8 * 1024 * 1024
    const parts = await Promise.all(
      urls.map(async (url, index) => {
        const body = large.subarray(index * size, (index + 1) * size)
        const answer = await fetch(url, { method: 'PUT', body })
        return { number: index + 1, etag: answer.headers.get('etag') ?? '' }
      }),
    )
    await expect(
      direct.completeUpload(uploadId, [{ number: 1, etag: '"0"' }]),
    ).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
    expect(await direct.completeUpload(uploadId, parts)).toEqual({
      digest: largeDigest,
      sizeBytes: large.length,
    })
    expect(await Array.fromAsync(retirement.stored())).toMatchObject([{ digest: largeDigest }])
    const headers = { 'content-disposition': 'attachment' }
    const url = await direct.downloadUrl(largeDigest, { expiresInSeconds: 60, headers })
    const answer = await fetch(url)
    expect(answer.headers.get('content-disposition')).toBe('attachment')
    expect(Buffer.from(await answer.arrayBuffer()).equals(large)).toBe(true)
    const forged = `${url.slice(0, -1)}${url.endsWith('0') ? '1' : '0'}`
    expect((await fetch(forged)).status).toBe(403)
  })

  it('forgets an upload that was given up, and knows no other', async () => {
    const { direct } = await openS3Blobs(s3.settings, folder)
    const upload = await direct?.beginUpload(1, 60)
    await direct?.abortUpload(upload?.uploadId ?? '')
    await expect(
      direct?.completeUpload(upload?.uploadId ?? '', [
        { number: 1, etag: '"d41d8cd98f00b204e9800998ecf8427e"' },
      ]),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(direct?.abortUpload('../other')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})
