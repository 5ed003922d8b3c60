import {
  type AlertChangeInput,
  type AlertView,
  alertInboxApi,
  alertingApi,
  KaizenError,
  monitoringApi,
  type Severity,
  severities,
} from '@kaizen/contracts'
import type { Client } from '@kaizen/sdk'
import { type Command, Option } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { wholeNumber } from '../option-values.ts'
import { formatTime, print, renderTable } from '../render.ts'
import { timeOf } from './monitor-changes.ts'

interface ListFlags {
  readonly monitor?: string
  readonly state?: AlertView['state']
  readonly severity?: Severity
  readonly assignee?: string
  readonly unassigned?: true
  readonly text?: string
  readonly from?: string
  readonly to?: string
  readonly limit: number
}

export const listAlertsCommand = (name: string, example: string): Command =>
  apiCommand(name, 'List alerts, newest first.', example)
    .option('--monitor <name>', 'of one monitor')
    .addOption(
      new Option('--state <state>', 'in one state').choices(['open', 'acknowledged', 'resolved']),
    )
    .addOption(new Option('--severity <severity>', 'of one severity').choices([...severities]))
    .option('--assignee <name>', 'that somebody looks after')
    .option('--unassigned', 'that nobody looks after')
    .option('--text <text>', 'with this text in a name, the message or the note')
    .option('--from <time>', 'opened since (ISO 8601)')
    .option('--to <time>', 'opened before (ISO 8601)')
    .option('--limit <count>', 'at most so many', wholeNumber(1), 100)
    .action(async (flags: ListFlags, command: Command) => {
      const { client, json } = contextOf(command)
      const items = await firstAlerts(client, flags)
      print(json, items, () =>
        items.length === 0
          ? 'No alerts.'
          : renderTable(items, [
              { title: 'opened', of: (row) => formatTime(row.openedAt) },
              { title: 'id', of: (row) => row.id },
              { title: 'state', of: (row) => row.state },
              { title: 'severity', of: (row) => row.severity },
              { title: 'monitor', of: (row) => row.monitor },
              { title: 'assignee', of: (row) => row.assignee },
              { title: 'message', of: (row) => row.message },
            ]),
      )
    })

async function firstAlerts(client: Client, flags: ListFlags): Promise<readonly AlertView[]> {
  const { monitor, state, severity, text, limit } = flags
  const assignee = flags.unassigned ? '' : flags.assignee
  const alerts: AlertView[] = []
  const pages = client.paged(monitoringApi.alerts, {
    query: {
      limit: Math.min(limit, 1000),
      ...(monitor !== undefined && { monitor }),
      ...(state !== undefined && { state }),
      ...(severity !== undefined && { severity }),
      ...(assignee !== undefined && { assignee }),
      ...(text !== undefined && { text }),
      ...(flags.from !== undefined && { from: timeOf('--from', flags.from) }),
      ...(flags.to !== undefined && { to: timeOf('--to', flags.to) }),
    },
  })
  for await (const alert of pages) {
    alerts.push(alert)
    if (alerts.length === limit) break
  }
  return alerts
}

export const showCommand = (): Command =>
  apiCommand(
    'show',
    'Show an alert, what was said about it and who was told.',
    'kaizen alerts show ID',
  )
    .argument('<id>', 'the alert')
    .action(async (id: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const alert = await client.call(alertingApi.alert, { params: { id } })
      const said = await Array.fromAsync(client.paged(alertInboxApi.comments, { params: { id } }))
      print(json, { ...alert, said }, () => {
        const head = `${alert.severity} ${alert.state}: ${alert.monitor} ${alert.rule}\n${alert.message}`
        const who =
          alert.assignee === null ? 'Nobody looks after it.' : `${alert.assignee} looks after it.`
        const comments = said.map(({ at, author, text }) => `${formatTime(at)} ${author}: ${text}`)
        const told =
          alert.deliveries.length === 0
            ? 'Nobody was told of it.'
            : renderTable(alert.deliveries, [
                { title: 'told', of: (row) => formatTime(row.createdAt) },
                { title: 'channel', of: (row) => row.channel },
                { title: 'event', of: (row) => row.event },
                { title: 'state', of: (row) => row.state },
                { title: 'attempts', of: (row) => row.attempts, right: true },
                { title: 'error', of: (row) => row.error },
              ])
        return [head, who, ...comments, told].join('\n')
      })
    })

export const changeCommand = (verb: 'acknowledge' | 'resolve', summary: string): Command =>
  apiCommand(verb, summary, `kaizen alerts ${verb} ID --note "sensor is being replaced"`)
    .argument('<ids...>', 'the alerts')
    .option('--note <text>', 'what there is to say', '')
    .action((ids: string[], { note }: { note: string }, command: Command) =>
      change(command, ids, { kind: verb, note }),
    )

export const assignCommand = (): Command =>
  apiCommand('assign', 'Say who looks after alerts.', 'kaizen alerts assign ID --to anna')
    .argument('<ids...>', 'the alerts')
    .option('--to <name>', 'who; nobody unless told')
    .action((ids: string[], { to }: { to?: string }, command: Command) =>
      change(command, ids, { kind: 'assign', assignee: to ?? null }),
    )

export const commentCommand = (): Command =>
  apiCommand(
    'comment',
    'Say something about an alert.',
    'kaizen alerts comment ID "the feed of the station is down"',
  )
    .argument('<id>', 'the alert')
    .argument('<text>', 'what there is to say')
    .action((id: string, text: string, _flags, command: Command) =>
      change(command, [id], { kind: 'comment', text }),
    )

/** How many alerts the server changes in one transaction. */
const atOnce = 500

async function change(
  command: Command,
  ids: readonly string[],
  change: AlertChangeInput,
): Promise<void> {
  const { client, json } = contextOf(command)
  const changed: AlertView[] = []
  const unchanged: { id: string; reason: string }[] = []
  for (let from = 0; from < ids.length; from += atOnce) {
    const body = { ids: ids.slice(from, from + atOnce), change }
    const answer = await client.call(alertInboxApi.change, { body })
    changed.push(...answer.changed)
    unchanged.push(...answer.unchanged)
  }
  print(json, { changed, unchanged }, () =>
    [...changed.map(inWords), ...unchanged.map(({ reason }) => `Not done: ${reason}.`)].join('\n'),
  )
  if (changed.length === 0) {
    throw new KaizenError('CONFLICT', unchanged[0]?.reason ?? 'nothing was changed', {
      hint: '`kaizen alerts list` shows the alerts and their states.',
    })
  }
}

const inWords = ({ monitor, rule, state, assignee }: AlertView): string =>
  `${monitor} ${rule} is ${state}${assignee === null ? '' : `, looked after by ${assignee}`}.`
