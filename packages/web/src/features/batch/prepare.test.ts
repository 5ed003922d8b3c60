import type { BatchJob } from '@kaizen/contracts'
import { expect, it } from 'vitest'
import {
  commandOf,
  doneShare,
  inputWords,
  progressWords,
  sameAgain,
  scheduleState,
  timesWords,
  tookMs,
} from './prepare.ts'

const job: BatchJob = {
  id: 'batch-1',
  state: 'running',
  model: 'models:/fraud@champion',
  modelName: 'fraud',
  modelVersion: 3,
  input: { dataset: 'payments', version: 4 },
  columns: null,
  keep: ['id'],
  format: 'csv',
  dataset: null,
  datasetVersion: null,
  rowsPerSecond: 100,
  rows: 1000,
  scored: 240,
  failed: 10,
  output: null,
  errors: null,
  error: null,
  createdAt: 1000,
  createdBy: 'user:ann',
  endedAt: null,
}

it('tells how far a job is', () => {
  expect(doneShare(job)).toBe(0.25)
  expect(doneShare({ ...job, rows: 0, scored: 0, failed: 0 })).toBeNull()
  expect(progressWords(job)).toBe('250 of 1,000')
  expect(tookMs(job, 5000)).toBe(4000)
  expect(tookMs({ ...job, endedAt: 2000 }, 5000)).toBe(1000)
})

it('asks for the same again, with nothing that was not asked for', () => {
  expect(sameAgain(job)).toEqual({
    model: 'models:/fraud@champion',
    input: { dataset: 'payments', version: 4 },
    format: 'csv',
    keep: ['id'],
    rowsPerSecond: 100,
  })
  expect(commandOf(job)).toBe(
    'kaizen batch models:/fraud@champion dataset:payments/4 --out scored.csv',
  )
})

it('names what was scored', () => {
  expect(inputWords(job)).toBe('payments · 4')
  expect(inputWords({ ...job, input: { dataset: 'payments' } })).toBe('payments, the latest')
  expect(inputWords({ ...job, input: { file: 'a'.repeat(64) } })).toBe('file aaaaaaaaaaaa')
})

it('tells what a schedule is doing, and when it comes', () => {
  expect(scheduleState({ state: 'paused', lastOutcome: 'failed' })).toBe('paused')
  expect(scheduleState({ state: 'running', lastOutcome: 'failed' })).toBe('failed')
  expect(scheduleState({ state: 'running', lastOutcome: null })).toBe('ready')
  expect(timesWords({ cron: '0 2 * * *', timeZone: 'UTC' })).toBe('0 2 * * * UTC')
  expect(timesWords({ cron: '0 2 * * *', timeZone: 'Asia/Tokyo' })).toBe('0 2 * * *, Asia/Tokyo')
})
