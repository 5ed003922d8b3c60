/** Main of a thread that compares columns, those of one message together. */
import { parentPort } from 'node:worker_threads'
import { type DriftTask, driftOf } from './column-drift.ts'
import type { DriftAnswer } from './drift-thread-client.ts'

parentPort?.on('message', (tasks: readonly DriftTask[]) => {
  try {
    const drifts = tasks.map(driftOf)
    const numbers = tasks.flatMap(({ before, after }) => [before, after])
    const answer: DriftAnswer = { drifts, numbers }
    parentPort?.postMessage(answer, [...new Set(numbers.map(({ buffer }) => buffer))])
  } catch (failure) {
    const message = failure instanceof Error ? failure.message : String(failure)
    parentPort?.postMessage({ failure: message } satisfies DriftAnswer)
  }
})
