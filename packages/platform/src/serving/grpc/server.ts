import grpc from '@grpc/grpc-js'
import type { PackageDefinition } from '@grpc/proto-loader'
import { ReflectionService } from '@grpc/reflection'
import { grpcStatusOfKind, KaizenError } from '@kaizen/contracts'
import { retryAfter, toKaizenError } from '../../http/index.ts'
import { type Actor, mayDo } from '../../kernel/index.ts'
import { withDeadline } from '../routing-unit.ts'
import { definitionOf, serviceOf } from './definition.ts'
import { healthService } from './health.ts'
import { readPlainRequest, writePlainResponse } from './infer-codec.ts'
import type { ModelInferRequest, ModelInferResponse } from './messages.ts'
import {
  type GrpcCall,
  type GrpcMethod,
  type GrpcMethodDeps,
  inferOnce,
  openInferenceMethods,
} from './methods.ts'
import { assertWhole } from './whole-message.ts'

export interface GrpcServerOptions extends GrpcMethodDeps {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly maxMessageBytes: number
  /** Who calls, by the metadata entry `authorization`. @throws UNAUTHENTICATED */
  readonly authenticate: (authorization: string | undefined) => Promise<Actor>
  /** Told of defects. */
  readonly onDefect: (error: KaizenError, method: string) => void
}

/** A gRPC server that listens; disposing lets the calls under way end. */
export interface RunningGrpcServer extends AsyncDisposable {
  /** HOST:PORT. */
  readonly address: string
}

/** How long calls under way may take when the server ends. */
const drainMs = 10_000

/** Serves the Open Inference Protocol V2 with health and reflection. @throws INVALID_CONFIG when it cannot listen */
export async function openGrpcServer(options: GrpcServerOptions): Promise<RunningGrpcServer> {
  const server = new grpc.Server({
    'grpc.max_receive_message_length': options.maxMessageBytes,
    'grpc.max_send_message_length': -1,
  })
  const inference = definitionOf('./open-inference.proto')
  const health = definitionOf('./health.proto')
  server.addService(...inferenceService(inference, options))
  server.addService(serviceOf(health, 'grpc.health.v1.Health'), healthService(options.catalogue))
  new ReflectionService({ ...inference, ...health }).addToServer(server)
  const port = await listen(server, options)
  const host = options.host.includes(':') ? `[${options.host}]` : options.host
  return {
    address: `${host}:${port}`,
    [Symbol.asyncDispose]: () => drain(server),
  }
}

function listen(server: grpc.Server, { host, port }: GrpcServerOptions): Promise<number> {
  const authority = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  return new Promise((resolve, reject) => {
    server.bindAsync(authority, grpc.ServerCredentials.createInsecure(), (failure, bound) => {
      if (!failure) return resolve(bound)
      reject(
        new KaizenError(
          'INVALID_CONFIG',
          `gRPC cannot listen on ${authority}: ${failure.message}`,
          {
            hint: 'Stop what listens there, or take another --grpc-port; 0 is a free one.',
            cause: failure,
          },
        ),
      )
    })
  })
}

function drain(server: grpc.Server): Promise<void> {
  return new Promise((resolve) => {
    const forced = setTimeout(() => server.forceShutdown(), drainMs)
    server.tryShutdown(() => {
      clearTimeout(forced)
      resolve()
    })
  })
}

/** A message that protocol buffers could not read; told as the caller's error. */
class Unreadable {
  readonly reason: string

  constructor(reason: string) {
    this.reason = reason
  }
}

function inferenceService(
  definition: PackageDefinition,
  options: GrpcServerOptions,
): [grpc.ServiceDefinition, grpc.UntypedServiceImplementation] {
  const methods = openInferenceMethods(options)
  const service: Record<string, grpc.MethodDefinition<unknown, unknown>> = {}
  const implementation: grpc.UntypedServiceImplementation = {}
  const named = serviceOf(definition, 'inference.GRPCInferenceService')
  for (const [name, described] of Object.entries(named)) {
    const { requestDeserialize: read, responseSerialize: write } = described
    const infers = name === 'ModelInfer' || name === 'ModelStreamInfer'
    service[name] = {
      ...described,
      requestDeserialize: (bytes) => {
        try {
          return infers ? readInfer(bytes, read) : read(bytes)
        } catch (failure) {
          return new Unreadable((failure as Error).message)
        }
      },
      ...(name === 'ModelInfer' && {
        responseSerialize: (response: unknown) =>
          writePlainResponse(response as ModelInferResponse) ?? write(response),
      }),
    }
    const method = methods[name]
    implementation[name] = method
      ? unary(name, method, options)
      : (stream(name, options) as grpc.handleBidiStreamingCall<unknown, unknown>)
  }
  return [service, implementation]
}

