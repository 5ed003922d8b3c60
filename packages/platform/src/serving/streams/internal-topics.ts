import type { Clock } from '../../kernel/index.ts'
import type { Database, Tx } from '../../storage/index.ts'
import type { OutputRecord, Positions, TopicPort, TopicReader, TopicWriter } from './model.ts'
import { appendRecords, endOf, readRecords } from './topics.store.ts'

/** Topics in the server's own database: one partition each; answers and progress are written in one transaction. */
export class InternalTopics implements TopicPort {
  readonly #database: Database
  readonly #clock: Clock

  constructor({ database, clock }: { readonly database: Database; readonly clock: Clock }) {
    this.#database = database
    this.#clock = clock
  }

  async reader(
    topic: string,
    { positions }: { readonly positions: Positions },
  ): Promise<TopicReader> {
    const { reader } = this.#database
    let from = positions['0'] ?? 0
    return {
      async read(limit) {
        const records = await readRecords(reader, topic, { from, limit })
        from = (records.at(-1)?.position ?? from - 1) + 1
        return records.map(({ position, key, value, at }) => ({
          partition: 0,
          position,
          key,
          value,
          at,
        }))
      },
      committed: async () => undefined,
      lag: async (at) => Math.max(0, ((await endOf(reader, topic)) ?? 0) - (at['0'] ?? 0)),
      [Symbol.asyncDispose]: async () => undefined,
    }
  }

  async writer(topic: string): Promise<TopicWriter> {
    const within = async (tx: Tx, records: readonly OutputRecord[]): Promise<void> => {
      await appendRecords(tx, topic, { records, at: this.#clock.now() })
    }
    return { within, [Symbol.asyncDispose]: async () => undefined }
  }
}
