import { readFile, writeFile } from 'node:fs/promises'
import { KaizenError, monitorReportsApi, type ReportDocument } from '@kaizen/contracts'
import { Command, Option } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { formatTime, print, renderTable } from '../render.ts'

/** `kaizen reports`: named reports over monitors and datasets, made when asked for and sent by schedule. */
export function reportsCommand(): Command {
  return new Command('reports')
    .description('Reports over monitors and datasets: built, written as a file, sent by schedule.')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(setCommand())
    .addCommand(removeCommand())
    .addCommand(previewCommand())
    .addCommand(writeCommand())
    .addCommand(sendCommand())
    .addCommand(deliveriesCommand())
}

const listCommand = (): Command =>
  apiCommand('list', 'List the named reports.', 'kaizen reports list').action(
    async (_flags, command: Command) => {
      const { client, json } = contextOf(command)
      const reports = await Array.fromAsync(client.paged(monitorReportsApi.list))
      print(json, reports, () =>
        reports.length === 0
          ? 'No reports yet: `kaizen reports set NAME FILE` makes one.'
          : renderTable(reports, [
              { title: 'name', of: (row) => row.name },
              { title: 'monitors', of: (row) => row.monitors.join(', ') },
              { title: 'datasets', of: (row) => row.datasets.map((one) => one.dataset).join(', ') },
              { title: 'schedule', of: (row) => row.schedule?.cron ?? null },
              { title: 'next', of: (row) => (row.nextAt === null ? null : formatTime(row.nextAt)) },
              { title: 'to', of: (row) => row.channels.join(', ') },
            ]),
      )
    },
  )

const showCommand = (): Command =>
  apiCommand('show', 'Show what a report is about.', 'kaizen reports show weekly --json')
    .argument('<name>', 'the report')
    .action(async (name: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const report = await client.call(monitorReportsApi.get, { params: { name } })
      print(json, report, () => JSON.stringify(report, null, 2))
    })

const setCommand = (): Command =>
  apiCommand(
    'set',
    'Create or replace a named report from a JSON file.',
    'kaizen reports set weekly report.json',
  )
    .argument('<name>', 'the report')
    .argument(
      '<file>',
      'what it is about, such as {"monitors": ["bike-watch"]}; - reads the standard input',
    )
    .action(async (name: string, file: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const body = await readBody(file)
      const report = await client.call(monitorReportsApi.put, { params: { name }, body })
      print(json, report, () =>
        report.nextAt === null
          ? `${name} is kept.`
          : `${name} is kept, and sent next at ${formatTime(report.nextAt)}.`,
      )
    })

const removeCommand = (): Command =>
  apiCommand('remove', 'Delete a named report.', 'kaizen reports remove weekly')
    .argument('<name>', 'the report')
    .action(async (name: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      await client.call(monitorReportsApi.delete, { params: { name } })
      print(json, { name }, () => `${name} is gone.`)
    })

const previewCommand = (): Command =>
  apiCommand(
    'preview',
    'Say what a report would tell now, without keeping it.',
    'kaizen reports preview report.json',
  )
    .argument('<file>', 'what it is about; - reads the standard input')
    .action(async (file: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const document = await client.call(monitorReportsApi.preview, { body: await readBody(file) })
      print(json, document, () => inWords(document))
    })

const inWords = ({ title, from, to, findings, monitors }: ReportDocument): string =>
  [
    `${title}: ${formatTime(from)} to ${formatTime(to)}`,
    ...findings,
    ...monitors.map(
      ({ monitor, windows, sections }) =>
        `${monitor}: ${windows} windows, ${sections.map((one) => `${one.section} ${one.metrics.length}`).join(', ')}`,
    ),
  ].join('\n')

const writeCommand = (): Command =>
  apiCommand(
    'write',
    'Make a named report now, as one HTML file or as JSON.',
    'kaizen reports write weekly --output weekly.html',
  )
    .argument('<name>', 'the report')
    .addOption(
      new Option('--format <format>', 'html or json').choices(['html', 'json']).default('html'),
    )
    .option('--output <file>', 'where to; the standard output unless told')
    .action(
      async (
        name: string,
        flags: { format: 'html' | 'json'; output?: string },
        command: Command,
      ) => {
        const { client } = contextOf(command)
        const answer = await client.stream(monitorReportsApi.document, {
          params: { name },
          query: { format: flags.format },
        })
        const text = await answer.text()
        if (flags.output === undefined) process.stdout.write(text)
        else await writeFile(flags.output, text)
      },
    )

const sendCommand = (): Command =>
  apiCommand('send', 'Send a named report to its channels now.', 'kaizen reports send weekly')
    .argument('<name>', 'the report')
    .action(async (name: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const { deliveries } = await client.call(monitorReportsApi.send, { params: { name } })
      print(
        json,
        deliveries,
        () => `On its way to ${deliveries.map(({ channel }) => channel).join(', ')}.`,
      )
    })

const deliveriesCommand = (): Command =>
  apiCommand('deliveries', 'List what was sent of a report.', 'kaizen reports deliveries weekly')
    .argument('<name>', 'the report')
    .action(async (name: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const { items } = await client.call(monitorReportsApi.deliveries, { params: { name } })
      print(json, items, () =>
        items.length === 0
          ? 'Nothing was sent yet.'
          : renderTable(items, [
              { title: 'due', of: (row) => formatTime(row.dueAt) },
              { title: 'channel', of: (row) => row.channel },
              { title: 'state', of: (row) => row.state },
              { title: 'attempts', of: (row) => row.attempts, right: true },
              { title: 'error', of: (row) => row.error },
            ]),
      )
    })

/** What a report must hold is judged by the server. */
async function readBody(file: string): Promise<never> {
  const text =
    file === '-' ? (await process.stdin.toArray()).join('') : await readFile(file, 'utf8')
  try {
    return JSON.parse(text) as never
  } catch {
    throw new KaizenError('INVALID_JSON', `${file} is not JSON`, {
      hint: 'Write for example {"monitors": ["bike-watch"], "period": {"last": "7d"}}.',
    })
  }
}
