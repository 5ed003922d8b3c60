import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'

export interface OpenLoop {
  readonly url: string
  readonly path: string
  readonly perSecond: number
  readonly seconds: number
  /** The body of the n-th request. */
  readonly body: (request: number) => string
  /** Told of each answer, where someone wants to know more than how long it took. */
  readonly onAnswer?: (answer: Answer) => void
}

export interface Answer {
  readonly request: number
  readonly status: number
  readonly text: string
  /** When it was due, on the clock of `performance.now()`. */
  readonly dueAt: number
  readonly latencyMs: number
}

export interface Latencies {
  readonly requests: number
  readonly failed: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

/**
 * Sends requests at times that do not depend on the answers, and counts each latency from when its request was due: a
 * server that stalls is charged for everything that came due meanwhile.
 */
export async function openLoop(load: OpenLoop): Promise<Latencies> {
  const pool = new Pool(load.url, { connections: 64, pipelining: 1 })
  const total = Math.round(load.perSecond * load.seconds)
  const latencies: number[] = []
  let failed = 0
  const send = async (request: number, dueAt: number): Promise<void> => {
    const body = load.body(request)
    try {
      const response = await pool.request({ path: load.path, method: 'POST', body })
      const text = load.onAnswer ? await response.body.text() : await response.body.dump()
      if (response.statusCode !== 200) failed++
      const latencyMs = performance.now() - dueAt
      load.onAnswer?.({ request, status: response.statusCode, text: text ?? '', dueAt, latencyMs })
    } catch {
      failed++
    }
    latencies.push(performance.now() - dueAt)
  }
  const startedAt = performance.now()
  const sent: Promise<void>[] = []
  while (sent.length < total) {
    const dueAt = startedAt + (sent.length * 1000) / load.perSecond
    const waitMs = dueAt - performance.now()
    if (waitMs > 0.5) await sleep(Math.max(1, Math.floor(waitMs)))
    else sent.push(send(sent.length, dueAt))
  }
  await Promise.all(sent)
  await pool.close()
  latencies.sort((a, b) => a - b)
  const at = (share: number): number =>
    latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))]!
  return { requests: total, failed, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: latencies.at(-1)! }
}