function readInfer(bytes: Buffer, read: (bytes: Buffer) => unknown): ModelInferRequest {
  let request = readPlainRequest(bytes)
  if (!request) {
    assertWhole(bytes)
    request = read(bytes) as ModelInferRequest
  }
  request.messageBytes = bytes.length
  return request
}

function unary(
  name: string,
  method: GrpcMethod,
  options: GrpcServerOptions,
): grpc.handleUnaryCall<unknown, unknown> {
  const answer = async (call: grpc.ServerUnaryCall<unknown, unknown>): Promise<object> => {
    const actor = await admit(call.metadata, method.action, options)
    return method.answer(readable(call.request) as never, callOf(call, actor))
  }
  return (call, callback) => {
    answer(call).then(
      (response) => callback(null, response),
      (failure: unknown) => callback(statusOf(failure, name, options)),
    )
  }
}

/** Requests of a stream are answered in their order; one that fails is answered by its error, and the stream goes on. */
function stream(name: string, options: GrpcServerOptions) {
  return async (call: grpc.ServerDuplexStream<unknown, object>): Promise<void> => {
    try {
      const actor = await admit(call.metadata, 'predict', options)
      // What answers tell beside themselves is told once a stream, so not here.
      const context: GrpcCall = {
        actor,
        headers: headersOf(call.metadata),
        ended: () => call.cancelled,
        tell: () => undefined,
      }
      for await (const request of call) {
        const response = await inferOnce(
          options,
          readable(request) as ModelInferRequest,
          context,
        ).then(
          (infer_response) => ({ infer_response }),
          (failure: unknown) => ({ error_message: statusOf(failure, name, options).details }),
        )
        if (call.cancelled) return
        if (!call.write(response)) await new Promise((resolve) => call.once('drain', resolve))
      }
      call.end()
    } catch (failure) {
      if (!call.cancelled) call.emit('error', statusOf(failure, name, options))
    }
  }
}

function readable(request: unknown): unknown {
  if (!(request instanceof Unreadable)) return request
  throw new KaizenError('INVALID_REQUEST', `the message cannot be read: ${request.reason}`)
}

/** @throws UNAUTHENTICATED, FORBIDDEN */
async function admit(
  metadata: grpc.Metadata,
  action: GrpcMethod['action'],
  { authenticate }: GrpcServerOptions,
): Promise<Actor> {
  if (action === 'public') return { name: 'user:anonymous', role: 'viewer' }
  const [authorization] = metadata.get('authorization')
  const actor = await authenticate(authorization?.toString())
  if (actor.endpoint !== undefined && action !== 'predict') {
    throw new KaizenError('FORBIDDEN', 'this token may ask its endpoint and nothing else')
  }
  if (mayDo(actor.role, action)) return actor
  throw new KaizenError('FORBIDDEN', `the role ${actor.role} may not do this`, {
    hint: 'Use a token with a higher role.',
  })
}

/** @throws INVALID_REQUEST for a time that is none */
const callOf = (call: grpc.ServerUnaryCall<unknown, unknown>, actor: Actor): GrpcCall => ({
  actor,
  headers: withDeadline(headersOf(call.metadata), Number(call.getDeadline()) - Date.now()),
  ended: () => call.cancelled,
  tell: (headers) => {
    const metadata = new grpc.Metadata()
    for (const [name, value] of Object.entries(headers)) metadata.set(name, value)
    call.sendMetadata(metadata)
  },
})

function headersOf(metadata: grpc.Metadata): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(metadata.getMap())) {
    if (typeof value === 'string') headers[name] = value
  }
  return headers
}

/** Codes that gRPC tells apart within a kind. */
const statusOfCode: Partial<Record<KaizenError['code'], grpc.status>> = {
  UNAUTHENTICATED: grpc.status.UNAUTHENTICATED,
  ALREADY_EXISTS: grpc.status.ALREADY_EXISTS,
  TIMEOUT: grpc.status.DEADLINE_EXCEEDED,
  RATE_LIMITED: grpc.status.RESOURCE_EXHAUSTED,
}

function statusOf(
  failure: unknown,
  method: string,
  { onDefect }: GrpcServerOptions,
): Partial<grpc.StatusObject> & { readonly details: string; readonly code: grpc.status } {
  const error = toKaizenError(failure)
  if (error.kind === 'bug') onDefect(error, method)
  return {
    code: statusOfCode[error.code] ?? grpcStatusOfKind[error.kind],
    details: error.hint === undefined ? error.message : `${error.message}. ${error.hint}`,
    ...(error.kind === 'unavailable' && { metadata: pushback(error) }),
  }
}

/** When to try again, in the words of HTTP and in those that clients of gRPC with a retry policy heed. */
function pushback(error: KaizenError): grpc.Metadata {
  const metadata = new grpc.Metadata()
  const seconds = retryAfter(error)
  metadata.set('retry-after', seconds)
  metadata.set('grpc-retry-pushback-ms', String(Number(seconds) * 1000))
  return metadata
}
