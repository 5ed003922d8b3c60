/** Single rows by gRPC, one at a time on each connection; messages are written by hand, so that the client costs little. */
import { once } from 'node:events'
import { type ClientHttp2Session, connect } from 'node:http2'
import { featureNames } from './class-model.ts'
import { closedLoop, type Load, type MeasuredServer } from './closed-loop.ts'
import { singleRows } from './single.ts'

const lengthBytes = 5

/** Numbers below 128, which take one byte. */
const field = (number: number, content: Uint8Array): Buffer =>
  Buffer.concat([Buffer.of((number << 3) | 2, content.length), content])
const text = (number: number, value: string): Buffer => field(number, Buffer.from(value))

/** `ModelInferRequest` with raw contents, as stock clients send it, behind its length. */
function requestOf(model: string, row: Float32Array): Buffer {
  const shape = field(3, Buffer.of(1, 1))
  const inputs = featureNames.map((name) =>
    field(5, Buffer.concat([text(1, name), text(2, 'FP32'), shape])),
  )
  const contents = Array.from(row, (value) => field(7, Buffer.from(Float32Array.of(value).buffer)))
  const message = Buffer.concat([text(1, model), ...inputs, ...contents])
  const head = Buffer.alloc(lengthBytes)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

const headers = {
  ':method': 'POST',
  ':path': '/inference.GRPCInferenceService/ModelInfer',
  'content-type': 'application/grpc',
  te: 'trailers',
}

/** Whether the server answered with a message and the status OK. */
async function ask(session: ClientHttp2Session, body: Buffer): Promise<boolean> {
  const stream = session.request(headers)
  let status: unknown
  let size = 0
  stream.on('response', (answered) => {
    status = answered['grpc-status'] ?? status
  })
  stream.on('trailers', (trailers) => {
    status = trailers['grpc-status']
  })
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length
  })
  stream.end(body)
  await once(stream, 'close')
  return status === '0' && size > lengthBytes
}

export async function grpcLoad(
  server: MeasuredServer,
  load: { readonly address: string; readonly clients: number; readonly seconds: number },
): Promise<Load | null> {
  const requests = singleRows().map((row) => requestOf('bench', row))
  const sessions = Array.from({ length: load.clients }, () => connect(load.address))
  const opened = await Promise.all(sessions.map((session) => once(session, 'connect'))).catch(
    () => undefined,
  )
  try {
    if (!opened) return null
    return await closedLoop(server, {
      ...load,
      send: (client, request) => ask(sessions[client]!, requests[request % requests.length]!),
    })
  } finally {
    for (const session of sessions) session.destroy()
  }
}
