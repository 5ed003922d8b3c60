import { expect, it } from 'vitest'
import {
  freshness,
  keyWords,
  lookedUp,
  reachWords,
  sourceWords,
  typedValue,
  writtenWords,
} from './prepare.ts'

it('says what of the dataset stands online', () => {
  const online = { materializedTo: 1, newestEvent: 1, writtenAt: 1 }
  expect(freshness({ ...online, datasetVersion: null }, 3)).toMatchObject({ state: 'waiting' })
  expect(freshness({ ...online, datasetVersion: 3 }, 3)).toEqual({
    state: 'ok',
    words: 'version 3, the newest',
  })
  expect(freshness({ ...online, datasetVersion: 2 }, 3)).toEqual({
    state: 'attention',
    words: 'version 2; the newest is 3',
  })
  expect(freshness({ ...online, datasetVersion: 2 }, undefined).state).toBe('ok')
})

it('names join keys, and says where there are none', () => {
  expect(keyWords({ joinKeys: [{ name: 'id', type: 'integer' }] })).toBe('id (integer)')
  expect(keyWords({ joinKeys: [] })).toMatch(/^none/)
})

it('tells what was brought in', () => {
  const asked = { from: Date.UTC(2024, 0, 1), to: Date.UTC(2024, 1, 1), rows: 1200, written: 7 }
  expect(reachWords({ ...asked, kind: 'incremental' } as never)).toBe('what is new')
  expect(reachWords({ ...asked, kind: 'window' } as never)).toContain('2024-01-01')
  expect(writtenWords(asked as never)).toBe('7 of 1,200')
})

it('reads an answer column by column, and knows no time of what was not found', () => {
  const time = '1970-01-01T00:00:00Z'
  const answer = {
    metadata: { feature_names: ['id', 'orders', 'name', 'gone'] },
    results: [
      { values: [7], statuses: ['PRESENT' as const], event_timestamps: [time] },
      { values: [3], statuses: ['PRESENT' as const], event_timestamps: ['2024-05-01T00:00:00Z'] },
      { values: ['a'], statuses: ['OUTSIDE_MAX_AGE' as const], event_timestamps: [time] },
      { values: [null], statuses: ['NOT_FOUND' as const], event_timestamps: [time] },
    ],
  }
  expect(lookedUp(answer, 1)).toEqual([
    { name: 'orders', value: '3', status: 'PRESENT', at: Date.UTC(2024, 4, 1) },
    { name: 'name', value: 'a', status: 'OUTSIDE_MAX_AGE', at: 0 },
    { name: 'gone', value: null, status: 'NOT_FOUND', at: null },
  ])
})

it('says where a feature comes from', () => {
  expect(sourceWords({ name: 'a', type: 'number' })).toBe('a')
  expect(sourceWords({ name: 'a', type: 'number', column: 'b' })).toBe('b')
  const aggregate = { function: 'sum', window: '7d' } as const
  expect(sourceWords({ name: 'a', type: 'number', column: 'b', aggregate })).toBe(
    'sum of b over 7d',
  )
  const count = { function: 'count', window: '1h' } as const
  expect(sourceWords({ name: 'a', type: 'integer', aggregate: count })).toBe(
    'count of rows over 1h',
  )
})

it('reads what somebody typed as its type, and leaves what is none to the server', () => {
  expect(typedValue('12.5', 'number')).toBe(12.5)
  expect(typedValue('much', 'number')).toBe('much')
  expect(typedValue('', 'number')).toBe('')
  expect(typedValue('True', 'boolean')).toBe(true)
  expect(typedValue('9007199254740993', 'integer')).toBe('9007199254740993')
})
