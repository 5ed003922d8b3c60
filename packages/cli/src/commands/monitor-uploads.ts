import { monitoringApi, type PlacedBatch } from '@kaizen/contracts'
import { type Command, Option } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { formatTime, print, renderTable } from '../render.ts'

/** What has become of an upload: the window that holds it, or none yet. */
const stateOf = ({ window }: PlacedBatch): string => {
  if (window === null) return 'waiting'
  return window.revision > 1 ? 'restated' : 'counted'
}

/** `kaizen monitors uploads`: batches of rows and profiles that came, each with the window that holds it. */
export const uploadsCommand = (): Command =>
  apiCommand(
    'uploads',
    'List uploaded batches and profiles, each with the window that holds it.',
    'kaizen monitors uploads edge-watch --state waiting',
  )
    .argument('<monitor>', 'its name')
    .addOption(
      new Option('--state <state>', 'only those in this state').choices([
        'waiting',
        'counted',
        'restated',
      ]),
    )
    .addOption(new Option('--form <form>', 'only those of this form').choices(['rows', 'profile']))
    .action(async (name: string, flags: { state?: string; form?: string }, command: Command) => {
      const { client, json } = contextOf(command)
      const all = await Array.fromAsync(client.paged(monitoringApi.batches, { params: { name } }))
      const uploads = all.filter(
        (one) =>
          (flags.state === undefined || stateOf(one) === flags.state) &&
          (flags.form === undefined || one.form === flags.form),
      )
      print(json, uploads, () =>
        uploads.length === 0
          ? all.length === 0
            ? `Nothing was uploaded to ${name} yet: kaizen monitors upload ${name} rows.jsonl --id job-1`
            : 'None of the uploads is so.'
          : renderTable(uploads, [
              { title: 'upload', of: (row) => row.id },
              { title: 'form', of: (row) => row.form },
              { title: 'from', of: (row) => formatTime(row.from) },
              { title: 'to', of: (row) => formatTime(row.to) },
              { title: 'rows', of: (row) => row.rows, right: true },
              { title: 'state', of: stateOf },
              { title: 'window ends', of: (row) => formatTime(row.window?.to ?? null) },
              { title: 'uploaded', of: (row) => formatTime(row.addedAt) },
              { title: 'by', of: (row) => row.addedBy },
            ]),
      )
    })
