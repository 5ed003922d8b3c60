import { Subscription } from '../audit/index.ts'
import {
  type ContinualDeps,
  ContinualService,
  continualRoutes,
  LoopService,
} from '../continual/index.ts'
import { ownSurface, type Surface } from '../http/index.ts'
import type { Foundation } from './foundation.ts'

export interface Continual extends AsyncDisposable {
  readonly continual: ContinualService
  /** What carries the loop on when something has happened elsewhere. */
  readonly reactions: Subscription
  readonly surfaces: readonly Surface[]
}

/** The loop: policies that watch, candidates, gates and roll-outs. */
export function openContinual({ logger }: Foundation, deps: ContinualDeps): Continual {
  const continual = new ContinualService(deps)
  const reactions = new Subscription(
    deps.database,
    deps.audit,
    continual.reactions((failure, event) =>
      logger.error({ event: event?.seq, cause: failure }, 'a reaction to an event failed'),
    ),
  )
  return {
    continual,
    reactions,
    surfaces: [
      ownSurface('continual', continualRoutes(continual, new LoopService(deps, continual))),
    ],
    [Symbol.asyncDispose]: () => reactions[Symbol.asyncDispose](),
  }
}
