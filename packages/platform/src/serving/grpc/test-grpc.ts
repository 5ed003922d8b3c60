import { fileURLToPath } from 'node:url'
import grpc from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'

const options = { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true }
const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

/** A stock client of a service that is described in a file. */
export function clientOf(file: string, service: string, address: string): grpc.Client {
  const Client = grpc.makeGenericClientConstructor(
    loadSync(file.startsWith('/') ? file : here(file), options)[service] as never,
    service,
  )
  return new Client(address, grpc.credentials.createInsecure())
}

export interface Failed {
  readonly code: grpc.status
  readonly details: string
  readonly metadata: grpc.Metadata
}
