import { setTimeout as sleep } from 'node:timers/promises'
import type { Load } from './closed-loop.ts'
import { grpcLoad } from './grpc.ts'
import { largeLoad } from './large.ts'
import type { PeerProcess } from './peer-process.ts'
import { singleBinary, singleJson, singleLoad, singleScoring } from './single.ts'

/** A server under load, and where its gRPC listens, if it does. */
export interface Target {
  readonly running: PeerProcess
  readonly grpc?: string | undefined
}

export const inferPath = '/v2/models/bench/infer'

type Measure = (target: Target, seconds: number) => Promise<Load | null>

const json =
  (clients: number): Measure =>
  ({ running }, seconds) =>
    singleLoad(running, { path: inferPath, requests: singleJson(), clients, seconds })

/** A server that refuses some request of many rows does not do the work. */
const rows =
  (form: 'json' | 'binary'): Measure =>
  async ({ running }, seconds) => {
    const load = await largeLoad(running, inferPath, { form, seconds }).catch(() => null)
    return load?.failed === 0 ? load : null
  }

/** Loads on the ONNX model by name, and what each is. */
export const modelLoads: Readonly<
  Record<string, { readonly what: string; readonly run: Measure }>
> = {
  'json-8': { what: 'single row, JSON, 8 connections', run: json(8) },
  'json-32': { what: 'single row, JSON, 32 connections', run: json(32) },
  'binary-8': {
    what: 'single row, binary, 8 connections',
    run: ({ running }, seconds) =>
      singleLoad(running, { path: inferPath, requests: singleBinary(), clients: 8, seconds }),
  },
  'grpc-8': {
    what: 'single row, gRPC, 8 connections',
    run: async ({ running, grpc }, seconds) =>
      grpc === undefined ? null : grpcLoad(running, { address: grpc, clients: 8, seconds }),
  },
  'rows-json': { what: '1,000 rows, JSON, 4 connections', run: rows('json') },
  'rows-binary': { what: '1,000 rows, binary, 4 connections', run: rows('binary') },
}

/** The load on the pyfunc, by MLflow's scoring protocol. */
export const pyfuncLoad: Measure = ({ running }, seconds) =>
  singleLoad(running, { path: '/invocations', requests: singleScoring(), clients: 8, seconds })

/** Asks for one prediction until there is an answer; resolves with the time since the server was started. */
export async function firstAnswer({ running }: Target, path: string): Promise<number> {
  const [request] = path === inferPath ? singleJson() : singleScoring()
  const { body, headers } = request!
  const ask = () => fetch(running.url + path, { method: 'POST', headers, body: body as string })
  // MLServer may still hang up on its first connections when it says that it is ready.
  const response = await ask().catch(() => sleep(10).then(ask))
  if (!response.ok) throw new Error(`${response.status}: ${(await response.text()).slice(0, 200)}`)
  return performance.now() - running.startedAt
}
