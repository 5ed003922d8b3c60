import { expect, it } from 'vitest'
import { sinkState, targetWords } from './sink-words.ts'

it('tells trouble before what a sink was told, and where events go', () => {
  expect(sinkState({ state: 'running', problem: null })).toBe('running')
  expect(sinkState({ state: 'running', problem: 'away' })).toBe('failed')
  expect(sinkState({ state: 'paused', problem: 'away' })).toBe('paused')
  const url = 'https://example.org/in'
  expect(targetWords({ kind: 'http', url, mode: 'batched' })).toBe(`${url} (batched)`)
  expect(targetWords({ kind: 'topic', broker: 'kafka', topic: 't' })).toBe('t (Kafka)')
  expect(targetWords({ kind: 'topic', broker: 'internal', topic: 't' })).toBe('topic t')
})
