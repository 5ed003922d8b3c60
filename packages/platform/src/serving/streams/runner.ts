import type { Database } from '../../storage/index.ts'
import type { OutputRecord, StreamRecord, TopicReader, TopicWriter } from './model.ts'
import { advanced, unread } from './rules.ts'
import { type Scorer, scoreRecords } from './score-records.ts'
import { advanceStream } from './streams.store.ts'

export interface RunnerDeps {
  readonly database: Database
  readonly now: () => number
  readonly predict: (endpoint: string) => Promise<Scorer['predict']>
  /** The stream as it is stored now. @throws NOT_FOUND */
  readonly reload: (name: string) => Promise<StreamRecord>
  readonly open: (stream: StreamRecord) => Promise<Session>
}

/** Where a stream reads and writes. */
export interface Session extends AsyncDisposable {
  readonly reader: TopicReader
  readonly writer: TopicWriter | undefined
}

/** Records that are scored together; no more than that are read ahead of what is done. */
const batchRows = 256

/** Takes one stream on: reads, scores, writes the answers, notes how far it is; the next batch only then. */
export class StreamRunner {
  readonly #deps: RunnerDeps
  #stream: StreamRecord
  #session: Session | undefined
  #working: Promise<void> | undefined
  #woken = false
  #stopped = false
  problem: string | null = null

  constructor(deps: RunnerDeps, stream: StreamRecord) {
    this.#deps = deps
    this.#stream = stream
  }

  get id(): string {
    return this.#stream.id
  }

  /** Works until nothing is left to read. */
  wake(): Promise<void> {
    this.#woken = true
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined
    })
    return this.#working
  }

  /** Records that wait; null where the broker does not tell. */
  async lag(): Promise<number | null> {
    const { positions } = this.#stream
    return this.#session?.reader.lag(positions).catch(() => null) ?? null
  }

  /** Lets the batch under way end. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#working
    await this.#close()
  }

  async #work(): Promise<void> {
    try {
      while (this.#woken && !this.#stopped) {
        this.#woken = false
        if (!this.#session) {
          this.#stream = await this.#deps.reload(this.#stream.name)
          this.#session = await this.#deps.open(this.#stream)
        }
        const session = this.#session
        while (!this.#stopped && (await this.#batch(session)));
        this.problem = null
      }
    } catch (failure) {
      this.problem = (failure as Error).message
      // What was read and not noted is read again from where the stream is.
      await this.#close()
    }
  }

  /** False where nothing was there to read. */
  async #batch({ reader, writer }: Session): Promise<boolean> {
    const came = await reader.read(batchRows)
    if (came.length === 0) return false
    const { id, endpoint, positions } = this.#stream
    const records = unread(positions, came)
    if (records.length === 0) return true
    const predict = await this.#deps.predict(endpoint)
    const { outputs, setAside } = await scoreRecords({ streamId: id, predict }, records)
    await writer?.before?.(outputs)
    const to = advanced(positions, records)
    await this.#note({ outputs, writer }, { setAside, from: positions, to })
    this.#stream = { ...this.#stream, positions: to }
    await reader.committed(to)
    return true
  }

  async #note(
    {
      outputs,
      writer,
    }: { readonly outputs: readonly OutputRecord[]; readonly writer: TopicWriter | undefined },
    progress: Pick<Parameters<typeof advanceStream>[2], 'setAside' | 'from' | 'to'>,
  ): Promise<void> {
    const { database, now } = this.#deps
    await database.write(async (tx) => {
      const noted = { ...progress, answered: outputs.length, at: now() }
      if (!(await advanceStream(tx, this.#stream.id, noted))) {
        throw new Error('the stream is paused, deleted, or taken on by another server')
      }
      await writer?.within?.(tx, outputs)
    })
  }

  async #close(): Promise<void> {
    const session = this.#session
    this.#session = undefined
    await session?.[Symbol.asyncDispose]()
  }
}
