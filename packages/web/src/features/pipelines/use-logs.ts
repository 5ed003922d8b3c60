import { type LogLine, pipelinesApi } from '@kaizen/contracts'
import { useEffect, useState } from 'react'
import { call } from '../../shared/api/client.ts'

interface LogState {
  readonly lines: readonly LogLine[]
  readonly complete: boolean
  readonly error: unknown
}

const batch = 5000
const pollMs = 1000
/** Lines kept in the browser; the whole log is a download away. */
const kept = 200_000

const nothing: LogState = { lines: [], complete: false, error: null }

/** Reads a log by position until it is complete. */
export function useLogs(runId: string, node: string | undefined): LogState {
  const [state, setState] = useState(nothing)
  useEffect(() => {
    const stop = new AbortController()
    setState(nothing)
    void readLog(runId, node, stop.signal, setState)
    return () => stop.abort()
  }, [runId, node])
  return state
}

async function readLog(
  runId: string,
  node: string | undefined,
  signal: AbortSignal,
  publish: (change: (state: LogState) => LogState) => void,
): Promise<void> {
  let after = 0
  while (!signal.aborted) {
    try {
      const query = { after, limit: batch, ...(node !== undefined && { node }) }
      const answer = await call(pipelinesApi.logs, { params: { id: runId }, query }, signal)
      after = answer.next
      const full = answer.lines.length >= batch
      publish((state) => ({
        lines:
          answer.lines.length === 0 ? state.lines : [...state.lines, ...answer.lines].slice(-kept),
        complete: answer.complete && !full,
        error: null,
      }))
      if (answer.complete && !full) return
      if (!full) await new Promise((resolve) => setTimeout(resolve, pollMs))
    } catch (error) {
      if (!signal.aborted) publish((state) => ({ ...state, error }))
      return
    }
  }
}
