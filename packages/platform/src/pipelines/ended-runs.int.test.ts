import { describe, expect, it } from 'vitest'
import { testDatabase, testDialects } from '../storage/test-databases.ts'
import { pipelineMigrations } from './migrations.ts'
import type { RunRecord } from './model.ts'
import { endedRuns, endedSpan, insertRun } from './runs.store.ts'

const run = (id: string, endedAt: number | null, state: RunRecord['state']): RunRecord => ({
  id,
  pipeline: 'fit',
  project: null,
  revision: 'r',
  state,
  params: {},
  seed: 1,
  cache: true,
  trigger: 'manual',
  startedBy: 'ann',
  trackingRunId: null,
  versions: null,
  createdAt: 1,
  startedAt: 2,
  endedAt,
  error: null,
  outputs: {},
  source: null,
  reproduces: null,
})

describe.each(testDialects)('runs that have ended, on $dialect', ({ dialect, available }) => {
  if (!available) return it.skip('PostgreSQL is not installed', () => undefined)
  it('are read by the time at which they ended, with their steps', async () => {
    await using opened = await testDatabase(dialect, pipelineMigrations)
    const { database } = opened
    expect(await endedSpan(database.reader, 'fit')).toBeUndefined()
    await database.write(async (tx) => {
      await insertRun(tx, run('late', 30, 'failed'), [{ id: 'a', step: 'a' }])
      await insertRun(tx, run('early', 10, 'succeeded'), [
        { id: 'a', step: 'a' },
        { id: 'b', step: 'b' },
      ])
      await insertRun(tx, run('cancelled', 20, 'cancelled'), [])
      await insertRun(tx, run('running', null, 'running'), [])
      await insertRun(tx, { ...run('other', 15, 'succeeded'), pipeline: 'other' }, [])
    })
    const found = await endedRuns(database.reader, 'fit', { from: 10, to: 31 })
    expect(found.map((one) => [one.run.id, one.steps.length])).toEqual([
      ['early', 2],
      ['late', 1],
    ])
    expect(await endedRuns(database.reader, 'fit', { from: 11, to: 30 })).toEqual([])
    expect(await endedSpan(database.reader, 'fit')).toEqual({ from: 10, to: 31 })
  })
})
