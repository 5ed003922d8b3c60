/** Requests of 1,000 rows over 4 connections, in JSON and in binary. */
import { featureNames, seeded } from './class-model.ts'
import type { Load, MeasuredServer } from './closed-loop.ts'
import { singleLoad, type WireRequest } from './single.ts'

export const rowsPerRequest = 1000
const connections = 4

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

/** Requests of many rows over the connections of the figure; null where the server takes none in this form. */
export const largeLoad = (
  server: MeasuredServer,
  path: string,
  load: { readonly form: 'json' | 'binary'; readonly seconds: number },
): Promise<Load | null> =>
  singleLoad(server, {
    path,
    requests: largeRequests(load.form),
    clients: connections,
    seconds: load.seconds,
  })
