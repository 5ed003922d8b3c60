import { readFile } from 'node:fs/promises'
import {
  contractActions,
  type DatasetContract,
  dataQualityApi,
  type ExpectationConfig,
  KaizenError,
  type SuiteEnvironments,
} from '@kaizen/contracts'
import { type Command, Option } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { versionNumber } from '../dataset-version.ts'
import { parseSuite } from '../parse-suite.ts'
import { formatTime, print, renderTable } from '../render.ts'

export const suitesCommand = (): Command =>
  apiCommand('suites', 'List the expectation suites of a dataset.', 'kaizen data suites rides')
    .argument('<name>', 'the dataset')
    .action(async (name: string, _flags, command: Command) => {
      const { client, json } = contextOf(command)
      const suites = await Array.fromAsync(
        client.paged(dataQualityApi.suites, { params: { name } }),
      )
      print(json, suites, () =>
        suites.length === 0
          ? `No suites yet. Start one with: kaizen data infer-suite ${name} --save first`
          : renderTable(suites, [
              { title: 'name', of: (row) => row.name },
              { title: 'expectations', of: (row) => row.expectations.length, right: true },
              { title: 'updated', of: (row) => formatTime(row.updatedAt) },
              { title: 'by', of: (row) => row.updatedBy },
            ]),
      )
    })

/** The text of a file that a command names. */
export async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (failure) {
    throw new KaizenError('NOT_FOUND', `${file} cannot be read`, { cause: failure })
  }
}

export const importSuiteCommand = (): Command =>
  apiCommand(
    'import-suite',
    'Save an expectation suite from a JSON file of Great Expectations, of any version.',
    'kaizen data import-suite rides great_expectations/expectations/rides.json',
  )
    .argument('<name>', 'the dataset')
    .argument('<file>', 'JSON of a suite')
    .option('--as <suite>', 'name of the suite; the one in the file unless told')
    .option('--skip-unsupported', 'leave out expectations that cannot be checked here', false)
    .action(
      async (
        name: string,
        file: string,
        flags: { as?: string; skipUnsupported: boolean },
        command: Command,
      ) => {
        const { client, json } = contextOf(command)
        const parsed = parseSuite(await readText(file), file)
        const { supported, declined } = await client.call(dataQualityApi.expectations, {})
        const known = new Set(supported)
        const left = parsed.expectations.filter(({ type }) => !known.has(type))
        if (left.length > 0 && !flags.skipUnsupported)
          throw new KaizenError(
            'UNSUPPORTED',
            `${left.length} of ${parsed.expectations.length} expectations cannot be checked: ${reasons(left, declined)}`,
            { hint: 'Add --skip-unsupported to save the others.' },
          )
        const suite = flags.as ?? parsed.name
        if (suite === undefined)
          throw new KaizenError('INVALID_REQUEST', `${file} does not name its suite`, {
            hint: 'Add --as NAME.',
          })
        const saved = await client.call(dataQualityApi.putSuite, {
          params: { name, suite },
          body: {
            expectations: parsed.expectations.filter(({ type }) => known.has(type)),
            environments: { ...parsed.environments },
            meta: { ...parsed.meta },
          },
        })
        print(json, saved, () =>
          [
            `Saved the suite "${saved.name}" of ${name} with ${saved.expectations.length} expectations.`,
            ...(left.length > 0 ? [`Left out: ${reasons(left, declined)}`] : []),
            `Validate by it with: kaizen data validate ${name} --suite ${JSON.stringify(saved.name)}`,
          ].join('\n'),
        )
      },
    )

const reasons = (
  left: readonly ExpectationConfig[],
  declined: Readonly<Record<string, string>>,
): string =>
  [...new Set(left.map(({ type }) => type))]
    .map((type) => `${type} (${declined[type] ?? 'not known'})`)
    .join(', ')

export const exportSuiteCommand = (): Command =>
  apiCommand(
    'export-suite',
    'Print an expectation suite as JSON that Great Expectations reads.',
    'kaizen data export-suite rides plausible > rides.json',
  )
    .argument('<name>', 'the dataset')
    .argument('<suite>', 'the suite')
    .action(async (name: string, suite: string, _flags, command: Command) => {
      const { client } = contextOf(command)
      const found = await client.call(dataQualityApi.suite, { params: { name, suite } })
      const { expectations, environments, meta } = found
      // Great Expectations keeps what it does not know under `meta`.
      const named = Object.keys(environments).length > 0 ? { kaizen: { environments } } : {}
      print(true, { name: found.name, expectations, meta: { ...meta, ...named } }, () => '')
    })

