import {
  KaizenError,
  type NewSink,
  type SinkTarget,
  type SinkView,
  sinkModes,
  sinksApi,
} from '@kaizen/contracts'
import { Command, Option } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { formatTime, print, renderFacts, renderTable } from '../render.ts'

/** `kaizen sinks`: predictions sent on as CloudEvents. */
export const sinksCommand = (): Command =>
  new Command('sinks')
    .description('Sinks: where the predictions of endpoints go, as CloudEvents.')
    .addCommand(listCommand())
    .addCommand(createCommand())
    .addCommand(showCommand())
    .addCommand(moveCommand('pause', 'Stop sending.'))
    .addCommand(moveCommand('resume', 'Go on where it stopped.'))
    .addCommand(deleteCommand())

const listCommand = (): Command =>
  apiCommand('list', 'List sinks.', 'kaizen sinks list --endpoint fraud')
    .option('--endpoint <name>', 'those of one endpoint')
    .action(async ({ endpoint }: { endpoint?: string }, command: Command) => {
      const { client, json } = contextOf(command)
      const query = endpoint === undefined ? {} : { endpoint }
      const sinks = await Array.fromAsync(client.paged(sinksApi.list, { query }))
      print(json, sinks, () =>
        sinks.length === 0
          ? 'No sinks yet. `kaizen sinks create NAME --endpoint E --to https://…` makes one.'
          : renderTable(sinks, [
              { title: 'name', of: (row) => row.name },
              { title: 'state', of: stateText },
              { title: 'endpoint', of: (row) => row.endpoint },
              { title: 'to', of: (row) => targetText(row.target) },
              { title: 'sent', of: (row) => row.sent, right: true },
              { title: 'refused', of: (row) => row.refused, right: true },
              { title: 'lag', of: (row) => row.lag, right: true },
            ]),
      )
    })

interface CreateFlags {
  readonly endpoint: string
  readonly to: string
  readonly mode: (typeof sinkModes)[number]
  readonly arms: NewSink['arms']
  readonly redact?: string
  readonly from: NewSink['from']
}

const createCommand = (): Command =>
  apiCommand(
    'create',
    'Send the predictions of an endpoint on, each at least once. KAIZEN_SINK_TOKEN is sent as a bearer token where it is set.',
    'kaizen sinks create warehouse --endpoint fraud --to https://events.example.org/in --mode batched',
    'kaizen sinks create topic --endpoint fraud --to kafka:predictions --redact name,x[3]',
  )
    .argument('<name>', 'its name')
    .requiredOption('--endpoint <name>', 'whose predictions')
    .requiredOption('--to <target>', 'a URL, a topic of this server, or kafka:TOPIC')
    .addOption(
      new Option('--mode <mode>', 'how events are posted to a URL')
        .choices([...sinkModes])
        .default('structured'),
    )
    .addOption(
      new Option('--arms <which>', 'with the answers of shadow arms, or without')
        .choices(['live', 'all'])
        .default('live'),
    )
    .option('--redact <columns>', 'columns of inputs that are left out, several by commas')
    .addOption(
      new Option('--from <place>', 'from now on, or everything that the log holds')
        .choices(['now', 'beginning'])
        .default('now'),
    )
    .action(async (name: string, flags: CreateFlags, command: Command) => {
      const { client, json } = contextOf(command)
      const { endpoint, arms, from } = flags
      const token = process.env['KAIZEN_SINK_TOKEN']
      const redact = (flags.redact ?? '').split(',').filter((column) => column !== '')
      const sink = await client.call(sinksApi.create, {
        body: {
          name,
          endpoint,
          target: targetOf(flags.to, flags.mode),
          arms,
          from,
          redact,
          ...(token ? { token } : {}),
        },
      })
      print(json, sink, () => describe(sink))
    })

const showCommand = (): Command =>
  apiCommand('show', 'Show a sink and how far it is.', 'kaizen sinks show warehouse')
    .argument('<name>', 'the sink')
    .action(async (name: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const sink = await client.call(sinksApi.get, { params: { name } })
      print(json, sink, () => describe(sink))
    })

const moveCommand = (verb: 'pause' | 'resume', what: string): Command =>
  apiCommand(verb, what, `kaizen sinks ${verb} warehouse`)
    .argument('<name>', 'the sink')
    .action(async (name: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const sink = await client.call(sinksApi[verb], { params: { name } })
      print(json, sink, () => describe(sink))
    })

const deleteCommand = (): Command =>
  apiCommand(
    'delete',
    'Delete a sink; the prediction log stays.',
    'kaizen sinks delete warehouse --yes',
  )
    .argument('<name>', 'the sink')
    .option('--yes', 'say that how far it is may be forgotten', false)
    .action(async (name: string, flags: { yes: boolean }, command: Command) => {
      const { client, json } = contextOf(command)
      if (!flags.yes) {
        throw new KaizenError('INVALID_REQUEST', `how far "${name}" is would be forgotten`, {
          hint: 'Add --yes to delete it, or pause it.',
        })
      }
      await client.call(sinksApi.remove, { params: { name } })
      print(json, { deleted: name }, () => `The sink ${name} is deleted.`)
    })

const targetOf = (text: string, mode: CreateFlags['mode']): SinkTarget => {
  if (text.includes('://')) return { kind: 'http', url: text, mode }
  return text.startsWith('kafka:')
    ? { kind: 'topic', broker: 'kafka', topic: text.slice('kafka:'.length) }
    : { kind: 'topic', broker: 'internal', topic: text }
}

const targetText = (target: SinkTarget): string => {
  if (target.kind === 'http') return target.url
  return target.broker === 'kafka' ? `kafka:${target.topic}` : target.topic
}

const stateText = ({ state, problem }: SinkView): string =>
  state === 'running' && problem !== null ? 'stalled' : state

const describe = (sink: SinkView): string =>
  renderFacts({
    name: sink.name,
    state: stateText(sink),
    problem: sink.problem,
    endpoint: sink.endpoint,
    to: targetText(sink.target),
    mode: sink.target.kind === 'http' ? sink.target.mode : null,
    token: sink.hasToken ? 'set' : null,
    arms: sink.arms,
    'left out': sink.redact.join(', ') || null,
    sent: sink.sent,
    refused: sink.refused,
    refusal: sink.refusal,
    lag: sink.lag,
    'last event': sink.lastAt === null ? null : formatTime(sink.lastAt),
  })
