import type { SinkTarget, SinkView } from '@kaizen/contracts'

/** What a sink is doing: one that cannot go on is in trouble, whatever it was told. */
export const sinkState = ({ state, problem }: Pick<SinkView, 'state' | 'problem'>): string =>
  state === 'paused' ? 'paused' : problem === null ? 'running' : 'failed'

export function targetWords(target: SinkTarget): string {
  if (target.kind === 'http') return `${target.url} (${target.mode})`
  return target.broker === 'kafka' ? `${target.topic} (Kafka)` : `topic ${target.topic}`
}
