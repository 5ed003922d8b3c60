import type { StreamView, TopicRef } from '@kaizen/contracts'
import { formatCount } from '../../shared/format/number.ts'

/** A topic with the broker that keeps it. */
export const topicWords = ({ broker, topic }: TopicRef): string =>
  broker === 'kafka' ? `${topic} (Kafka)` : topic

/** What a stream is doing: one that cannot go on is in trouble, whatever it was told. */
export const stateOf = ({ state, problem }: StreamView): string =>
  state === 'paused' ? 'paused' : problem === null ? 'running' : 'failed'

/** Records that wait; nobody knows while the broker does not tell. */
export const lagWords = ({ lag }: StreamView): string =>
  lag === null ? 'not known' : formatCount(lag)

/** Where it is in each partition. */
export const positionWords = ({ positions }: StreamView): string =>
  Object.entries(positions)
    .map(([partition, next]) => `${partition}: ${formatCount(next)}`)
    .join(', ') || 'at the start'
