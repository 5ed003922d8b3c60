/** Main of the thread that keeps the ids of logs: a question comes, its answer or why there is none goes. */
import { parentPort } from 'node:worker_threads'
import { idAnswer } from './id-answers.ts'
import type { IdQuestion } from './id-questions.ts'

if (!parentPort) throw new Error('runs as a thread of the server')
const port = parentPort
port.on('message', ({ id, question }: { readonly id: number; readonly question: IdQuestion }) => {
  try {
    port.postMessage({ id, answer: idAnswer(question) })
  } catch (failure) {
    port.postMessage({ id, failure: failure instanceof Error ? failure.message : String(failure) })
  }
})
