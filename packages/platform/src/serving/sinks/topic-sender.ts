import type { OutputRecord, TopicWriter } from '../streams/model.ts'
import type { PredictionEvent } from './events.ts'
import type { SinkSender } from './model.ts'

const recordOf = (event: PredictionEvent): OutputRecord => ({
  id: event.id,
  key: event.subject,
  value: JSON.stringify(event),
  contentType: 'application/cloudevents+json; charset=utf-8',
})

/** Writes events to a topic: to one of this server in the transaction that notes how far the sink is, so each once. */
export function topicSender(writer: TopicWriter): SinkSender {
  const { within, before } = writer
  return {
    ...(within && {
      within: (tx, events) => within(tx, events.map(recordOf)),
    }),
    ...(before && {
      before: async (events) => {
        await before(events.map(recordOf))
        return { refused: 0, refusal: null }
      },
    }),
    [Symbol.asyncDispose]: () => writer[Symbol.asyncDispose](),
  }
}
