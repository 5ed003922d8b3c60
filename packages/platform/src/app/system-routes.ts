import { openApiDocument, systemApi } from '@kaizen/contracts'
import type { Registry } from 'prom-client'
import { type Route, route } from '../http/index.ts'
import type { Clock } from '../kernel/index.ts'
import type { Database } from '../storage/index.ts'
import type { Scheduler } from './scheduler.ts'
import { version } from './version.ts'

export interface SystemRouteDeps {
  readonly database: Database
  readonly clock: Clock
  readonly scheduler: Scheduler
  readonly metrics: Registry
  readonly authentication: boolean
  readonly startedAt: number
  /** Each part that must work before this server should get traffic. */
  readonly checks: Readonly<Record<string, () => Promise<void>>>
}

/** Health, readiness, metrics, what this server is, and its clock. */
export function systemRoutes(deps: SystemRouteDeps): readonly Route[] {
  return [
    route(systemApi.health, async ({ reply }) => reply.type('text/plain').send('OK')),
    route(systemApi.ready, async ({ reply }) => {
      const results = await Promise.all(
        Object.entries(deps.checks).map(
          async ([name, check]) => [name, await outcome(check)] as const,
        ),
      )
      const ready = results.every(([, text]) => text === 'ok')
      if (!ready) reply.status(503)
      return { ready, checks: Object.fromEntries(results) }
    }),
    route(systemApi.metrics, async ({ reply }) =>
      reply.type(deps.metrics.contentType).send(await deps.metrics.metrics()),
    ),
    route(systemApi.info, async ({ actor }) => ({
      version,
      node: process.versions.node,
      database: deps.database.dialect,
      clock: deps.clock.kind,
      now: deps.clock.now(),
      authentication: deps.authentication,
      actor: { name: actor.name, role: actor.role },
      startedAt: deps.startedAt,
    })),
    route(systemApi.openapi, async () => openApiDocument(version) as never),
    route(systemApi.advanceClock, async ({ body, actor }) => ({
      now: await deps.scheduler.advance(actor, body.to),
    })),
  ]
}

async function outcome(check: () => Promise<void>): Promise<string> {
  try {
    await check()
    return 'ok'
  } catch (failure) {
    return failure instanceof Error ? failure.message : 'failed'
  }
}
