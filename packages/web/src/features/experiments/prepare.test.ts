import { describe, expect, it } from 'vitest'
import { runAt } from '../../../dev/fixture/tracking.ts'
import { chosenFields, fieldsOf, orderClause, readOrder, toggleField } from './prepare.ts'
import { readRun, readRunPage } from './wire.ts'

const runs = [0, 1, 2, 11].map((number) => readRun(runAt(number)))

describe('runs', () => {
  it('reads what MLflow writes: numbers as text, lists left out, no end as zero', () => {
    const run = readRun({ info: { run_id: 'a', start_time: '17', end_time: 0 }, data: {} })
    expect(run.startTime).toBe(17)
    expect(run.endTime).toBeNull()
    expect(run.metrics.size).toBe(0)
    expect(readRunPage({})).toEqual({ runs: [], nextPageToken: null })
    expect(readRun(null).id).toBe('')
  })
  it('finds the columns that runs have, metrics first', () => {
    const fields = fieldsOf(runs)
    expect(fields[0]).toBe('metrics.mae')
    expect(fields).toContain('params.max_leaves')
    expect(chosenFields(fields, undefined).length).toBeLessThanOrEqual(8)
    expect(chosenFields(fields, 'metrics.mae,nonsense')).toEqual(['metrics.mae'])
    expect(toggleField(['metrics.mae'], 'params.trees')).toBe('metrics.mae,params.trees')
    expect(toggleField(['metrics.mae'], 'metrics.mae')).toBe('')
  })
  it('writes an order that the server reads, and reads it back', () => {
    const sort = { column: 'metrics.train loss', descending: true }
    expect(orderClause(sort)).toBe('metrics.`train loss` DESC')
    expect(readOrder(orderClause(sort))).toEqual(sort)
    expect(orderClause({ column: 'start_time', descending: false })).toBe('start_time ASC')
    expect(readOrder('nonsense')).toBeNull()
  })
})
