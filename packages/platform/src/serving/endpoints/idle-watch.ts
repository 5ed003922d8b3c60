import type { LiveEndpoint } from './live-endpoint.ts'

interface Seen {
  readonly revision: number
  readonly requests: number
  /** When it was last found at work. */
  readonly at: number
}

/**
 * Unloads the models of endpoints that sleep when nobody asks them. It looks at the counts that requests leave behind,
 * so requests pay nothing for it.
 */
export class IdleWatch {
  readonly #seen = new WeakMap<LiveEndpoint, Seen>()

  async tick(opened: Iterable<LiveEndpoint>, now: number): Promise<void> {
    for (const live of opened) {
      const { sleep } = live.settings
      const { arms, revision } = live
      const requests = arms.reduce((sum, arm) => sum + arm.requests + arm.refused, 0)
      const before = this.#seen.get(live)
      const isIdle =
        before?.revision === revision &&
        before.requests === requests &&
        !arms.some(({ isBusy }) => isBusy)
      if (!sleep || !isIdle) {
        this.#seen.set(live, { revision, requests, at: now })
        continue
      }
      if (now - before.at < sleep.afterMs) continue
      await Promise.all(arms.filter(({ isBusy }) => !isBusy).map((arm) => arm.rest()))
    }
  }
}
