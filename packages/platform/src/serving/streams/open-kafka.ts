import type { TopicPort } from './model.ts'

/** Topics of a Kafka cluster; its client is loaded by the first stream that needs it. */
export const openKafka = async (brokers: readonly string[]): Promise<TopicPort> => {
  const { KafkaTopics } = await import('./kafka-topics.ts')
  return new KafkaTopics(brokers)
}
