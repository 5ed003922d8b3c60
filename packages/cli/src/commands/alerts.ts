import { readFile } from 'node:fs/promises'
import { alertingApi, KaizenError, type Severity } from '@kaizen/contracts'
import { Command, Option } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { formatTime, print, renderTable } from '../render.ts'
import {
  assignCommand,
  changeCommand,
  commentCommand,
  listAlertsCommand,
  showCommand,
} from './alert-inbox.ts'
import { timeOf } from './monitor-changes.ts'

/** `kaizen alerts`: what is wrong, who is told, and who is not for a while. */
export function alertsCommand(): Command {
  return new Command('alerts')
    .description('Alerts: the inbox, channels and silences.')
    .addCommand(listAlertsCommand('list', 'kaizen alerts list --state open'))
    .addCommand(showCommand())
    .addCommand(changeCommand('acknowledge', 'Say that somebody looks after alerts.'))
    .addCommand(changeCommand('resolve', 'End alerts by hand.'))
    .addCommand(assignCommand())
    .addCommand(commentCommand())
    .addCommand(channelsCommand())
    .addCommand(setChannelCommand())
    .addCommand(removeChannelCommand())
    .addCommand(testChannelCommand())
    .addCommand(silencesCommand())
    .addCommand(silenceCommand())
    .addCommand(endSilenceCommand())
}

const channelsCommand = (): Command =>
  apiCommand(
    'channels',
    'List the channels that alerts are told by.',
    'kaizen alerts channels',
  ).action(async (_flags, command: Command) => {
    const { client, json } = contextOf(command)
    const channels = await Array.fromAsync(client.paged(alertingApi.channels))
    print(json, channels, () =>
      channels.length === 0
        ? 'No channels yet: `kaizen alerts set-channel NAME FILE` makes one.'
        : renderTable(channels, [
            { title: 'name', of: (row) => row.name },
            { title: 'kind', of: (row) => row.kind },
            { title: 'to', of: (row) => row.target },
            { title: 'monitors', of: (row) => row.monitors },
            { title: 'rules', of: (row) => row.rules },
            { title: 'from', of: (row) => row.minSeverity },
            { title: 'events', of: (row) => row.events.join(', ') },
          ]),
    )
  })

const setChannelCommand = (): Command =>
  apiCommand(
    'set-channel',
    'Create or replace a channel from a JSON file: a command line would leave its secret in the history of the shell.',
    'kaizen alerts set-channel on-call channel.json --min-severity critical',
  )
    .argument('<name>', 'the channel')
    .argument(
      '<file>',
      'its target, such as {"kind": "slack", "url": "https://…"}; - reads the standard input',
    )
    .option('--monitors <pattern>', 'only of these monitors', '*')
    .option('--rules <pattern>', 'only of these rules', '*')
    .addOption(
      new Option('--min-severity <severity>', 'at least this severe')
        .choices(['info', 'warning', 'critical'])
        .default('info'),
    )
    .action(
      async (
        name: string,
        file: string,
        flags: { monitors: string; rules: string; minSeverity: Severity },
        command: Command,
      ) => {
        const { client, json } = contextOf(command)
        // What a target must hold is judged by the server.
        const body = { target: await readTarget(file), ...flags } as never
        const channel = await client.call(alertingApi.putChannel, { params: { name }, body })
        print(json, channel, () => `${channel.name} tells ${channel.target}.`)
      },
    )

async function readTarget(file: string): Promise<unknown> {
  const text =
    file === '-' ? (await process.stdin.toArray()).join('') : await readFile(file, 'utf8')
  try {
    return JSON.parse(text)
  } catch {
    throw new KaizenError('INVALID_JSON', `${file} is not JSON`, {
      hint: 'Write for example {"kind": "webhook", "url": "https://example.org/hook"}.',
    })
  }
}

const removeChannelCommand = (): Command =>
  apiCommand('remove-channel', 'Delete a channel.', 'kaizen alerts remove-channel on-call')
    .argument('<name>', 'the channel')
    .action(async (name: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      await client.call(alertingApi.deleteChannel, { params: { name } })
      print(json, { name }, () => `${name} is gone.`)
    })

const testChannelCommand = (): Command =>
  apiCommand('test-channel', 'Send a test message now.', 'kaizen alerts test-channel on-call')
    .argument('<name>', 'the channel')
    .action(async (name: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const result = await client.call(alertingApi.testChannel, { params: { name } })
      if (!result.ok) throw new KaizenError('UNAVAILABLE', `${name}: ${result.error}`)
      print(json, result, () => `${name} took the message.`)
    })

const silencesCommand = (): Command =>
  apiCommand('silences', 'List silences and maintenance windows.', 'kaizen alerts silences').action(
    async (_flags, command: Command) => {
      const { client, json } = contextOf(command)
      const silences = await Array.fromAsync(client.paged(alertingApi.silences))
      print(json, silences, () =>
        silences.length === 0
          ? 'Nothing is silenced.'
          : renderTable(silences, [
              { title: 'id', of: (row) => row.id },
              { title: 'now', of: (row) => (row.active ? 'silent' : 'no') },
              { title: 'from', of: (row) => formatTime(row.from) },
              { title: 'to', of: (row) => formatTime(row.to) },
              { title: 'every', of: (row) => row.repeat },
              { title: 'monitors', of: (row) => row.monitors },
              { title: 'rules', of: (row) => row.rules },
              { title: 'reason', of: (row) => row.reason },
            ]),
      )
    },
  )

const silenceCommand = (): Command =>
  apiCommand(
    'silence',
    'Tell nobody of some alerts for a time; they are opened and shown all the same.',
    'kaizen alerts silence "sensor is being replaced" --monitors bike-watch --to 2012-05-23T06:00Z',
  )
    .argument('<reason>', 'why')
    .requiredOption('--to <time>', 'until when (ISO 8601)')
    .option('--from <time>', 'from when; now unless told')
    .option('--every <duration>', 'again so often, such as 7d, as maintenance is')
    .option('--monitors <pattern>', 'of these monitors', '*')
    .option('--rules <pattern>', 'of these rules', '*')
    .action(
      async (
        reason: string,
        flags: { to: string; from?: string; every?: string; monitors: string; rules: string },
        command: Command,
      ) => {
        const { client, json } = contextOf(command)
        const silence = await client.call(alertingApi.silence, {
          body: {
            reason,
            monitors: flags.monitors,
            rules: flags.rules,
            to: timeOf('--to', flags.to),
            repeat: flags.every ?? null,
            ...(flags.from !== undefined && { from: timeOf('--from', flags.from) }),
          },
        })
        print(json, silence, () => `Silent until ${formatTime(silence.to)} (${silence.id}).`)
      },
    )

const endSilenceCommand = (): Command =>
  apiCommand('end-silence', 'End a silence now.', 'kaizen alerts end-silence ID')
    .argument('<id>', 'the silence')
    .action(async (id: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      await client.call(alertingApi.endSilence, { params: { id } })
      print(json, { id }, () => 'The silence is over.')
    })
