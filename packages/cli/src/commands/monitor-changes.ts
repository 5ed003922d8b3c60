import { readFile } from 'node:fs/promises'
import { KaizenError, monitoringApi } from '@kaizen/contracts'
import { type Command, Option } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { formatTime, print, renderTable } from '../render.ts'

export const annotateCommand = (): Command =>
  apiCommand(
    'annotate',
    'Mark a time in the series of a monitor.',
    'kaizen monitors annotate bike-watch "sensor replaced" --at 2012-05-22T06:00Z',
  )
    .argument('<name>', 'the monitor')
    .argument('<text>', 'what happened')
    .option('--at <time>', 'when (ISO 8601); now unless told')
    .addOption(
      new Option('--kind <kind>', 'how it is drawn').choices(['incident', 'note']).default('note'),
    )
    .action(
      async (
        name: string,
        text: string,
        flags: { at?: string; kind: 'incident' | 'note' },
        command: Command,
      ) => {
        const { client, json } = contextOf(command)
        const at = flags.at === undefined ? Date.now() : timeOf('--at', flags.at)
        const mark = await client.call(monitoringApi.annotate, {
          params: { name },
          body: { at, kind: flags.kind, text },
        })
        print(json, mark, () => `Marked ${formatTime(mark.at)}: ${mark.text}`)
      },
    )

export const versionsCommand = (): Command =>
  apiCommand(
    'versions',
    'List the declarations of a monitor that were in force, newest first.',
    'kaizen monitors versions bike-watch',
  )
    .argument('<name>', 'the monitor')
    .action(async (name: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const { versions } = await client.call(monitoringApi.versions, { params: { name } })
      print(json, versions, () =>
        renderTable(versions, [
          { title: 'version', of: (row) => row.version, right: true },
          { title: 'declared', of: (row) => formatTime(row.declaredAt) },
          { title: 'by', of: (row) => row.declaredBy },
          { title: 'window', of: (row) => row.declaration.window },
          { title: 'drift', of: (row) => row.declaration.drift.join(', ') },
          { title: 'alerts', of: (row) => row.declaration.alerts.length, right: true },
        ]),
      )
    })

export const recomputeCommand = (): Command =>
  apiCommand(
    'recompute',
    'Compute closed windows again by the declaration in force.',
    'kaizen monitors recompute bike-watch --from 2012-05-01',
  )
    .argument('<name>', 'the monitor')
    .option(
      '--from <time>',
      'windows that end after this (ISO 8601); from the first row unless told',
    )
    .option('--to <time>', 'windows that end by this')
    .action(async (name: string, flags: { from?: string; to?: string }, command: Command) => {
      const { client, json } = contextOf(command)
      const asked = await client.call(monitoringApi.recompute, {
        params: { name },
        body: {
          ...(flags.from !== undefined && { from: timeOf('--from', flags.from) }),
          ...(flags.to !== undefined && { to: timeOf('--to', flags.to) }),
        },
      })
      print(json, asked, () => `${asked.windows} windows are computed again, as a job.`)
    })

/** Rows of one request; a longer file is sent in several batches. */
const rowsAtOnce = 10_000

export const uploadCommand = (): Command =>
  apiCommand(
    'upload',
    'Upload rows of a batch job or an edge device: JSON lines with at, inputs and, if known, outputs and actual.',
    'kaizen monitors upload edge-watch rows.jsonl --id device-7-2012-05-22',
  )
    .argument('<name>', 'the monitor, declared by batchMonitor()')
    .argument('<file>', 'the file')
    .requiredOption('--id <id>', 'names the batch; sent again, it is taken once')
    .action(async (name: string, file: string, flags: { id: string }, command: Command) => {
      const { client, json } = contextOf(command)
      const rows = parseLines(file, await readFile(file, 'utf8'))
      const taken = []
      for (let from = 0; from < rows.length; from += rowsAtOnce) {
        const id = rows.length > rowsAtOnce ? `${flags.id}.${from / rowsAtOnce}` : flags.id
        const batch = { id, rows: rows.slice(from, from + rowsAtOnce) }
        // What a line holds is judged by the server, which knows all of it.
        const body = batch as never
        taken.push(await client.call(monitoringApi.addBatch, { params: { name }, body }))
      }
      print(json, taken, () => `${rows.length} rows are with ${name}.`)
    })

function parseLines(file: string, text: string): readonly unknown[] {
  const rows = text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return []
    try {
      return [JSON.parse(line) as unknown]
    } catch {
      throw new KaizenError('INVALID_DATA', `${file}:${index + 1}: not a line of JSON`, {
        hint: 'Write one object a line: {"at": 1325376000000, "inputs": {"temp": 5}}.',
      })
    }
  })
  if (rows.length > 0) return rows
  throw new KaizenError('INVALID_DATA', `${file} holds no rows`)
}

/** @throws INVALID_REQUEST, naming the option */
export function timeOf(option: string, text: string): number {
  const at = Date.parse(text)
  if (!Number.isNaN(at)) return at
  throw new KaizenError('INVALID_REQUEST', `${option}: "${text}" is not a time`, {
    hint: 'Write for example 2012-05-22T06:00:00Z.',
  })
}
