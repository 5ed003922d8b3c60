/** One request for a transaction, waiting for the group that it will share. */
interface Waiting {
  readonly run: () => Promise<void>
  readonly settle: (committed: boolean, failure: unknown) => void
}

/** What a database supplies to the group: the borders of a transaction and of one member's part of it. */
export interface GroupTransaction {
  begin(): Promise<void>
  savepoint(): Promise<void>
  /** Releases the savepoint of a member that is done and sets that of the next. */
  nextSavepoint(): Promise<void>
  /** Undoes a member's part, and its savepoint is gone. */
  rollbackToSavepoint(): Promise<void>
  commit(): Promise<void>
  rollback(): Promise<void>
  /** Where a commit is not yet on the disk when it is done: resolves when all of them are. */
  readonly sync?: () => Promise<void>
  /** Called between two groups: what is answered, the next group waits for. */
  readonly betweenGroups?: () => Promise<void> | undefined
}

const groupLimit = 512

/** The disk did not take what was committed: what it holds is unknown from then on, so nothing more is written. */
interface Lost {
  readonly cause: unknown
}

/** What gathers the members' work and writes it before the commit; see `GroupParticipant` of the database port. */
export interface GroupGatherer {
  begin(): () => void
  flush(): Promise<void>
  end(committed: boolean): void
}

/**
 * Group commit (DeWitt et al., 1984): requests that arrive while a transaction is being written to disk share the
 * next one, so that the cost of a durable commit is divided by their number. While a group is on its way to the disk the
 * next one is written already; members are answered when theirs is there.
 */
export class GroupCommit {
  readonly #transaction: GroupTransaction
  readonly #gatherers: GroupGatherer[] = []
  #queue: Waiting[] = []
  #draining: Promise<void> | undefined
  #answering: Promise<void> | undefined
  #lost: Lost | undefined
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
    await this.#answering
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      await this.#gather()
      await this.#transaction.betweenGroups?.()
      const committed = await this.#commit(this.#queue.splice(0, groupLimit))
      await this.#answering
      this.#answering = this.#answer(committed)
    }
    this.#draining = undefined
  }

  async #answer(committed: readonly Waiting[]): Promise<void> {
    try {
      if (this.#transaction.sync && committed.length > 0) await this.#transaction.sync()
    } catch (cause) {
      this.#lost ??= { cause }
    }
    for (const member of committed) member.settle(!this.#lost, this.#lost?.cause)
  }

  /** Requests that arrive one right after the other join the same group: waits for as long as each turn brings more. */
  async #gather(): Promise<void> {
    let known: number
    do {
      known = this.#queue.length
      await new Promise<void>((resolve) => setImmediate(resolve))
    } while (this.#queue.length > known && this.#queue.length < groupLimit)
  }

  /** Answers the members that are committed; the others have been told why they are not. */
  async #commit(group: readonly Waiting[]): Promise<readonly Waiting[]> {
    const succeeded: Waiting[] = []
    let committed = false
    try {
      if (this.#lost) throw this.#lost.cause
      await this.#transaction.begin()
      let open = false
      for (const member of group) {
        // A transaction of one member is its own savepoint; the last one's is released by the commit.
        if (group.length === 1) await member.run()
        else {
          await (open ? this.#transaction.nextSavepoint() : this.#transaction.savepoint())
          open = await this.#runMember(member)
          if (!open) continue
        }
        succeeded.push(member)
      }
      for (const gatherer of this.#gatherers) await gatherer.flush()
      await this.#transaction.commit()
      committed = true
    } catch (failure) {
      await this.#transaction.rollback().catch(() => undefined)
      for (const member of group) member.settle(false, failure)
      return []
    } finally {
      for (const gatherer of this.#gatherers) gatherer.end(committed)
    }
    return succeeded
  }

  async #runMember(member: Waiting): Promise<boolean> {
    const undo = this.#gatherers.map((gatherer) => gatherer.begin())
    try {
      await member.run()
    } catch (failure) {
      for (const takeBack of undo) takeBack()
      await this.#transaction.rollbackToSavepoint()
      member.settle(false, failure)
      return false
    }
    return true
  }
}
