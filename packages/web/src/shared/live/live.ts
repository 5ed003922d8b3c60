import { type AuditEvent, auditApi } from '@kaizen/contracts'
import type { QueryClient } from '@tanstack/react-query'
import { useSyncExternalStore } from 'react'
import { client } from '../api/client.ts'
import { readEventStream } from './event-stream.ts'

export type Connection = 'connecting' | 'live' | 'broken'

interface LiveState {
  readonly connection: Connection
  readonly latest: AuditEvent | null
}

/** Queries are refreshed at most this often, however fast events come. */
const refreshMs = 1000
/** The newest event is shown at most this often: a replay writes thousands in a second. */
const showMs = 250
/** Silence after which the connection counts as broken; the server sends a heartbeat more often. */
const silenceMs = 45_000
const retryMs = [500, 1000, 2000, 5000, 10_000]

let state: LiveState = { connection: 'connecting', latest: null }
const listeners = new Set<() => void>()
const publish = (change: Partial<LiveState>) => {
  state = { ...state, ...change }
  for (const listener of listeners) listener()
}

/** The connection to the audit log and the newest event that came over it. */
export const useLive = (): LiveState =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => state,
  )

/** Follows the audit log for as long as the page is open, resuming where a broken connection ended. */
export function followAuditLog(queries: QueryClient): () => void {
  const stop = new AbortController()
  const types = new Set<string>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let newest: AuditEvent | null = null
  let showTimer: ReturnType<typeof setTimeout> | undefined
  const show = () => {
    showTimer = undefined
    publish({ connection: 'live', latest: newest })
  }
  const refresh = async () => {
    timer = undefined
    const told = [...types]
    types.clear()
    // The rules know the endpoints of all pages: they come after the page itself.
    const { staleAfter } = await import('./live-rules.ts')
    const paths = new Set(told.flatMap(staleAfter))
    void queries.invalidateQueries({
      // A list that was scrolled stays as it is: fetching all its pages again would be slow and move its rows.
      predicate: ({ queryKey, state }) =>
        paths.has(String(queryKey[0])) && pagesOf(state.data) <= 1,
    })
  }
  const onEvent = (event: AuditEvent) => {
    types.add(event.type)
    timer ??= setTimeout(() => void refresh(), refreshMs)
    newest = event
    showTimer ??= setTimeout(show, showMs)
  }
  void connect(onEvent, queries, stop.signal)
  return () => {
    stop.abort()
    clearTimeout(timer)
    clearTimeout(showTimer)
  }
}

const pagesOf = (data: unknown): number =>
  typeof data === 'object' && data !== null && 'pages' in data && Array.isArray(data.pages)
    ? data.pages.length
    : 0

async function connect(
  onEvent: (event: AuditEvent) => void,
  queries: QueryClient,
  signal: AbortSignal,
): Promise<void> {
  let position: number | undefined
  let failures = 0
  while (!signal.aborted) {
    const quiet = new AbortController()
    let watchdog = setTimeout(() => quiet.abort(), silenceMs)
    try {
      const answer = await client(AbortSignal.any([signal, quiet.signal])).stream(auditApi.stream, {
        query: position === undefined ? {} : { after: position },
      })
      if (failures > 0) void queries.invalidateQueries()
      failures = 0
      publish({ connection: 'live' })
      for await (const message of readEventStream(answer)) {
        clearTimeout(watchdog)
        watchdog = setTimeout(() => quiet.abort(), silenceMs)
        if (message.id !== null) position = Number(message.id)
        if (message.data !== '') onEvent(JSON.parse(message.data) as AuditEvent)
      }
    } catch {
      // A broken connection is an expected state: shown, and healed below.
    } finally {
      clearTimeout(watchdog)
    }
    if (signal.aborted) return
    publish({ connection: 'broken' })
    const wait = retryMs[Math.min(failures, retryMs.length - 1)] ?? 10_000
    failures += 1
    await new Promise((resolve) => setTimeout(resolve, wait))
  }
}
