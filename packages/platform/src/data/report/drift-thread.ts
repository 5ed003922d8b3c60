/** Main of a thread that compares columns, one by one. */
import { parentPort } from 'node:worker_threads'
import { type DriftTask, driftOf } from './column-drift.ts'
import type { DriftAnswer } from './drift-thread-client.ts'

parentPort?.on('message', (task: DriftTask) => {
  try {
    parentPort?.postMessage({ drift: driftOf(task) } satisfies DriftAnswer)
  } catch (failure) {
    const message = failure instanceof Error ? failure.message : String(failure)
    parentPort?.postMessage({ failure: message } satisfies DriftAnswer)
  }
})
