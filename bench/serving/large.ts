/** Requests of 1,000 rows over 4 connections, in JSON and in binary. */
import { Pool } from 'undici'
import { featureNames, seeded } from './class-model.ts'
import type { BenchProcess } from './server-process.ts'

export const rowsPerRequest = 1000
const connections = 4

export interface LargeLoad {
  readonly perSecond: number
  /** Processor time of the server a request, in milliseconds. */
  readonly cpuMs: number
  readonly failed: number
}

interface WireRequest {
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string>>
}

const columns = (random: () => number): readonly Float32Array[] =>
  featureNames.map(() => Float32Array.from({ length: rowsPerRequest }, random))

const head = (name: string) => ({ name, datatype: 'FP32', shape: [rowsPerRequest, 1] })

/** Ten requests with different rows. */
export function largeRequests(form: 'json' | 'binary'): readonly WireRequest[] {
  const random = seeded(7)
  return Array.from({ length: 10 }, () => {
    const data = columns(random)
    if (form === 'json') {
      const inputs = data.map((values, i) => ({ ...head(featureNames[i]!), data: [...values] }))
      return {
        body: Buffer.from(JSON.stringify({ inputs })),
        headers: { 'content-type': 'application/json' },
      }
    }
    const inputs = data.map((values, i) => ({
      ...head(featureNames[i]!),
      parameters: { binary_data_size: values.byteLength },
    }))
    const json = Buffer.from(JSON.stringify({ parameters: { binary_data_output: true }, inputs }))
    return {
      body: Buffer.concat([json, ...data.map(({ buffer }) => Buffer.from(buffer))]),
      headers: {
        'content-type': 'application/octet-stream',
        'inference-header-content-length': String(json.length),
      },
    }
  })
}

/** Sends the next request of a connection when the last is answered. */
export async function largeLoad(
  server: Pick<BenchProcess, 'url' | 'cpuSeconds'>,
  path: string,
  load: { readonly form: 'json' | 'binary'; readonly seconds: number },
): Promise<LargeLoad> {
  const requests = largeRequests(load.form)
  const pool = new Pool(server.url, { connections, pipelining: 1 })
  let answered = 0
  let failed = 0
  let sent = 0
  const run = async (until: number): Promise<void> => {
    while (performance.now() < until) {
      const { body, headers } = requests[sent++ % requests.length]!
      const response = await pool.request({ path, method: 'POST', body, headers })
      await response.body.dump()
      if (response.statusCode === 200) answered++
      else failed++
    }
  }
  const all = (seconds: number) => {
    const until = performance.now() + seconds * 1000
    return Promise.all(Array.from({ length: connections }, () => run(until)))
  }
  await all(Math.min(2, load.seconds))
  answered = 0
  const cpu = server.cpuSeconds()
  const startedAt = performance.now()
  await all(load.seconds)
  const seconds = (performance.now() - startedAt) / 1000
  await pool.close()
  return {
    perSecond: answered / seconds,
    cpuMs: ((server.cpuSeconds() - cpu) * 1000) / answered,
    failed,
  }
}
