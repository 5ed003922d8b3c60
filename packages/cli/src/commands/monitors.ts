import { monitoringApi } from '@kaizen/contracts'
import { Command, Option } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { formatTime, print, renderTable } from '../render.ts'
import { listAlertsCommand } from './alert-inbox.ts'
import {
  annotateCommand,
  profileWriterCommand,
  recomputeCommand,
  uploadCommand,
  versionsCommand,
} from './monitor-changes.ts'
import { causesCommand, dashboardCommand, reportCommand, rulesCommand } from './monitor-exports.ts'
import { uploadsCommand } from './monitor-uploads.ts'

/** `kaizen monitors`: what is watched, and what it says. */
export function monitorsCommand(): Command {
  return new Command('monitors')
    .description('Monitors: windows, statistics and alerts.')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(listAlertsCommand('alerts', 'kaizen monitors alerts --monitor bike-watch'))
    .addCommand(annotateCommand())
    .addCommand(versionsCommand())
    .addCommand(recomputeCommand())
    .addCommand(uploadCommand())
    .addCommand(uploadsCommand())
    .addCommand(profileWriterCommand())
    .addCommand(causesCommand())
    .addCommand(reportCommand())
    .addCommand(dashboardCommand())
    .addCommand(rulesCommand())
}

/** What a monitor watches, in words. */
const watchedBy = ({
  endpoint,
  dataset,
  pipeline,
  featureView,
}: {
  readonly endpoint: string | null
  readonly dataset: string | null
  readonly pipeline: string | null
  readonly featureView: string | null
}): string => {
  if (endpoint !== null) return `endpoint ${endpoint}`
  if (dataset !== null) return `dataset ${dataset}`
  if (featureView !== null) return `feature view ${featureView}`
  return pipeline !== null ? `pipeline ${pipeline}` : 'batches'
}

const listCommand = (): Command =>
  apiCommand('list', 'List monitors.', 'kaizen monitors list').action(
    async (_flags, command: Command) => {
      const { client, json } = contextOf(command)
      const monitors = await Array.fromAsync(client.paged(monitoringApi.list))
      print(json, monitors, () =>
        monitors.length === 0
          ? 'No monitors yet. Declare one in kaizen.ts and run `kaizen apply`.'
          : renderTable(monitors, [
              { title: 'name', of: (row) => row.name },
              { title: 'state', of: (row) => row.state },
              { title: 'watches', of: (row) => watchedBy(row.declaration) },
              { title: 'open alerts', of: (row) => row.openAlerts, right: true },
              { title: 'windows', of: (row) => row.windows, right: true },
              { title: 'up to', of: (row) => formatTime(row.lastWindowTo) },
            ]),
      )
    },
  )

const showCommand = (): Command =>
  apiCommand(
    'show',
    'Show the statistics of the newest window.',
    'kaizen monitors show bike-watch --kind performance',
  )
    .argument('<name>', 'the monitor')
    .addOption(
      new Option('--kind <kind>', 'which windows')
        .choices(['drift', 'performance'])
        .default('drift'),
    )
    .action(async (name: string, flags: { kind: 'drift' | 'performance' }, command: Command) => {
      const { client, json } = contextOf(command)
      const { items } = await client.call(monitoringApi.windows, {
        params: { name },
        query: { limit: 1, kind: flags.kind },
      })
      const newest = items[0]
      print(json, newest ?? null, () => {
        if (!newest) return `${name} has closed no ${flags.kind} window yet.`
        const head = `${formatTime(newest.from)} to ${formatTime(newest.to)}, ${newest.rows} rows, ${newest.labelled} labelled, revision ${newest.revision}`
        const statistics = renderTable(newest.statistics, [
          { title: 'metric', of: (row) => row.metric },
          { title: 'value', of: (row) => row.value, right: true },
          { title: 'threshold', of: (row) => row.threshold, right: true },
          {
            title: 'drifted',
            of: (row) => (row.drifted === null ? null : row.drifted ? 'yes' : 'no'),
          },
          { title: 'note', of: (row) => row.note },
        ])
        return `${head}\n${statistics}`
      })
    })