export const inferSuiteCommand = (): Command =>
  apiCommand(
    'infer-suite',
    'Expectations that a version meets: columns, types, presence, domains, ranges.',
    'kaizen data infer-suite rides --save plausible',
    'kaizen data infer-suite rides --environment serving=cnt --save plausible',
    'kaizen data infer-suite rides 3 --absent cnt --save serving',
  )
    .argument('<name>', 'the dataset')
    .argument('[version]', 'number of the version; the latest unless told')
    .option('--absent <column...>', 'columns that the environment does not have, such as the label')
    .option(
      '--environment <name=column...>',
      'an environment of the saved suite, with the columns that it does not have (a,b)',
    )
    .option('--save <suite>', 'save them under this name')
    .action(
      async (
        name: string,
        version: string | undefined,
        flags: { absent?: string[]; environment?: string[]; save?: string },
        command: Command,
      ) => {
        const { client, json } = contextOf(command)
        const environments = environmentsOf(flags.environment ?? [])
        const number = await versionNumber(client, name, version)
        const { expectations } = await client.call(dataQualityApi.inferSuite, {
          params: { name, version: number },
          body: { absent: flags.absent ?? [] },
        })
        if (flags.save !== undefined)
          await client.call(dataQualityApi.putSuite, {
            params: { name, suite: flags.save },
            body: { expectations, environments },
          })
        print(json, { expectations, environments }, () =>
          [
            renderTable(expectations, [
              { title: 'expectation', of: (row) => row.type },
              { title: 'severity', of: (row) => row.severity },
              { title: 'arguments', of: (row) => JSON.stringify(row.kwargs).slice(0, 100) },
            ]),
            flags.save === undefined
              ? `\nNothing is saved. Save them with: kaizen data infer-suite ${name} ${number} --save NAME`
              : `\nSaved as "${flags.save}". Make it the contract of new versions with: kaizen data contract ${name} --suite ${JSON.stringify(flags.save)}`,
          ].join('\n'),
        )
      },
    )

const failureWords: Readonly<Record<DatasetContract['onFailure'], string>> = {
  block: 'one that does not is kept out',
  hold: 'no pipeline reads one that does not',
  warn: 'a failure is only told',
}

/** `serving=label,weight` as the columns that an environment does not have. */
function environmentsOf(given: readonly string[]): SuiteEnvironments {
  return Object.fromEntries(
    given.map((text) => {
      const at = text.indexOf('=')
      const absent = text.slice(at + 1).split(',')
      if (at > 0 && absent.every((column) => column !== '')) return [text.slice(0, at), { absent }]
      throw new KaizenError('INVALID_REQUEST', `--environment ${text} names no columns`, {
        hint: 'Write NAME=COLUMN,COLUMN: the columns that the environment does not have.',
      })
    }),
  )
}

export const contractCommand = (): Command =>
  apiCommand(
    'contract',
    'Show, set or lift the suite that every new version must meet.',
    'kaizen data contract rides',
    'kaizen data contract rides --suite plausible',
    'kaizen data contract rides --none',
  )
    .argument('<name>', 'the dataset')
    .option('--suite <suite>', 'the suite that new versions must meet')
    .addOption(
      new Option(
        '--on-failure <action>',
        'keep a version out that breaks it, hold it back from pipelines, or only say so',
      )
        .choices(contractActions)
        .default('block'),
    )
    .option('--environment <name>', 'the environment of the suite that versions belong to')
    .option('--none', 'lift the contract', false)
    .action(
      async (
        name: string,
        flags: {
          suite?: string
          onFailure: DatasetContract['onFailure']
          environment?: string
          none: boolean
        },
        command: Command,
      ) => {
        const { client, json } = contextOf(command)
        if (flags.none && flags.suite !== undefined)
          throw new KaizenError('INVALID_REQUEST', '--none and --suite exclude each other')
        const params = { name }
        const wanted =
          flags.suite === undefined
            ? null
            : {
                suite: flags.suite,
                onFailure: flags.onFailure,
                ...(flags.environment === undefined ? {} : { environment: flags.environment }),
              }
        const { contract } =
          flags.none || wanted
            ? await client.call(dataQualityApi.contract, { params, body: { contract: wanted } })
            : await client.call(dataQualityApi.getContract, { params })
        print(json, { contract }, () =>
          contract === null
            ? `${name} has no contract: every version that can be read is made.`
            : `New versions of ${name} must meet the suite "${contract.suite}"${contract.environment === undefined ? '' : ` for ${contract.environment}`}; ${failureWords[contract.onFailure]}.`,
        )
      },
    )
