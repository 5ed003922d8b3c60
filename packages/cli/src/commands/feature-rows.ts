import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import {
  type FeatureJoin,
  featuresApi,
  type JsonValue,
  KaizenError,
  type Materialization,
} from '@kaizen/contracts'
import { type Command, Option } from 'commander'
import { type ApiContext, apiCommand, contextOf } from '../api-command.ts'
import { print, renderTable } from '../render.ts'

const pollMs = 200

/** `kaizen features materialize`: into the online store. */
export const materializeCommand = (): Command =>
  apiCommand(
    'materialize',
    'Bring rows of the dataset into the online store, and wait for it.',
    'kaizen features materialize customer-stats',
    'kaizen features materialize customer-stats --from 2024-05-01 --to 2024-06-01',
  )
    .argument('<view>', 'the feature view')
    .option(
      '--from <time>',
      'bring all rows from this event time on in again; what is new unless told',
    )
    .option('--to <time>', 'event times before this; now unless told')
    .option('--no-wait', 'do not wait until it is done')
    .action(
      async (
        name: string,
        flags: { from?: string; to?: string; wait: boolean },
        command: Command,
      ) => {
        const { client, json } = contextOf(command)
        const body = {
          ...(flags.from === undefined ? {} : { from: timeOf('--from', flags.from) }),
          ...(flags.to === undefined ? {} : { to: timeOf('--to', flags.to) }),
        }
        const asked = await client.call(featuresApi.materialize, { params: { name }, body })
        const done = flags.wait ? await ended(client, asked) : asked
        print(json, done, () => textOf(done))
        if (done.state === 'failed') process.exitCode = 1
      },
    )

async function ended(client: ApiContext['client'], asked: Materialization) {
  let state = asked
  while (state.state === 'queued' || state.state === 'running') {
    await pause(pollMs)
    state = await client.call(featuresApi.materialization, { params: { id: asked.id } })
  }
  return state
}

function textOf({ view, state, rows, written, error, datasetVersion }: Materialization): string {
  if (state === 'failed') return `${view} could not be brought in: ${error}`
  if (state !== 'succeeded') return `${view} is being brought in.`
  const entities = rows.toLocaleString('en-US')
  return `${view}: newest rows of ${entities} entities from version ${datasetVersion}, ${written.toLocaleString('en-US')} of them newer than what stood there.`
}

function timeOf(flag: string, text: string): number {
  const time = Date.parse(text)
  if (!Number.isNaN(time)) return time
  throw new KaizenError('INVALID_CONFIG', `${flag}: "${text}" is not a time`, {
    hint: 'Write for example 2024-05-01 or 2024-05-01T12:00:00Z.',
  })
}

interface JoinFlags {
  readonly service?: string
  readonly time: string
  readonly into: string
  readonly asOf: 'event' | 'available'
  readonly fullNames: boolean
}

/** `kaizen features join`: rows with the features that were true at their time. */
export const joinCommand = (): Command =>
  apiCommand(
    'join',
    'Give each row of a dataset or file the features that were true at its time.',
    'kaizen features join labels customer-stats:orders --time asked_at --into train',
    'kaizen features join labels.csv --service churn-v2 --time asked_at --into train',
  )
    .argument('<rows>', 'a dataset, or a .csv or .parquet file')
    .argument('[features...]', 'VIEW:FEATURE, or none with --service')
    .option('--service <name>', 'all features of a feature service')
    .requiredOption('--time <column>', 'the column that says for which time')
    .requiredOption('--into <dataset>', 'the dataset whose new version the rows become')
    .addOption(
      new Option('--as-of <rule>', 'available: only what was known by then')
        .choices(['event', 'available'])
        .default('event'),
    )
    .option('--full-names', 'name columns VIEW__FEATURE', false)
    .action(
      async (rows: string, features: readonly string[], flags: JoinFlags, command: Command) => {
        const { client, json } = contextOf(command)
        const joined = await join(client, rows, { features, flags })
        print(json, joined, () => joinText(joined))
      },
    )

async function join(
  client: ApiContext['client'],
  rows: string,
  { features, flags }: { readonly features: readonly string[]; readonly flags: JoinFlags },
): Promise<FeatureJoin> {
  const { service, time, into, asOf, fullNames } = flags
  const asked = {
    ...(service === undefined ? { features: [...features] } : { service }),
    eventTime: time,
    into,
    asOf,
  }
  const format = extname(rows).slice(1).toLowerCase()
  const isFile = format === 'csv' || format === 'parquet'
  if (!isFile)
    return client.call(featuresApi.join, { body: { ...asked, fullNames, rows: { dataset: rows } } })
  const found = await stat(rows).catch(() => undefined)
  if (!found?.isFile()) throw new KaizenError('NOT_FOUND', `there is no file ${rows}`)
  const body = Readable.toWeb(createReadStream(rows)) as ReadableStream<Uint8Array>
  const query = { ...asked, format, fullNames: fullNames ? 'true' : 'false' } as const
  return client.upload(featuresApi.joinUpload, { query }, body)
}

function joinText({ version, views }: FeatureJoin): string {
  const { dataset, rowCount } = version
  return [
    `Version ${version.version} of ${dataset}: ${rowCount.toLocaleString('en-US')} rows.`,
    renderTable(views, [
      { title: 'view', of: (row) => row.view },
      { title: 'version', of: (row) => row.version, right: true },
      { title: 'matched', of: (row) => row.matched, right: true },
      { title: 'too old', of: (row) => row.expired, right: true },
      { title: 'nothing', of: (row) => row.unmatched, right: true },
      { title: 'known only later', of: (row) => row.knownLater, right: true },
    ]),
  ].join('\n')
}

/** `kaizen features push`: rows from elsewhere. */
export const pushCommand = (): Command =>
  apiCommand(
    'push',
    'Write rows to the online store, the dataset or both.',
    'kaizen features push customer-stats rows.jsonl --to online_and_offline',
  )
    .argument('<view>', 'the feature view')
    .argument('<file>', 'one JSON object a line: join keys, event time and features by column')
    .addOption(
      new Option('--to <where>', 'where they go')
        .choices(['online', 'offline', 'online_and_offline'])
        .default('online'),
    )
    .action(
      async (
        name: string,
        file: string,
        flags: { to: 'online' | 'offline' | 'online_and_offline' },
        command: Command,
      ) => {
        const { client, json } = contextOf(command)
        const rows = await linesOf(file)
        const answer = await client.call(featuresApi.push, {
          params: { name },
          body: { rows, to: flags.to },
        })
        print(
          json,
          answer,
          () => `${answer.rows} rows taken, ${answer.written} newer than what stood online.`,
        )
      },
    )

async function linesOf(file: string): Promise<Record<string, JsonValue>[]> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new KaizenError('INVALID_REQUEST', `${file} cannot be read`, { cause })
  })
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return lines.map((line, index) => {
    try {
      return JSON.parse(line) as Record<string, JsonValue>
    } catch (cause) {
      throw new KaizenError('INVALID_JSON', `${file}: line ${index + 1} is not JSON`, { cause })
    }
  })
}
