import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import {
  duration,
  durationMs,
  KaizenError,
  type MonitorBatch,
  monitoringApi,
  monitorProfilesApi,
} from '@kaizen/contracts'
import { Command, Option } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { exampleText } from '../example-text.ts'
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
    'Upload rows of a batch job or an edge device (JSON lines with at, inputs and, if known, outputs and actual), or profiles of rows that stay where they are.',
    'kaizen monitors upload edge-watch rows.jsonl --id device-7-2012-05-22',
    'kaizen monitors upload edge-watch rows.jsonl --id device-7 --profile 1h',
    'kaizen monitors upload edge-watch profiles.jsonl --profiles',
  )
    .argument('<name>', 'the monitor, declared by batchMonitor()')
    .argument('<file>', 'the file')
    .option(
      '--id <id>',
      'names the batch, or where rows come from; sent again, they are taken once',
    )
    .option('--profile <length>', 'make a profile of each window of so long, and upload these only')
    .option('--profiles', 'the file holds profiles, one a line, as writers of profiles make them')
    .action(async (name: string, file: string, flags: UploadFlags, command: Command) => {
      const { client, json } = contextOf(command)
      const rows = parseLines(file, await readFile(file, 'utf8'))
      const taken: MonitorBatch[] = []
      // What a line holds is judged by the server, which knows all of it.
      for (const one of await partsOf(rows, flags))
        taken.push(
          one.form === 'rows'
            ? await client.call(monitoringApi.addBatch, {
                params: { name },
                body: one.body as never,
              })
            : await client.call(monitorProfilesApi.add, {
                params: { name },
                body: one.body as never,
              }),
        )
      print(json, taken, () => {
        const profiles = taken.filter(({ form }) => form === 'profile').length
        const total = taken.reduce((sum, batch) => sum + batch.rows, 0)
        return `${total} rows are with ${name}${profiles > 0 ? `, as ${profiles} ${profiles === 1 ? 'profile' : 'profiles'}` : ''}.`
      })
    })

interface UploadFlags {
  readonly id?: string
  readonly profile?: string
  readonly profiles?: boolean
}

async function partsOf(
  rows: readonly unknown[],
  { id, profile, profiles }: UploadFlags,
): Promise<readonly { readonly form: 'rows' | 'profile'; readonly body: unknown }[]> {
  if (profiles) return rows.map((body) => ({ form: 'profile', body }))
  if (id === undefined) {
    throw new KaizenError('INVALID_REQUEST', 'the rows have no name', {
      hint: 'Give one with --id; the same id again is taken once.',
    })
  }
  if (profile !== undefined) {
    const { ProfileWriter } = await import('@kaizen/sdk/profile')
    const writer = new ProfileWriter({ source: id, windowMs: windowLength(profile) })
    writer.add(rows.map(profiledRow))
    return writer.take().map((body) => ({ form: 'profile', body }))
  }
  const parts = []
  for (let from = 0; from < rows.length; from += rowsAtOnce) {
    const part = rows.length > rowsAtOnce ? `${id}.${from / rowsAtOnce}` : id
    parts.push({
      form: 'rows' as const,
      body: { id: part, rows: rows.slice(from, from + rowsAtOnce) },
    })
  }
  return parts
}

function windowLength(text: string): number {
  if (duration.safeParse(text).success) return durationMs(text)
  throw new KaizenError('INVALID_REQUEST', `--profile: "${text}" is not a length of time`, {
    hint: 'Write for example 1h, that of the windows of the monitor.',
  })
}

type Cells = Readonly<Record<string, string | number | boolean | null>>

/** A row as profiles take it: what was answered where it is one value. */
function profiledRow(row: unknown, index: number) {
  const {
    at,
    inputs,
    outputs = {},
  } = (row ?? {}) as {
    readonly at?: number
    readonly inputs?: Cells
    readonly outputs?: Cells
  }
  if (typeof at !== 'number' || typeof inputs !== 'object' || inputs === null) {
    throw new KaizenError('INVALID_DATA', `row ${index + 1} lacks at or inputs`, {
      hint: 'Write one object a line: {"at": 1325376000000, "inputs": {"temp": 5}}.',
    })
  }
  const answers = Object.values(outputs)
  return { at, inputs, ...(answers.length === 1 && { prediction: answers[0] ?? null }) }
}

export const profileWriterCommand = (): Command =>
  new Command('profile-writer')
    .description(
      'Print kaizen_profile.py: one file that makes and uploads profiles, for any Python 3.8 or newer.',
    )
    .addHelpText('after', exampleText('kaizen monitors profile-writer > kaizen_profile.py'))
    .option('--json', 'print it as a JSON text')
    .action(async ({ json }: { json?: true }) => {
      const path = fileURLToPath(import.meta.resolve('@kaizen/sdk/kaizen_profile.py'))
      const text = await readFile(path, 'utf8')
      process.stdout.write(json ? `${JSON.stringify(text)}\n` : text)
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
