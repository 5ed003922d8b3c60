import { describe, expect, it } from 'vitest'
import { GroupCommit } from './group-commit.ts'

/** A transaction that only writes down what it is asked. */
function recordingTransaction(failures: { readonly commit?: boolean } = {}) {
  const calls: string[] = []
  const note = (name: string) => async (): Promise<void> => {
    calls.push(name)
    if (name === 'commit' && failures.commit) throw new Error('disk gone')
  }
  const transaction = {
    begin: note('begin'),
    savepoint: note('savepoint'),
    nextSavepoint: note('next'),
    rollbackToSavepoint: note('undo'),
    commit: note('commit'),
    rollback: note('rollback'),
  }
  return { calls, transaction }
}

function recording(failures: { readonly commit?: boolean } = {}) {
  const { calls, transaction } = recordingTransaction(failures)
  return { calls, group: new GroupCommit(transaction) }
}

describe('group commit', () => {
  it('shares one commit between requests of the same moment, in order of arrival', async () => {
    const { calls, group } = recording()
    const order: number[] = []
    await Promise.all([1, 2, 3].map((n) => group.submit(async () => void order.push(n))))
    expect(order).toEqual([1, 2, 3])
    expect(calls.filter((call) => call === 'commit')).toHaveLength(1)
  })

  it('needs no savepoint for a request that is alone', async () => {
    const { calls, group } = recording()
    await group.submit(async () => 1)
    expect(calls).toEqual(['begin', 'commit'])
    const failing = group.submit(async () => {
      throw new Error('mine')
    })
    await expect(failing).rejects.toThrow('mine')
    expect(calls.slice(2)).toEqual(['begin', 'rollback'])
  })

  it('answers nobody before the commit', async () => {
    const { calls, group } = recording()
    await group.submit(async () => undefined)
    expect(calls.at(-1)).toBe('commit')
  })

  it('lets work of the database itself come between two groups, and waits for it', async () => {
    const { calls, transaction } = recordingTransaction()
    const between = async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      calls.push('between')
    }
    const group = new GroupCommit({ ...transaction, betweenGroups: between })
    await group.submit(async () => 1)
    await group.submit(async () => 2)
    expect(calls).toEqual(['between', 'begin', 'commit', 'between', 'begin', 'commit'])
  })
  it('undoes the member that throws and commits the others', async () => {
    const { calls, group } = recording()
    const failing = group.submit(async () => {
      throw new Error('mine alone')
    })
    const fine = group.submit(async () => 7)
    await expect(failing).rejects.toThrow('mine alone')
    await expect(fine).resolves.toBe(7)
    expect(calls).toEqual(['begin', 'savepoint', 'undo', 'savepoint', 'commit'])
  })

  it('fails every member when the commit fails', async () => {
    const { calls, group } = recording({ commit: true })
    const outcomes = await Promise.allSettled([
      group.submit(async () => 1),
      group.submit(async () => 2),
    ])
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'rejected'])
    expect(calls.at(-1)).toBe('rollback')
  })

  it('finishes what was submitted before it closes, and takes nothing after', async () => {
    const { group } = recording()
    const last = group.submit(async () => 'done')
    await group.close()
    await expect(last).resolves.toBe('done')
    await expect(group.submit(async () => 'late')).rejects.toThrow(/closed/)
  })

  /** Gathers numbers in memory and notes when it writes them. */
  function gathering(calls: string[], failure?: Error) {
    let held: number[] = []
    const gatherer = {
      begin: () => {
        const count = held.length
        return () => {
          held.length = count
        }
      },
      flush: async () => {
        calls.push(`flush ${held.join()}`)
        if (failure) throw failure
      },
      end: () => {
        held = []
        calls.push('end')
      },
    }
    return { gatherer, hold: (n: number) => held.push(n) }
  }

  it('writes what its members gathered once, before the commit, without those that failed', async () => {
    const { calls, group } = recording()
    const { gatherer, hold } = gathering(calls)
    group.join(gatherer)
    const member = (n: number) =>
      group.submit(async () => {
        hold(n)
        if (n === 2) throw new Error('no')
      })
    await Promise.allSettled([1, 2, 3].map(member))
    expect(calls.slice(-3)).toEqual(['flush 1,3', 'commit', 'end'])
    await member(4)
    expect(calls.slice(-3)).toEqual(['flush 4', 'commit', 'end'])
  })

  it('fails every member when what they gathered cannot be written', async () => {
    const { calls, group } = recording()
    const { gatherer, hold } = gathering(calls, new Error('disk gone'))
    group.join(gatherer)
    await expect(group.submit(async () => hold(1))).rejects.toThrow('disk gone')
    expect(calls.slice(-3)).toEqual(['flush 1', 'rollback', 'end'])
  })

  describe('where commits reach the disk later', () => {
    /** The disk as a switch: each `sync` waits until it is told how it went. */
    function withDisk() {
      const { calls, transaction } = recordingTransaction()
      const disk: PromiseWithResolvers<void>[] = []
      const sync = (): Promise<void> => {
        calls.push('sync')
        const going = Promise.withResolvers<void>()
        disk.push(going)
        return going.promise
      }
      return { calls, disk, group: new GroupCommit({ ...transaction, sync }) }
    }

    const turns = async (): Promise<void> => {
      for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
    }

    it('answers nobody before the disk has it, and writes the next group meanwhile', async () => {
      const { calls, disk, group } = withDisk()
      const answered: string[] = []
      const first = group.submit(async () => undefined).then(() => answered.push('first'))
      await turns()
      const second = group.submit(async () => undefined).then(() => answered.push('second'))
      await turns()
      expect(calls).toEqual(['begin', 'commit', 'sync', 'begin', 'commit'])
      expect(answered).toEqual([])
      disk[0]?.resolve()
      await first
      await turns()
      expect(calls.slice(5)).toEqual(['sync'])
      expect(answered).toEqual(['first'])
      disk[1]?.resolve()
      await second
      await group.close()
    })

    it('refuses everything once the disk has not taken a group', async () => {
      const { calls, disk, group } = withDisk()
      const lost = group.submit(async () => undefined)
      await turns()
      const behind = group.submit(async () => undefined)
      const refused = Promise.allSettled([lost, behind])
      disk[0]?.reject(new Error('disk gone'))
      expect((await refused).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
      const before = calls.filter((call) => call === 'commit').length
      await expect(group.submit(async () => undefined)).rejects.toThrow('disk gone')
      expect(calls.filter((call) => call === 'commit')).toHaveLength(before)
    })

    it('closes after the last answer', async () => {
      const { disk, group } = withDisk()
      let answered = false
      const write = group
        .submit(async () => undefined)
        .then(() => {
          answered = true
        })
      await turns()
      const closed = group.close().then(() => answered)
      disk[0]?.resolve()
      await write
      expect(await closed).toBe(true)
    })
  })
})
