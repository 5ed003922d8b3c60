import { readFile } from 'node:fs/promises'
import {
  type JsonValue,
  KaizenError,
  type StreamView,
  streamsApi,
  type TopicRef,
  topicsApi,
} from '@kaizen/contracts'
import { Command } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { wholeNumber } from '../option-values.ts'
import { formatTime, print, renderFacts, renderTable } from '../render.ts'

/** `kaizen streams`: endpoints that answer the records of topics. */
export const streamsCommand = (): Command =>
  new Command('streams')
    .description('Streams: endpoints that answer the records of topics.')
    .addCommand(listCommand())
    .addCommand(createCommand())
    .addCommand(showCommand())
    .addCommand(moveCommand('pause', 'Stop taking records.'))
    .addCommand(moveCommand('resume', 'Go on where it stopped.'))
    .addCommand(deleteCommand())
    .addCommand(produceCommand())
    .addCommand(readCommand())

const listCommand = (): Command =>
  apiCommand('list', 'List streams.', 'kaizen streams list').action(
    async (_flags, command: Command) => {
      const { client, json } = contextOf(command)
      const streams = await Array.fromAsync(client.paged(streamsApi.list))
      print(json, streams, () =>
        streams.length === 0
          ? 'No streams yet. `kaizen streams create NAME --endpoint E --from TOPIC` makes one.'
          : renderTable(streams, [
              { title: 'name', of: (row) => row.name },
              { title: 'state', of: stateText },
              { title: 'endpoint', of: (row) => row.endpoint },
              { title: 'from', of: (row) => topicText(row.source) },
              { title: 'to', of: (row) => row.target && topicText(row.target) },
              { title: 'answered', of: (row) => row.answered, right: true },
              { title: 'set aside', of: (row) => row.setAside, right: true },
              { title: 'lag', of: (row) => row.lag, right: true },
            ]),
      )
    },
  )

interface CreateFlags {
  readonly endpoint: string
  readonly from: string
  readonly to?: string
}

const createCommand = (): Command =>
  apiCommand(
    'create',
    'Answer the records of a topic, from its first on.',
    'kaizen streams create fraud --endpoint fraud --from payments --to payments-scored',
    'kaizen streams create fraud --endpoint fraud --from kafka:payments --to kafka:scored',
  )
    .argument('<name>', 'its name')
    .requiredOption('--endpoint <name>', 'what answers')
    .requiredOption('--from <topic>', 'a topic of this server, or kafka:TOPIC')
    .option('--to <topic>', 'where the answers go, beside the prediction log')
    .action(async (name: string, { endpoint, from, to }: CreateFlags, command: Command) => {
      const { client, json } = contextOf(command)
      const target = to === undefined ? {} : { target: topicOf(to) }
      const stream = await client.call(streamsApi.create, {
        body: { name, endpoint, source: topicOf(from), ...target },
      })
      print(json, stream, () => describe(stream))
    })

const showCommand = (): Command =>
  apiCommand('show', 'Show a stream and what it set aside.', 'kaizen streams show fraud')
    .argument('<name>', 'the stream')
    .action(async (name: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const params = { name }
      const stream = await client.call(streamsApi.get, { params })
      const { items } = await client.call(streamsApi.setAside, { params, query: { limit: 20 } })
      print(json, { ...stream, setAsideRecords: items }, () =>
        [
          describe(stream),
          ...(items.length === 0
            ? []
            : [
                '',
                renderTable(items, [
                  { title: 'record', of: (row) => `${row.partition}/${row.position}` },
                  { title: 'set aside', of: (row) => formatTime(row.at) },
                  { title: 'reason', of: (row) => row.reason },
                  { title: 'value', of: (row) => row.value.slice(0, 60) },
                ]),
              ]),
        ].join('\n'),
      )
    })

const moveCommand = (verb: 'pause' | 'resume', what: string): Command =>
  apiCommand(verb, what, `kaizen streams ${verb} fraud`)
    .argument('<name>', 'the stream')
    .action(async (name: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const stream = await client.call(streamsApi[verb], { params: { name } })
      print(json, stream, () => describe(stream))
    })

const deleteCommand = (): Command =>
  apiCommand(
    'delete',
    'Delete a stream; its topics and the prediction log stay.',
    'kaizen streams delete fraud --yes',
  )
    .argument('<name>', 'the stream')
    .option('--yes', 'say that how far it is may be forgotten', false)
    .action(async (name: string, flags: { yes: boolean }, command: Command) => {
      const { client, json } = contextOf(command)
      if (!flags.yes) {
        throw new KaizenError('INVALID_REQUEST', `how far "${name}" is would be forgotten`, {
          hint: 'Add --yes to delete it, or pause it.',
        })
      }
      await client.call(streamsApi.remove, { params: { name } })
      print(json, { deleted: name }, () => `The stream ${name} is deleted.`)
    })

/** Records of one call. */
const recordsAtOnce = 1000

const produceCommand = (): Command =>
  apiCommand(
    'produce',
    'Append the lines of a file to a topic of this server; again, only what it does not hold.',
    'kaizen streams produce payments payments.jsonl',
  )
    .argument('<topic>', 'the topic')
    .argument('<file>', 'JSON Lines: one record a line')
    .action(async (topic: string, file: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line.trim() !== '')
      const name = file.split('/').at(-1)
      const records = lines.map((line, i) => ({ id: `${name}:${i}`, value: recordOf(line, i) }))
      let appended = 0
      for (let from = 0; from < records.length; from += recordsAtOnce) {
        const done = await client.call(topicsApi.append, {
          params: { topic },
          body: { records: records.slice(from, from + recordsAtOnce) },
        })
        appended += done.appended
      }
      print(
        json,
        { appended },
        () => `${appended} of ${records.length} records are new in ${topic}.`,
      )
    })

const readCommand = (): Command =>
  apiCommand('read', 'Print records of a topic of this server.', 'kaizen streams read scored')
    .argument('<topic>', 'the topic')
    .option('--from <position>', 'the first position', wholeNumber(), 0)
    .option('--limit <count>', 'at most so many', wholeNumber(1), 100)
    .action(async (topic: string, flags: { from: number; limit: number }, command: Command) => {
      const { client, json } = contextOf(command)
      const query = { from: flags.from, limit: flags.limit }
      const read = await client.call(topicsApi.records, { params: { topic }, query })
      print(json, read, () => read.items.map(({ value }) => JSON.stringify(value)).join('\n'))
    })

function recordOf(line: string, i: number): JsonValue {
  try {
    return JSON.parse(line) as JsonValue
  } catch (cause) {
    throw new KaizenError('INVALID_DATA', `line ${i + 1} is not JSON`, { cause })
  }
}

const topicOf = (text: string): TopicRef =>
  text.startsWith('kafka:')
    ? { broker: 'kafka', topic: text.slice('kafka:'.length) }
    : { broker: 'internal', topic: text }

const topicText = ({ broker, topic }: TopicRef): string =>
  broker === 'kafka' ? `kafka:${topic}` : topic

const stateText = ({ state, problem }: StreamView): string =>
  state === 'running' && problem !== null ? 'stalled' : state

const describe = (stream: StreamView): string =>
  renderFacts({
    name: stream.name,
    state: stateText(stream),
    problem: stream.problem,
    endpoint: stream.endpoint,
    from: topicText(stream.source),
    to: stream.target && topicText(stream.target),
    answered: stream.answered,
    'set aside': stream.setAside,
    lag: stream.lag,
    'last record': stream.lastAt === null ? null : formatTime(stream.lastAt),
  })
