import type { StreamState, TopicRef } from '@kaizen/contracts'
import type { Tx } from '../../storage/index.ts'

/** A record of a topic, wherever it is kept. */
export interface TopicRecord {
  readonly partition: number
  readonly position: number
  readonly key: string | null
  readonly value: string
  /** When it was written, in milliseconds. */
  readonly at: number
}

/** An answer on its way; one with an id that was written before is the same answer. */
export interface OutputRecord {
  readonly id: string
  readonly key: string | null
  readonly value: string
  /** What Kafka is told of the value; topics of this server hold JSON. */
  readonly contentType?: string
}

/** The next position of each partition, by its number. */
export type Positions = Readonly<Record<string, number>>

/** Reads a topic from where a stream is. */
export interface TopicReader extends AsyncDisposable {
  /** The records that follow those read before, at most `limit`; none where none is there yet. */
  read(limit: number): Promise<readonly TopicRecord[]>
  /** Told what is done for good. */
  committed(positions: Positions): Promise<void>
  /** Records from these positions to the end of the topic. */
  lag(positions: Positions): Promise<number>
}

/** Writes answers to a topic: in the transaction that notes how far the stream is, or before it. */
export interface TopicWriter extends AsyncDisposable {
  readonly within?: (tx: Tx, records: readonly OutputRecord[]) => Promise<void>
  readonly before?: (records: readonly OutputRecord[]) => Promise<void>
}

/** How a Kafka cluster is reached. */
export interface KafkaCluster {
  readonly brokers: readonly string[]
  /** Texts in PEM. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string } | undefined
  readonly sasl?: {
    readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
    readonly username: string
    readonly password: string
  }
}

/** The port of streams: where topics are kept. */
export interface TopicPort {
  /** @throws UNAVAILABLE, NOT_FOUND */
  reader(
    topic: string,
    stream: { readonly id: string; readonly positions: Positions },
  ): Promise<TopicReader>
  /** @throws UNAVAILABLE */
  writer(topic: string): Promise<TopicWriter>
}

export interface StreamRecord {
  readonly id: string
  readonly name: string
  readonly endpoint: string
  readonly source: TopicRef
  readonly target: TopicRef | null
  readonly state: StreamState
  readonly positions: Positions
  readonly answered: number
  readonly setAside: number
  readonly createdAt: number
  readonly createdBy: string
  readonly lastAt: number | null
}

export interface SetAside {
  readonly record: TopicRecord
  readonly reason: string
}

export interface Scored {
  readonly outputs: readonly OutputRecord[]
  readonly setAside: readonly SetAside[]
}
