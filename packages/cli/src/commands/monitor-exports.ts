import { writeFile } from 'node:fs/promises'
import { KaizenError, monitorExportApi, monitoringApi } from '@kaizen/contracts'
import { type Command, Option } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { formatTime, print, renderTable } from '../render.ts'
import { timeOf } from './monitor-changes.ts'

export const causesCommand = (): Command =>
  apiCommand(
    'causes',
    'Say why a monitor speaks up: columns, rows, since when, what changed upstream.',
    'kaizen monitors causes bike-watch',
  )
    .argument('<name>', 'the monitor')
    .option('--at <time>', 'of the window that ends then (ISO 8601); the newest unless told')
    .option('--metric <metric>', 'the metric whose course is looked at')
    .action(async (name: string, flags: { at?: string; metric?: string }, command: Command) => {
      const { client, json } = contextOf(command)
      const found = await client.call(monitorExportApi.causes, {
        params: { name },
        query: {
          ...(flags.at !== undefined && { at: timeOf('--at', flags.at) }),
          ...(flags.metric !== undefined && { metric: flags.metric }),
        },
      })
      print(json, found, () => {
        const columns = renderTable(found.columns.slice(0, 10), [
          { title: 'column', of: (row) => row.column },
          { title: 'method', of: (row) => row.method },
          { title: 'value', of: (row) => row.value, right: true },
          { title: 'bound', of: (row) => row.threshold, right: true },
          { title: 'influence', of: (row) => row.influence, right: true },
          { title: 'over', of: (row) => (row.drifted ? 'yes' : 'no') },
        ])
        const changes = renderTable(found.upstream, [
          { title: 'at', of: (row) => formatTime(row.at) },
          { title: 'change', of: (row) => row.text },
          { title: 'in the lineage', of: (row) => (row.inLineage ? 'yes' : 'no') },
          { title: 'by', of: (row) => row.actor },
        ])
        return [
          ...found.findings,
          '',
          columns,
          ...(found.upstream.length > 0 ? ['', changes] : []),
        ].join('\n')
      })
    })

export const reportCommand = (): Command =>
  apiCommand(
    'report',
    'Write a window as one HTML file, or as JSON of metrics and tests.',
    'kaizen monitors report bike-watch --output report.html',
  )
    .argument('<name>', 'the monitor')
    .option('--window <id>', 'which window; the newest unless told')
    .addOption(
      new Option('--format <format>', 'html or json').choices(['html', 'json']).default('html'),
    )
    .option('--output <file>', 'where to; the standard output unless told')
    .action(
      async (
        name: string,
        flags: { window?: string; format: 'html' | 'json'; output?: string },
        command: Command,
      ) => {
        const { client } = contextOf(command)
        const { items } = await client.call(monitoringApi.windows, {
          params: { name },
          query: { limit: 1, kind: 'drift' },
        })
        const id = flags.window ?? items[0]?.id
        if (id === undefined) throw new KaizenError('NOT_FOUND', `${name} has closed no window yet`)
        const answer = await client.stream(monitorExportApi.report, {
          params: { id },
          query: { format: flags.format },
        })
        await give(await answer.text(), flags.output)
      },
    )

export const dashboardCommand = (): Command =>
  apiCommand(
    'grafana',
    'Write a dashboard of a monitor for Grafana.',
    'kaizen monitors grafana bike-watch --output dashboard.json',
  )
    .argument('<name>', 'the monitor')
    .option('--output <file>', 'where to; the standard output unless told')
    .action(async (name: string, flags: { output?: string }, command: Command) => {
      const { client } = contextOf(command)
      const answer = await client.stream(monitorExportApi.dashboard, { params: { name } })
      await give(await answer.text(), flags.output)
    })

export const rulesCommand = (): Command =>
  apiCommand(
    'prometheus-rules',
    'Write the alert rules of all monitors for Prometheus.',
    'kaizen monitors prometheus-rules --output kaizen-rules.yml',
  )
    .option('--output <file>', 'where to; the standard output unless told')
    .action(async (flags: { output?: string }, command: Command) => {
      const { client } = contextOf(command)
      const answer = await client.stream(monitorExportApi.alertRules)
      await give(await answer.text(), flags.output)
    })

async function give(text: string, output: string | undefined): Promise<void> {
  if (output === undefined) process.stdout.write(text)
  else await writeFile(output, text)
}
