import type { LiveEndpoint } from './endpoints/live-endpoint.ts'

/** Between tries of an endpoint whose models could not be loaded. */
const pauseMs = 10_000

/** Tries endpoints again whose models could not be loaded, such as those of a server that was away. */
export class Recovery {
  readonly #restore: (live: LiveEndpoint) => Promise<void>
  readonly #triedAt = new WeakMap<LiveEndpoint, number>()

  constructor(restore: (live: LiveEndpoint) => Promise<void>) {
    this.#restore = restore
  }

  async tick(opened: Iterable<LiveEndpoint>, now: number): Promise<void> {
    for (const live of opened) {
      if (!live.failure || Math.abs(now - (this.#triedAt.get(live) ?? 0)) < pauseMs) continue
      this.#triedAt.set(live, now)
      await this.#restore(live)
    }
  }
}
