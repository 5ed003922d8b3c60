import type { GrpcServerOptions, RunningGrpcServer } from './server.ts'

/** Serves gRPC; its library is loaded by those who ask for it. @throws INVALID_CONFIG when it cannot listen */
export async function startGrpcServer(options: GrpcServerOptions): Promise<RunningGrpcServer> {
  const { openGrpcServer } = await import('./server.ts')
  return openGrpcServer(options)
}
