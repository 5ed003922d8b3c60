import { Pool } from 'undici'
import { featureNames, seeded } from './class-model.ts'

export interface WireRequest {
  readonly body: string | Buffer
  readonly headers: Readonly<Record<string, string>>
}
export interface Load {
  readonly perSecond: number
  /** Processor time of the server a request, in milliseconds. */
  readonly cpuMs: number
  readonly failed: number
}

const rows = (): readonly Float32Array[] => {
  const random = seeded(5)
  return Array.from({ length: 500 }, () => Float32Array.from(featureNames, random))
}
const head = (name: string) => ({ name, datatype: 'FP32', shape: [1, 1] })
const json = { 'content-type': 'application/json' }

/** Single rows as Open Inference JSON. */
export const singleJson = (): readonly WireRequest[] =>
  rows().map((row) => {
    const inputs = featureNames.map((name, i) => ({ ...head(name), data: [row[i]] }))
    return { body: JSON.stringify({ inputs }), headers: json }
  })

/** The same in the binary tensor extension, both ways. */
export const singleBinary = (): readonly WireRequest[] =>
  rows().map((row) => {
    const parameters = { binary_data_size: 4 }
    const inputs = featureNames.map((name) => ({ ...head(name), parameters }))
    const text = Buffer.from(JSON.stringify({ parameters: { binary_data_output: true }, inputs }))
    return {
      body: Buffer.concat([text, Buffer.from(row.buffer)]),
      headers: {
        'content-type': 'application/octet-stream',
        'inference-header-content-length': String(text.length),
      },
    }
  })

/** The same in MLflow's scoring protocol. */
export const singleScoring = (): readonly WireRequest[] =>
  rows().map((row) => {
    const split = { columns: featureNames, data: [[...row]] }
    return { body: JSON.stringify({ dataframe_split: split }), headers: json }
  })

/** Each connection sends the next request when the last is answered. */
export async function singleLoad(
  server: { readonly url: string; cpuSeconds(): number },
  load: {
    readonly path: string
    readonly requests: readonly WireRequest[]
    readonly clients: number
    readonly seconds: number
  },
): Promise<Load | null> {
  const { path, requests, clients } = load
  const pool = new Pool(server.url, { connections: clients, pipelining: 1 })
  let [sent, answered, failed] = [0, 0, 0]
  const all = async (seconds: number): Promise<void> => {
    const until = performance.now() + seconds * 1000
    const client = async (): Promise<void> => {
      while (performance.now() < until) {
        const { body, headers } = requests[sent++ % requests.length]!
        const response = await pool.request({ path, method: 'POST', body, headers })
        await response.body.dump()
        if (response.statusCode === 200) answered++
        else failed++
      }
    }
    await Promise.all(Array.from({ length: clients }, client))
  }
  await all(Math.min(2, load.seconds))
  answered = 0
  const cpu = server.cpuSeconds()
  const startedAt = performance.now()
  await all(load.seconds)
  const seconds = (performance.now() - startedAt) / 1000
  await pool.close()
  if (answered === 0) return null
  const cpuMs = ((server.cpuSeconds() - cpu) * 1000) / answered
  return { perSecond: answered / seconds, cpuMs, failed }
}
