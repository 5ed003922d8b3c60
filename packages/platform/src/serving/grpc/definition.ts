import { fileURLToPath } from 'node:url'
import type grpc from '@grpc/grpc-js'
import { loadSync, type PackageDefinition } from '@grpc/proto-loader'

/** The services of a file of this folder. */
export const definitionOf = (file: string): PackageDefinition =>
  loadSync(fileURLToPath(new URL(file, import.meta.url)), {
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  })

export const serviceOf = (definition: PackageDefinition, name: string): grpc.ServiceDefinition =>
  definition[name] as unknown as grpc.ServiceDefinition
