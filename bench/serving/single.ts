import { Pool } from 'undici'
import { featureNames, seeded } from './class-model.ts'
import { closedLoop, type Load, type MeasuredServer } from './closed-loop.ts'

export interface WireRequest {
  readonly body: string | Buffer
  readonly headers: Readonly<Record<string, string>>
}
/** Rows of the model's features that are the same in every run. */
export const singleRows = (): readonly Float32Array[] => {
  const random = seeded(5)
  return Array.from({ length: 500 }, () => Float32Array.from(featureNames, random))
}
const head = (name: string) => ({ name, datatype: 'FP32', shape: [1, 1] })
const json = { 'content-type': 'application/json' }

/** Single rows as Open Inference JSON. */
export const singleJson = (): readonly WireRequest[] =>
  singleRows().map((row) => {
    const inputs = featureNames.map((name, i) => ({ ...head(name), data: [row[i]] }))
    return { body: JSON.stringify({ inputs }), headers: json }
  })

/** The same in the binary tensor extension, both ways. */
export const singleBinary = (): readonly WireRequest[] =>
  singleRows().map((row) => {
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
  singleRows().map((row) => {
    const split = { columns: featureNames, data: [[...row]] }
    return { body: JSON.stringify({ dataframe_split: split }), headers: json }
  })

/** Sends requests over HTTP, one at a time on each connection. */
export async function singleLoad(
  server: MeasuredServer,
  load: {
    readonly path: string
    readonly requests: readonly WireRequest[]
    readonly clients: number
    readonly seconds: number
  },
): Promise<Load | null> {
  const { path, requests, clients } = load
  const pool = new Pool(server.url, { connections: clients, pipelining: 1 })
  try {
    return await closedLoop(server, {
      ...load,
      send: async (_client, request) => {
        const { body, headers } = requests[request % requests.length]!
        const response = await pool.request({ path, method: 'POST', body, headers })
        await response.body.dump()
        return response.statusCode === 200
      },
    })
  } finally {
    await pool.close()
  }
}
