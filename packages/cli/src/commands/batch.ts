import { createReadStream, createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { type BatchFormat, type BatchJob, batchJobsApi, KaizenError } from '@kaizen/contracts'
import type { Client } from '@kaizen/sdk'
import type { Command } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { given } from '../given.ts'
import { commaParted, positiveNumber } from '../option-values.ts'
import { formatTime, print, renderTable } from '../render.ts'

interface BatchFlags {
  readonly out?: string
  readonly errors?: string
  readonly columns?: string[]
  readonly keep?: string[]
  readonly dataset?: string
  readonly rowsPerSecond?: number
  readonly detach: boolean
}

/** `kaizen batch`: scores a file or a dataset with a model. */
export const batchCommand = (): Command =>
  apiCommand(
    'batch',
    'Score a file or a dataset with a model, and write the answers to a file.',
    'kaizen batch models:/fraud@champion payments.parquet --out scored.parquet',
    'kaizen batch fraud dataset:payments/3 --out scored.csv --keep id',
    'kaizen batch list',
  )
    // What stands behind a command of its own belongs to that.
    .enablePositionalOptions()
    .argument(
      '<model>',
      'models:/NAME/VERSION, models:/NAME@ALIAS, ensembles:/NAME, https://HOST/v2/models/NAME or an endpoint',
    )
    .argument('<input>', 'a .csv, .jsonl or .parquet file, or dataset:NAME[/VERSION]')
    .option('--out <file>', 'where the answers go: .csv, .jsonl or .parquet')
    .option('--errors <file>', 'where rows go that were set aside, in the format of --out')
    .option(
      '--columns <names>',
      "columns of a model's one matrix, in its order, by commas",
      commaParted,
    )
    .option(
      '--keep <names>',
      'columns to keep beside the answers, by commas; all unless told',
      commaParted,
    )
    .option('--dataset <name>', 'make the output (Parquet) a version of this dataset too')
    .option('--rows-per-second <rate>', 'score no faster than this', positiveNumber)
    .option('--detach', 'do not wait: print the job and leave it', false)
    .action(async (model: string, input: string, flags: BatchFlags, command: Command) => {
      const { client, json } = contextOf(command)
      const { out } = flags
      if (out === undefined && !flags.detach && flags.dataset === undefined) {
        throw new KaizenError('INVALID_CONFIG', '--out FILE is missing', {
          hint: 'Say where the answers go, or --dataset NAME, or --detach to fetch them later.',
        })
      }
      const format = out === undefined ? 'parquet' : formatOf(out)
      const job = await client.call(batchJobsApi.create, {
        body: {
          model,
          format,
          input: await inputOf(client, input),
          ...given('columns', flags.columns),
          ...given('keep', flags.keep),
          ...given('dataset', flags.dataset),
          ...given('rowsPerSecond', flags.rowsPerSecond),
        },
      })
      const ended = flags.detach ? job : await followed(client, job, json)
      if (ended.output && out !== undefined) await fetched(client, ended.id, 'output', out)
      if (ended.errors && flags.errors !== undefined)
        await fetched(client, ended.id, 'errors', flags.errors)
      print(json, ended, () => told(ended, out))
    })
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(cancelCommand())
    .addCommand(downloadCommand())

const listCommand = (): Command =>
  apiCommand('list', 'List batch jobs, newest first.', 'kaizen batch list').action(
    async (_flags, command: Command) => {
      const { client, json } = contextOf(command)
      const { items } = await client.call(batchJobsApi.list, { query: { limit: 50 } })
      print(json, items, () =>
        items.length === 0
          ? 'No batch jobs yet. `kaizen batch MODEL FILE --out FILE` starts one.'
          : renderTable(items, [
              { title: 'job', of: (row) => row.id },
              { title: 'state', of: (row) => row.state },
              { title: 'model', of: (row) => `${row.modelName}/${row.modelVersion}` },
              { title: 'rows', of: (row) => row.rows, right: true },
              { title: 'scored', of: (row) => row.scored, right: true },
              { title: 'set aside', of: (row) => row.failed, right: true },
              { title: 'created', of: (row) => formatTime(row.createdAt) },
            ]),
      )
    },
  )

const showCommand = (): Command =>
  apiCommand('show', 'Show a batch job and how far it is.', 'kaizen batch show batch_01k…')
    .argument('<job>', 'its id')
    .action(async (id: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const job = await client.call(batchJobsApi.get, { params: { id } })
      print(json, job, () => told(job, undefined))
    })

const cancelCommand = (): Command =>
  apiCommand('cancel', 'Cancel a batch job.', 'kaizen batch cancel batch_01k…')
    .argument('<job>', 'its id')
    .action(async (id: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const job = await client.call(batchJobsApi.cancel, { params: { id } })
      print(json, job, () => told(job, undefined))
    })

const downloadCommand = (): Command =>
  apiCommand(
    'download',
    'Fetch what a batch job has written.',
    'kaizen batch download batch_01k… scored.parquet',
  )
    .argument('<job>', 'its id')
    .argument('<file>', 'where it goes')
    .option('--errors', 'the rows that were set aside', false)
    .action(async (id: string, file: string, flags: { errors: boolean }, command: Command) => {
      const { client, json } = contextOf(command)
      await fetched(client, id, flags.errors ? 'errors' : 'output', file)
      print(json, { id, file }, () => `Written to ${file}.`)
    })

async function inputOf(client: Client, text: string) {
  const dataset = /^dataset:([^/]+)(?:\/(\d+))?$/.exec(text)
  if (dataset) {
    const [, name = '', version] = dataset
    return { dataset: name, ...(version === undefined ? {} : { version: Number(version) }) }
  }
  const found = await stat(text).catch(() => undefined)
  if (!found?.isFile()) throw new KaizenError('NOT_FOUND', `there is no file ${text}`)
  const body = Readable.toWeb(createReadStream(text)) as ReadableStream<Uint8Array>
  const query = { format: formatOf(text) }
  return { file: (await client.upload(batchJobsApi.upload, { query }, body)).digest }
}

const formats: Readonly<Record<string, BatchFormat>> = {
  '.csv': 'csv',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.parquet': 'parquet',
}

function formatOf(file: string): BatchFormat {
  const format = formats[extname(file).toLowerCase()]
  if (format) return format
  throw new KaizenError('INVALID_CONFIG', `the ending of ${file} does not tell its format`, {
    hint: `Name it ${Object.keys(formats).join(', ')}.`,
  })
}

/** Waits for the end of a job. @throws its failure */
async function followed(client: Client, started: BatchJob, quiet: boolean): Promise<BatchJob> {
  let job = started
  for (let waitMs = 50; job.endedAt === null; waitMs = Math.min(1000, waitMs * 1.5)) {
    await pause(waitMs)
    const { scored, failed } = job
    job = await client.call(batchJobsApi.get, { params: { id: started.id } })
    if (!quiet && job.scored + job.failed !== scored + failed)
      process.stderr.write(`${job.scored + job.failed} of ${job.rows} rows\n`)
  }
  if (job.state === 'succeeded') return job
  throw new KaizenError('CONFLICT', `the batch job ${job.id} ${job.state}: ${job.error ?? ''}`)
}

async function fetched(
  client: Client,
  id: string,
  which: 'output' | 'errors',
  file: string,
): Promise<void> {
  const { body } = await client.stream(batchJobsApi[which], { params: { id } })
  if (!body) throw new KaizenError('UNAVAILABLE', 'the server sent no content')
  await pipeline(
    Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]),
    createWriteStream(file),
  )
}

function told(job: BatchJob, out: string | undefined): string {
  const { id, state, rows, scored, failed, modelName, modelVersion, datasetVersion } = job
  return [
    `${id} ${state}: ${modelName}/${modelVersion}, ${rows} rows, ${scored} scored, ${failed} set aside${out !== undefined && job.output ? `, written to ${out}` : ''}.`,
    ...(datasetVersion === null ? [] : [`Version ${datasetVersion} of ${job.dataset}.`]),
    ...(job.error === null ? [] : [job.error]),
    ...(failed > 0 && job.errors
      ? [`Rows that were set aside: kaizen batch download ${id} FILE --errors`]
      : []),
  ].join('\n')
}
