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

/** What gathers the members' work and writes it before the commit; see `GroupParticipant` of the database port. */
export interface GroupGatherer {
  begin(): () => void
  flush(): Promise<void>
  end(): void
}

/**
 * Group commit (DeWitt et al., 1984): requests that arrive while a transaction is being written to disk share the
 * next one, so that the cost of a durable commit is divided by their number.
 */
export class GroupCommit {
  readonly #transaction: GroupTransaction
  readonly #gatherers: GroupGatherer[] = []
  #queue: Waiting[] = []
  #draining: Promise<void> | undefined
  #closed = false

  constructor(transaction: GroupTransaction) {
    this.#transaction = transaction
  }

  join(gatherer: GroupGatherer): void {
    this.#gatherers.push(gatherer)
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
    while (this.#queue.length > 0) {
      await this.#gather()
      await this.#commit(this.#queue.splice(0, groupLimit))
    }
    this.#draining = undefined
  }

  /** Requests that arrive one right after the other join the same group: waits for as long as each turn brings more. */
  async #gather(): Promise<void> {
    let known: number
    do {
      known = this.#queue.length
      await new Promise<void>((resolve) => setImmediate(resolve))
    } while (this.#queue.length > known && this.#queue.length < groupLimit)
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    const succeeded: Waiting[] = []
    try {
      await this.#transaction.begin()
      for (const member of group) {
        // A transaction of one member is its own savepoint.
        if (group.length === 1) await member.run()
        else if (!(await this.#runMember(member))) continue
        succeeded.push(member)
      }
      for (const gatherer of this.#gatherers) await gatherer.flush()
      await this.#transaction.commit()
    } catch (failure) {
      await this.#transaction.rollback().catch(() => undefined)
      for (const member of group) member.settle(false, failure)
      return
    } finally {
      for (const gatherer of this.#gatherers) gatherer.end()
    }
    for (const member of succeeded) member.settle(true, undefined)
  }

  async #runMember(member: Waiting): Promise<boolean> {
    await this.#transaction.savepoint()
    const undo = this.#gatherers.map((gatherer) => gatherer.begin())
    try {
      await member.run()
    } catch (failure) {
      for (const takeBack of undo) takeBack()
      await this.#transaction.rollbackToSavepoint()
      member.settle(false, failure)
      return false
    }
    await this.#transaction.release()
    return true
  }
}
