/** The thread that writes parts: a task comes, a manifest or why there is none goes. */
import { parentPort } from 'node:worker_threads'
import { type PartTask, writePart } from './part-writer.ts'

parentPort?.on('message', (task: PartTask) => {
  writePart(task).then(
    (manifest) => parentPort?.postMessage({ manifest }),
    (failure: unknown) =>
      parentPort?.postMessage({ failure: failure instanceof Error ? failure.message : 'unknown' }),
  )
})
