/** One request for a transaction, waiting for the group that it will share. */
interface Waiting {
  readonly run: () => Promise<void>
  readonly settle: (committed: boolean, failure: unknown) => void
}

/** What a database supplies to the group: the borders of a transaction and of one member's part of it. */
export interface GroupTransaction {
  begin(): Promise<void>
  savepoint(): Promise<void>
  release(): Promise<void>
  rollbackToSavepoint(): Promise<void>
  commit(): Promise<void>
  rollback(): Promise<void>
}

const groupLimit = 512

/**
 * Group commit (DeWitt et al., 1984): requests that arrive while a transaction is being written to disk share the
 * next one, so that the cost of a durable commit is divided by their number.
 */
export class GroupCommit {
  readonly #transaction: GroupTransaction
  #queue: Waiting[] = []
  #draining: Promise<void> | undefined
  #closed = false

  constructor(transaction: GroupTransaction) {
    this.#transaction = transaction
  }

  /** Resolves with the answer of `work` once it is durable; rejects, with nothing written, if `work` throws. */
  submit<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new Error('the database is closed'))
    return new Promise<T>((resolve, reject) => {
      let answer: T
      this.#queue.push({
        run: async () => {
          answer = await work()
        },
        settle: (committed, failure) => (committed ? resolve(answer) : reject(failure)),
      })
      this.#draining ??= this.#drain()
    })
  }

  /** Waits for what was submitted and refuses what comes after. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#draining
  }

  async #drain(): Promise<void> {
    // Requests of the same turn of the event loop join the same group.
    await new Promise<void>((resolve) => setImmediate(resolve))
    while (this.#queue.length > 0) {
      const group = this.#queue.splice(0, groupLimit)
      await this.#commit(group)
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
    this.#draining = undefined
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    const succeeded: Waiting[] = []
    try {
      await this.#transaction.begin()
      for (const member of group) {
        if (await this.#runMember(member)) succeeded.push(member)
      }
      await this.#transaction.commit()
    } catch (failure) {
      await this.#transaction.rollback().catch(() => undefined)
      for (const member of group) member.settle(false, failure)
      return
    }
    for (const member of succeeded) member.settle(true, undefined)
  }

  async #runMember(member: Waiting): Promise<boolean> {
    await this.#transaction.savepoint()
    try {
      await member.run()
    } catch (failure) {
      await this.#transaction.rollbackToSavepoint()
      member.settle(false, failure)
      return false
    }
    await this.#transaction.release()
    return true
  }
}
