/** Main of the statistics thread: computes windows one by one; references are kept by their digest. */
import { parentPort } from 'node:worker_threads'
import type { ReferenceProfile } from '../model.ts'
import { unpack } from './pack.ts'
import type { ThreadAnswer, ThreadRequest } from './statistics-worker.ts'
import {
  computeReference,
  computeWindow,
  type ReferenceTask,
  type WindowTask,
} from './window-task.ts'

/** References kept; the one that was used longest ago makes room. */
const profileLimit = 16
const profiles = new Map<string, ReferenceProfile>()
const columns = new Map<number, unknown[]>()

function remember(digest: string, profile: ReferenceProfile): void {
  profiles.delete(digest)
  profiles.set(digest, profile)
  const oldest = profiles.keys().next().value
  if (profiles.size > profileLimit && oldest !== undefined) profiles.delete(oldest)
}

function compute(request: Extract<ThreadRequest, { kind: 'compute' }>): ThreadAnswer {
  const { id, digest } = request
  const inputs = columns.get(id) ?? []
  columns.delete(id)
  const profile = digest === null ? null : profiles.get(digest)
  if (profile === undefined) return { id, missing: true }
  const task = unpack(request.task) as WindowTask | ReferenceTask
  if (task.kind === 'performance') return { id, result: computeWindow(task) }
  const table = { ...task.rows.inputs, columns: inputs as WindowTaskColumns }
  const rows = { ...task.rows, inputs: table }
  return task.kind === 'reference'
    ? { id, result: computeReference({ ...task, rows }) }
    : { id, result: computeWindow({ ...task, rows, profile }) }
}

type WindowTaskColumns = Extract<WindowTask, { kind: 'inputs' }>['rows']['inputs']['columns']

parentPort?.on('message', (request: ThreadRequest) => {
  if (request.kind === 'profile') return remember(request.digest, request.profile)
  if (request.kind === 'column') {
    const known = columns.get(request.id) ?? []
    known.push(unpack(request.column))
    columns.set(request.id, known)
    return
  }
  try {
    parentPort?.postMessage(compute(request))
  } catch (failure) {
    const message = failure instanceof Error ? failure.message : String(failure)
    parentPort?.postMessage({ id: request.id, failure: message } satisfies ThreadAnswer)
  }
})
