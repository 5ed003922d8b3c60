import { writeFile } from 'node:fs/promises'
import {
  dataQualityApi,
  type ExpectationOutcome,
  KaizenError,
  resultFormatNames,
  type Validation,
} from '@kaizen/contracts'
import { type Command, Option } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { versionNumber } from '../dataset-version.ts'
import { parseSuite } from '../parse-suite.ts'
import { formatTime, print, printable, renderTable } from '../render.ts'
import { readText } from './data-suites.ts'

export const validateCommand = (): Command =>
  apiCommand(
    'validate',
    'Validate a version by a suite; exits with 1 when a critical expectation fails.',
    'kaizen data validate rides --suite plausible',
    'kaizen data validate rides --suite plausible --environment serving',
    'kaizen data validate rides 3 --file suite.json --result-format COMPLETE --json',
  )
    .argument('<name>', 'the dataset')
    .argument('[version]', 'number of the version; the latest unless told')
    .option('--suite <suite>', 'a saved suite')
    .option('--file <file>', 'JSON of a suite that need not be saved')
    .option('--environment <name>', 'an environment of the saved suite, such as serving')
    .addOption(
      new Option('--result-format <format>', 'how much results tell').choices(resultFormatNames),
    )
    .action(
      async (
        name: string,
        version: string | undefined,
        flags: {
          suite?: string
          file?: string
          environment?: string
          resultFormat?: (typeof resultFormatNames)[number]
        },
        command: Command,
      ) => {
        const { client, json } = contextOf(command)
        if ((flags.suite === undefined) === (flags.file === undefined))
          throw new KaizenError('INVALID_REQUEST', 'name a saved suite or a file, one of them', {
            hint: `\`kaizen data suites ${name}\` lists the suites.`,
          })
        const number = await versionNumber(client, name, version)
        const body =
          flags.file === undefined
            ? { suite: flags.suite }
            : { expectations: [...parseSuite(await readText(flags.file), flags.file).expectations] }
        const params = { name, version: number }
        const { environment, resultFormat } = flags
        if (environment !== undefined && flags.file !== undefined)
          throw new KaizenError('INVALID_REQUEST', '--environment needs a saved suite', {
            hint: `Save the file first: kaizen data import-suite ${name} ${flags.file}`,
          })
        const validation = await client.call(dataQualityApi.validate, {
          params,
          body: {
            ...body,
            ...(environment === undefined ? {} : { environment }),
            ...(resultFormat === undefined ? {} : { resultFormat }),
          },
        })
        print(json, validation, () => validationText(validation))
        if (!validation.success) process.exitCode = 1
      },
    )

export const validationsCommand = (): Command =>
  apiCommand(
    'validations',
    'List the newest validations of a dataset.',
    'kaizen data validations rides',
  )
    .argument('<name>', 'the dataset')
    .action(async (name: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const { items } = await client.call(dataQualityApi.validations, {
        params: { name },
        query: { limit: 50 },
      })
      print(json, items, () =>
        items.length === 0
          ? `Nothing was validated yet. Try: kaizen data validate ${name} --suite NAME`
          : renderTable(items, [
              { title: 'id', of: (row) => row.id },
              { title: 'version', of: (row) => row.version ?? 'kept out', right: true },
              { title: 'suite', of: (row) => row.suite },
              { title: 'result', of: (row) => (row.success ? 'met' : 'broken') },
              {
                title: 'failed',
                of: (row) => row.statistics.unsuccessful_expectations,
                right: true,
              },
              { title: 'rows failed', of: (row) => row.failedRows, right: true },
              { title: 'at', of: (row) => formatTime(row.createdAt) },
            ]),
      )
    })

export const validationCommand = (): Command =>
  apiCommand(
    'validation',
    'Show what a validation found, with rows that failed.',
    'kaizen data validation rides validation_01m…',
    'kaizen data validation rides validation_01m… --rows failed.csv',
  )
    .argument('<name>', 'the dataset')
    .argument('<id>', 'the validation')
    .option('--rows <file>', 'write all rows that failed as CSV, personal data masked')
    .action(async (name: string, id: string, flags: { rows?: string }, command: Command) => {
      const { client, json } = contextOf(command)
      const params = { name, id }
      if (flags.rows !== undefined) {
        const response = await client.stream(dataQualityApi.failedRowsFile, { params })
        await writeFile(flags.rows, response.body ?? '')
      }
      const validation = await client.call(dataQualityApi.validation, { params })
      const failed = await client.call(dataQualityApi.failedRows, { params, query: { limit: 10 } })
      print(json, { ...validation, failed }, () =>
        [
          validationText(validation),
          ...(failed.rows.length > 0
            ? [
                '',
                renderTable(
                  failed.rows,
                  failed.columns.map((title, i) => ({ title, of: (row) => cell(row[i]) })),
                ),
              ]
            : []),
        ].join('\n'),
      )
    })

const cell = (value: unknown): string | number | null =>
  typeof value === 'number' || value === null ? value : String(value)

function validationText(validation: Validation): string {
  const { statistics, success, version, suite, environment, failedRows } = validation
  const about = version === null ? 'rows that were kept out' : `version ${version}`
  const broken = validation.results.filter((row) => !row.success)
  const where = environment === null ? '' : ` for ${environment}`
  const head = `${success ? 'met' : 'broken'}: ${about} by "${suite}"${where}, ${statistics.successful_expectations} of ${statistics.evaluated_expectations} expectations met${failedRows > 0 ? `, ${failedRows} rows failed` : ''}`
  if (broken.length === 0) return head
  return [
    head,
    '',
    renderTable(broken, [
      { title: 'not met', of: (row) => row.expectation_config.type },
      { title: 'of', of: subjectOf },
      { title: 'severity', of: (row) => row.expectation_config.severity },
      { title: 'found', of: foundOf },
    ]),
  ].join('\n')
}

const subjectOf = ({ expectation_config: { kwargs } }: ExpectationOutcome): string =>
  [kwargs['column'], kwargs['column_A'], kwargs['column_B'], kwargs['column_list']]
    .filter((name) => name !== undefined)
    .join(', ')

function foundOf({ result, exception_info: raised }: ExpectationOutcome): string {
  if (raised.raised_exception) return printable(raised.exception_message ?? 'could not be checked')
  const { unexpected_count: unexpected, element_count: rows, observed_value: observed } = result
  if (typeof unexpected === 'number' && typeof rows === 'number')
    return `${unexpected} of ${rows} rows unexpected`
  return observed === undefined ? '' : JSON.stringify(observed).slice(0, 60)
}
