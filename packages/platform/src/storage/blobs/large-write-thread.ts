import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { BatchedWriter } from './batched-writer.ts'
import type { LargeWrite, LargeWriteAnswer, LargeWriteRequest } from './large-write.ts'

const { path, durable, begunBytes } = workerData as LargeWrite
const readBytes = 1024 * 1024

const tell = (answer: LargeWriteAnswer): void => parentPort?.postMessage(answer)

/** What is asked, in its order. */
async function* requests(): AsyncGenerator<LargeWriteRequest> {
  const waiting: LargeWriteRequest[] = []
  let arrived = Promise.withResolvers<void>()
  parentPort?.on('message', (request: LargeWriteRequest) => {
    waiting.push(request)
    arrived.resolve()
  })
  for (;;) {
    await arrived.promise
    arrived = Promise.withResolvers()
    yield* waiting.splice(0)
  }
}

async function write(): Promise<void> {
  const asked = requests()
  await using file = await open(path, 'a+')
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(readBytes)
  for (let at = 0; at < begunBytes; ) {
    const { bytesRead } = await file.read(buffer, 0, readBytes, at)
    if (bytesRead === 0) throw new Error('what was written before is no longer there')
    hash.update(buffer.subarray(0, bytesRead))
    at += bytesRead
  }
  // Its memory is given back at once: the collector of this thread would come to it late.
  const release = ({ buffer: own }: Uint8Array): void => void (own as ArrayBuffer).transfer(0)
  const writer = new BatchedWriter(file, { durable, release })
  let sizeBytes = begunBytes
  for await (const request of asked) {
    if (request === 'end') break
    let batchBytes = 0
    for (const chunk of request.chunks) {
      batchBytes += chunk.length
      hash.update(chunk)
      await writer.add(chunk)
    }
    sizeBytes += batchBytes
    tell({ writtenBytes: batchBytes })
  }
  await writer.end()
  tell({ done: { digest: hash.digest('hex'), sizeBytes } })
}

write().catch((failure: NodeJS.ErrnoException) =>
  tell({ failed: failure.message, code: failure.code }),
)
