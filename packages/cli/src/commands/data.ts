import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { Readable } from 'node:stream'
import { dataApi, KaizenError } from '@kaizen/contracts'
import { Command, Option } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { versionNumber } from '../dataset-version.ts'
import { formatTime, print, renderFacts, renderTable } from '../render.ts'
import { expectCommand } from './data-expect.ts'
import { compareCommand, reportCommand } from './data-report.ts'
import {
  contractCommand,
  exportSuiteCommand,
  importSuiteCommand,
  inferSuiteCommand,
  suitesCommand,
} from './data-suites.ts'
import { validateCommand, validationCommand, validationsCommand } from './data-validation.ts'

/** `kaizen data`: datasets and their versions. */
export function dataCommand(): Command {
  return new Command('data')
    .description('Datasets: immutable versions of rows.')
    .addCommand(listCommand())
    .addCommand(createCommand())
    .addCommand(addCommand())
    .addCommand(showCommand())
    .addCommand(profileCommand())
    .addCommand(reportCommand())
    .addCommand(compareCommand())
    .addCommand(suitesCommand())
    .addCommand(importSuiteCommand())
    .addCommand(exportSuiteCommand())
    .addCommand(inferSuiteCommand())
    .addCommand(expectCommand())
    .addCommand(contractCommand())
    .addCommand(validateCommand())
    .addCommand(validationsCommand())
    .addCommand(validationCommand())
}

const listCommand = (): Command =>
  apiCommand('list', 'List datasets.', 'kaizen data list').action(
    async (_flags, command: Command) => {
      const { client, json } = contextOf(command)
      const datasets = await Array.fromAsync(client.paged(dataApi.list))
      print(json, datasets, () =>
        datasets.length === 0
          ? 'No datasets yet. `kaizen data create NAME` registers one, `kaizen apply` all of a project.'
          : renderTable(datasets, [
              { title: 'name', of: (row) => row.name },
              { title: 'rows', of: (row) => row.rowCount, right: true },
              { title: 'versions', of: (row) => row.versions, right: true },
              { title: 'updated', of: (row) => formatTime(row.updatedAt) },
              { title: 'project', of: (row) => row.project },
            ]),
      )
    },
  )

const createCommand = (): Command =>
  apiCommand(
    'create',
    'Register a dataset.',
    'kaizen data create rides --event-time dteday --event-hour hr',
  )
    .argument('<name>', 'its name')
    .option('--description <text>', 'what it is', '')
    .option('--event-time <column>', 'the column that says when a row happened')
    .option('--event-hour <column>', 'the column with the hour, where it stands apart')
    .action(
      async (
        name: string,
        flags: { description: string; eventTime?: string; eventHour?: string },
        command: Command,
      ) => {
        const { client, json } = contextOf(command)
        const hour = flags.eventHour === undefined ? {} : { hourColumn: flags.eventHour }
        const eventTime =
          flags.eventTime === undefined ? null : { column: flags.eventTime, ...hour }
        const dataset = await client.call(dataApi.create, {
          body: { name, description: flags.description, eventTime },
        })
        print(
          json,
          dataset,
          () => `Registered ${dataset.name}. Add rows with: kaizen data add ${dataset.name} FILE`,
        )
      },
    )

const addCommand = (): Command =>
  apiCommand(
    'add',
    'Upload a CSV or Parquet file as a new version.',
    'kaizen data add rides rides-2011.csv',
    'kaizen data add rides rides-2012.parquet --append',
  )
    .argument('<name>', 'the dataset')
    .argument('<file>', 'a .csv or .parquet file')
    .option('--append', 'add the rows to those of the latest version', false)
    .addOption(
      new Option('--format <format>', 'format of the file; by its ending unless told').choices([
        'csv',
        'parquet',
      ]),
    )
    .action(
      async (
        name: string,
        file: string,
        flags: { append: boolean; format?: 'csv' | 'parquet' },
        command: Command,
      ) => {
        const { client, json } = contextOf(command)
        const found = await stat(file).catch(() => undefined)
        if (!found?.isFile()) throw new KaizenError('NOT_FOUND', `there is no file ${file}`)
        const format = flags.format ?? formatOf(file)
        const body = Readable.toWeb(createReadStream(file)) as ReadableStream<Uint8Array>
        const query = {
          format,
          mode: flags.append ? ('append' as const) : ('create' as const),
          fileName: basename(file),
        }
        const version = await client.upload(dataApi.upload, { params: { name }, query }, body)
        print(json, version, () =>
          [
            `Version ${version.version} of ${name}: ${version.rowCount.toLocaleString('en-US')} rows, ${version.schema.length} columns, digest ${version.digest.slice(0, 12)}.`,
            ...version.quarantineReasons.map(
              ({ rule, rows }) => `  ${rows} rows kept apart: not ${rule}`,
            ),
          ].join('\n'),
        )
      },
    )

function formatOf(file: string): 'csv' | 'parquet' {
  const ending = extname(file).toLowerCase()
  if (ending === '.csv') return 'csv'
  if (ending === '.parquet') return 'parquet'
  throw new KaizenError('INVALID_REQUEST', `the ending of ${file} does not tell its format`, {
    hint: 'Add --format csv or --format parquet.',
  })
}

const showCommand = (): Command =>
  apiCommand('show', 'Show a dataset and its versions.', 'kaizen data show rides')
    .argument('<name>', 'the dataset')
    .action(async (name: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const dataset = await client.call(dataApi.get, { params: { name } })
      const versions = await client.call(dataApi.versions, {
        params: { name },
        query: { limit: 20 },
      })
      print(json, { ...dataset, latest: versions.items }, () =>
        [
          renderFacts({
            name: dataset.name,
            description: dataset.description,
            rows: dataset.rowCount,
            versions: dataset.versions,
            project: dataset.project,
          }),
          '',
          renderTable(versions.items, [
            { title: 'version', of: (row) => row.version, right: true },
            { title: 'rows', of: (row) => row.rowCount, right: true },
            { title: 'kept apart', of: (row) => row.quarantined, right: true },
            { title: 'pieces', of: (row) => row.pieces.length, right: true },
            { title: 'shared', of: (row) => row.sharedPieces, right: true },
            { title: 'from', of: (row) => formatTime(row.minEventTime) },
            { title: 'to', of: (row) => formatTime(row.maxEventTime) },
            { title: 'by', of: (row) => row.createdBy },
          ]),
        ].join('\n'),
      )
    })

const profileCommand = (): Command =>
  apiCommand(
    'profile',
    'Show the profile of the latest or a given version.',
    'kaizen data profile rides 3',
  )
    .argument('<name>', 'the dataset')
    .argument('[version]', 'number of the version; the latest unless told')
    .action(async (name: string, version: string | undefined, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const number = await versionNumber(client, name, version)
      const { columns } = await client.call(dataApi.profile, { params: { name, version: number } })
      print(json, columns, () =>
        renderTable(columns, [
          { title: 'column', of: (row) => row.name },
          { title: 'type', of: (row) => row.type },
          { title: 'missing', of: (row) => row.missing, right: true },
          { title: 'distinct', of: (row) => row.distinct, right: true },
          { title: 'min', of: (row) => row.min, right: true },
          { title: 'median', of: (row) => row.quantiles?.[3], right: true },
          { title: 'max', of: (row) => row.max, right: true },
          { title: 'mean', of: (row) => row.mean, right: true },
        ]),
      )
    })
