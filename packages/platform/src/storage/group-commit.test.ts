import { describe, expect, it } from 'vitest'
import { GroupCommit } from './group-commit.ts'

/** A transaction that only writes down what it is asked. */
function recording(failures: { readonly commit?: boolean } = {}) {
  const calls: string[] = []
  const note = (name: string) => async (): Promise<void> => {
    calls.push(name)
    if (name === 'commit' && failures.commit) throw new Error('disk gone')
  }
  const transaction = {
    begin: note('begin'),
    savepoint: note('savepoint'),
    release: note('release'),
    rollbackToSavepoint: note('undo'),
    commit: note('commit'),
    rollback: note('rollback'),
  }
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

  it('undoes the member that throws and commits the others', async () => {
    const { calls, group } = recording()
    const failing = group.submit(async () => {
      throw new Error('mine alone')
    })
    const fine = group.submit(async () => 7)
    await expect(failing).rejects.toThrow('mine alone')
    await expect(fine).resolves.toBe(7)
    expect(calls).toEqual(['begin', 'savepoint', 'undo', 'savepoint', 'release', 'commit'])
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
})
