import { digestOf, type Ids } from '../../kernel/index.ts'
import type { Database } from '../../storage/index.ts'
import type { MonitorRecord } from '../model.ts'
import { dueNames, findMonitor } from '../monitors.store.ts'

/** The monitors that may have a window to close, however many there are. */
export class DueMonitors {
  readonly #database: Pick<Database, 'reader' | 'dialect'>
  readonly #place: number

  constructor({ database, ids }: { readonly database: Database; readonly ids: Ids }) {
    this.#database = database
    this.#place =
      database.dialect === 'sqlite'
        ? 0
        : Number.parseInt(digestOf(ids.next('server')).slice(-8), 16)
  }

  /** Each as it stands when its turn comes: another server may have closed its window meanwhile. */
  async *at(now: number): AsyncGenerator<MonitorRecord> {
    const { reader } = this.#database
    for (const name of inTurn(await dueNames(reader, now), this.#place)) {
      const monitor = await findMonitor(reader, name)
      if (monitor) yield monitor
    }
  }
}

/**
 * Names in an order of each server's own, so that those who share a database seldom close the same window side by side;
 * two that only began at different places would go on together where one meets the other.
 */
export function* inTurn(names: readonly string[], place: number): Generator<string> {
  const count = names.length
  let stride = 1 + (place % Math.max(1, count))
  while (greatestDivisor(stride, count) > 1) stride++
  for (let i = 0; i < count; i++) yield names[(place + i * stride) % count]!
}

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b))
