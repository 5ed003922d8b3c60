import type { StreamView } from '@kaizen/contracts'
import { expect, it } from 'vitest'
import { lagWords, positionWords, stateOf, topicWords } from './prepare.ts'

const stream: StreamView = {
  id: 's',
  name: 'payments',
  endpoint: 'fraud',
  source: { broker: 'kafka', topic: 'payments' },
  target: null,
  state: 'running',
  positions: { 0: 1200, 1: 7 },
  answered: 1207,
  setAside: 0,
  lag: null,
  problem: null,
  createdAt: 0,
  createdBy: 'user:ann',
  lastAt: null,
}

it('says where a stream stands', () => {
  expect(topicWords(stream.source)).toBe('payments (Kafka)')
  expect(topicWords({ broker: 'internal', topic: 'a' })).toBe('a')
  expect(positionWords(stream)).toBe('0: 1,200, 1: 7')
  expect(positionWords({ ...stream, positions: {} })).toBe('at the start')
  expect([lagWords(stream), lagWords({ ...stream, lag: 0 })]).toEqual(['not known', '0'])
})

it('calls one that cannot go on failed, unless it is paused', () => {
  expect(stateOf(stream)).toBe('running')
  expect(stateOf({ ...stream, problem: 'no broker' })).toBe('failed')
  expect(stateOf({ ...stream, problem: 'no broker', state: 'paused' })).toBe('paused')
})
