import type { AddressInfo } from 'node:net'
import { KaizenError } from '@kaizen/contracts'
import { collectDefaultMetrics } from 'prom-client'
import { auditRoutes } from '../audit/index.ts'
import { type Authorize, ownSurface, type Surface } from '../http/index.ts'
import {
  createAuthorizer,
  createScope,
  type FindResources,
  IdentityService,
} from '../identity/index.ts'
import { startGrpcServer } from '../serving/index.ts'
import { readConfig, type ServerOptions } from './config.ts'
import { type Foundation, openFoundation } from './foundation.ts'
import { createHttpServer } from './http-server.ts'
import { identitySurfaces } from './identity-surfaces.ts'
import { Scheduler } from './scheduler.ts'
import { searchRoutes } from './search/search-routes.ts'
import { openStages } from './stages.ts'
import { systemRoutes } from './system-routes.ts'
import { telemetrySettings } from './telemetry/settings.ts'
import type { Telemetry } from './telemetry/telemetry.ts'
import { version } from './version.ts'

/** A running server. Disposing drains: no new requests, the ones under way are answered, jobs are given back. */
export interface RunningServer extends AsyncDisposable {
  /** For example `http://127.0.0.1:7420`. */
  readonly address: string
  /** HOST:PORT of gRPC, where it was asked for. */
  readonly grpcAddress: string | undefined
}

/**
 * Starts Kaizen in this process. `tell` takes lines for the operator while the start takes long.
 * @throws INVALID_CONFIG, DATA_DIRECTORY_LOCKED, DATABASE_TOO_NEW, UNAVAILABLE
 */
export async function startServer(
  options: ServerOptions,
  tell: (line: string) => void = () => undefined,
): Promise<RunningServer> {
  const config = readConfig(options)
  await using opened = new AsyncDisposableStack()
  const foundation = opened.use(await openFoundation(config, tell))
  const { database, audit, clock, ids, metrics, logger } = foundation
  collectDefaultMetrics({ register: metrics })
  const telemetry = await openTelemetry(foundation)
  if (telemetry) opened.use(telemetry)
  const identity = new IdentityService({
    database,
    audit,
    clock,
    ids,
    required: config.authentication,
    bootstrapToken: config.bootstrapToken,
    defaultLevel: config.defaultPermission,
    requestsPerSecond: config.requestsPerSecond,
  })
  const stages = opened.use(await openStages(foundation, config, identity))
  const scheduler = opened.use(
    new Scheduler({
      clock,
      database,
      audit,
      jobs: stages.jobs,
      tickers: stages.tickers,
      subscriptions: stages.subscriptions,
      onError: (ticker, failure) =>
        logger.error({ ticker, cause: failure }, 'a part failed at its tick'),
    }),
  )
  const system = systemRoutes({
    database,
    clock,
    scheduler,
    metrics,
    authentication: config.authentication,
    startedAt: clock.now(),
    checks: { database: async () => void (await audit.headSeq()), ...stages.checks },
  })
  const surfaces: readonly Surface[] = [
    ownSurface('system', [...system, ...auditRoutes(audit), ...searchRoutes(database)]),
    ...identitySurfaces(identity, config),
    ...stages.surfaces,
  ]
  const http = await createHttpServer({
    config,
    logger,
    identity,
    authorize: authorizerOf(stages.findResources, identity),
    surfaces,
    requestId: () => ids.next('req'),
    ...(telemetry && { prepare: (app) => telemetry.watch(app) }),
  })
  opened.defer(async () => {
    await http.close()
  })
  await stages.jobs.start()
  if (config.scheduler) scheduler.start()
  await http.listen({ host: config.host, port: config.port }).catch(explainListen)
  const grpc =
    config.grpcPort === undefined
      ? undefined
      : opened.use(
          await startGrpcServer({
            host: config.host,
            port: config.grpcPort,
            maxMessageBytes: config.bodyLimitBytes,
            catalogue: stages.catalogue,
            memory: stages.requestMemory,
            version,
            authenticate: (authorization) =>
              identity.authenticate({ authorization, address: 'grpc' }),
            onDefect: (error, method) =>
              logger.error({ method, cause: error.cause ?? error }, error.message),
          }),
        )
  const { port, address, family } = http.server.address() as AddressInfo
  const shown = family === 'IPv6' ? `[${address}]` : address
  const kept = opened.move()
  return {
    address: `http://${shown}:${port}`,
    grpcAddress: grpc?.address,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** Loaded only where it is configured: a server that tells nobody pays nothing. */
async function openTelemetry({
  metrics,
  logger,
}: Pick<Foundation, 'metrics' | 'logger'>): Promise<Telemetry | undefined> {
  const settings = telemetrySettings(process.env)
  if (!settings) return undefined
  const { Telemetry } = await import('./telemetry/telemetry.ts')
  return new Telemetry({ settings, registry: metrics, logger, version })
}

/** The workspace first: what it does not hold, nobody may do anything with. */
function authorizerOf(find: FindResources, { workspaces }: IdentityService): Authorize {
  const scope = createScope({ find, workspaces })
  const authorize = createAuthorizer(find)
  return async (call, endpoint) => {
    await scope(call, endpoint)
    await authorize(call, endpoint)
  }
}

/** An address that cannot be had is for whoever starts the server to mend. */
function explainListen(failure: NodeJS.ErrnoException): never {
  const reason = {
    EADDRINUSE: [
      'another program listens there',
      'Stop it, or take another --port; 0 is a free one.',
    ],
    EACCES: ['this user may not', 'Take a --port above 1023.'],
    EADDRNOTAVAIL: ['no network of this machine has it', 'Give --host an address of this machine.'],
    ENOTFOUND: ['no such name is known', 'Give --host an address of this machine.'],
  }[failure.code ?? '']
  if (!reason) throw failure
  const [why, hint] = reason
  const at = failure.message.split(' ').at(-1)
  throw new KaizenError('INVALID_CONFIG', `the server cannot listen on ${at}: ${why}`, {
    ...(hint === undefined ? {} : { hint }),
    cause: failure,
  })
}
