/** Main of an export's thread: makes one bundle and ends. */
import { parentPort, workerData } from 'node:worker_threads'
import { isKaizenError } from '@kaizen/contracts'
import { sha256 } from '../../kernel/index.ts'
import { OnnxRuntime } from '../../runtime/index.ts'
import type { ExportAnswer, ExportTask } from './export-queue.ts'
import { exportBundle } from './exporter.ts'
import { tarOf } from './tar.ts'

async function answer({ target, source }: ExportTask): Promise<ExportAnswer> {
  await using runtime = new OnnxRuntime({ threads: 1, inlineBelowMs: 0 })
  try {
    const files = await exportBundle(runtime, target, source)
    return { archive: new Uint8Array(tarOf(files)), digest: sha256(files['SHA256SUMS']!) }
  } catch (failure) {
    if (!isKaizenError(failure)) throw failure
    const { code, message, hint } = failure
    return { failure: { code, message, hint } }
  }
}

const answered = await answer(workerData as ExportTask)
parentPort?.postMessage(answered, 'archive' in answered ? [answered.archive.buffer] : [])
