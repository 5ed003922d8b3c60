import type { TestServing } from '../test-serving.ts'
import { type StreamDeps, StreamService } from './streams.service.ts'

export const row = (temp: number) => ({ temp, season: 'summer' })
export const internal = (topic: string) => ({ broker: 'internal', topic }) as const
export const kafka = (topic: string) => ({ broker: 'kafka', topic }) as const

export const serviceOf = (test: TestServing, more: Partial<StreamDeps> = {}): StreamService => {
  const { database, audit, clock, serving } = test
  let made = 0
  const ids = { next: (prefix: string) => `${prefix}_${clock.now()}_${++made}_${Math.random()}` }
  return new StreamService({
    database,
    audit,
    clock,
    ids: ids as StreamDeps['ids'],
    live: (name) => serving.live(name),
    ...more,
  })
}
