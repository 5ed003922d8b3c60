/** Main of a thread that compares columns, one by one. */
import { parentPort } from 'node:worker_threads'
import { type DriftTask, driftOf } from './column-drift.ts'
import type { DriftAnswer } from './drift-thread-client.ts'

parentPort?.on('message', (task: DriftTask) => {
  try {
    const { before, after } = task
    const answer: DriftAnswer = { drift: driftOf(task), numbers: [before, after] }
    parentPort?.postMessage(answer, [before.buffer, after.buffer])
  } catch (failure) {
    const message = failure instanceof Error ? failure.message : String(failure)
    parentPort?.postMessage({ failure: message } satisfies DriftAnswer)
  }
})
