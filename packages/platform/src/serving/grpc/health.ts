import grpc from '@grpc/grpc-js'
import type { Catalogue } from '../catalogue.ts'

interface HealthRequest {
  readonly service: string
}
type Watch = grpc.ServerWritableStream<HealthRequest, { readonly status: string }>

/** How often a watched state is looked at. */
const watchEveryMs = 1000
const known = new Set(['', 'inference.GRPCInferenceService', 'grpc.health.v1.Health'])

/** The standard health service: serving while every endpoint that has a route answers. */
export function healthService(catalogue: Catalogue): grpc.UntypedServiceImplementation {
  const statusOf = (service: string): string =>
    known.has(service) ? (catalogue.ready ? 'SERVING' : 'NOT_SERVING') : 'SERVICE_UNKNOWN'
  const check: grpc.handleUnaryCall<HealthRequest, { status: string }> = (
    { request },
    callback,
  ) => {
    const status = statusOf(request.service)
    if (status !== 'SERVICE_UNKNOWN') return callback(null, { status })
    callback({ code: grpc.status.NOT_FOUND, details: 'there is no such service' })
  }
  const watch = (call: Watch): void => {
    let told = ''
    const tell = (): void => {
      const status = statusOf(call.request.service)
      if (status === told) return
      told = status
      call.write({ status })
    }
    tell()
    const timer = setInterval(tell, watchEveryMs).unref()
    call.once('cancelled', () => {
      clearInterval(timer)
      call.end()
    })
  }
  return { Check: check as grpc.UntypedHandleCall, Watch: watch as grpc.UntypedHandleCall }
}
