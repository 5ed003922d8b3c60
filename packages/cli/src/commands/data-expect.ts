import {
  dataQualityApi,
  type ExpectationConfig,
  expectationSeverities,
  isKaizenError,
  KaizenError,
} from '@kaizen/contracts'
import { type Command, Option } from 'commander'
import { apiCommand, contextOf } from '../api-command.ts'
import { print, renderTable } from '../render.ts'

interface ExpectFlags {
  readonly suite: string
  readonly fresh?: readonly string[]
  readonly key?: readonly string[]
  readonly sameRows?: readonly string[]
  readonly rowsPer?: readonly string[]
  readonly volume?: string
  readonly schema?: 'none' | 'widening' | 'any'
  readonly severity: ExpectationConfig['severity']
}

type Bare = Pick<ExpectationConfig, 'type' | 'kwargs'>

const unreadable = (flag: string, text: string, form: string): KaizenError =>
  new KaizenError('INVALID_REQUEST', `${flag} ${text} cannot be read`, { hint: `Write ${form}.` })

/** `name=rest`, of which both are there. */
function assigned(flag: string, text: string, form: string): readonly [string, string] {
  const at = text.indexOf('=')
  if (at > 0 && at < text.length - 1) return [text.slice(0, at), text.slice(at + 1)]
  throw unreadable(flag, text, form)
}

/** `0.5..2`, `0.5..` or `..2` as bounds. */
function boundsOf(flag: string, text: string): Bare['kwargs'] {
  const [min, max, ...more] = text.split('..')
  const bounds = [
    ['min_value', min],
    ['max_value', max],
  ].flatMap(([key, bound]) => (bound ? [[key, Number(bound)] as const] : []))
  if (
    max === undefined ||
    more.length > 0 ||
    bounds.length === 0 ||
    !bounds.every(([, bound]) => Number.isFinite(bound))
  )
    throw unreadable(flag, text, 'two numbers with dots between, as 0.5..2, 0.5.. or ..2')
  return Object.fromEntries(bounds)
}

/** What the flags ask for, as expectations. */
function expectationsOf(flags: ExpectFlags): readonly Bare[] {
  const fresh = (flags.fresh ?? []).map((text) => {
    const form = 'COLUMN=HOURS'
    const [column, hours] = assigned('--fresh', text, form)
    if (!(Number(hours) > 0)) throw unreadable('--fresh', text, form)
    return {
      type: 'expect_column_max_to_be_recent',
      kwargs: { column, max_age_hours: Number(hours) },
    }
  })
  const keys = (flags.key ?? []).map((text) => {
    const form = 'COLUMN=DATASET.COLUMN'
    const [column, other] = assigned('--key', text, form)
    const dot = other.indexOf('.')
    if (dot < 1 || dot === other.length - 1) throw unreadable('--key', text, form)
    return {
      type: 'expect_column_values_to_exist_in_other_table',
      kwargs: {
        column,
        other_table_name: other.slice(0, dot),
        other_column: other.slice(dot + 1),
      },
    }
  })
  const same = (flags.sameRows ?? []).map((dataset) => ({
    type: 'expect_table_row_count_to_equal_other_table',
    kwargs: { other_table_name: dataset },
  }))
  const ratios = (flags.rowsPer ?? []).map((text) => {
    const [dataset, range] = assigned('--rows-per', text, 'DATASET=MIN..MAX')
    return {
      type: 'expect_table_row_count_ratio_to_other_table_to_be_between',
      kwargs: { other_table_name: dataset, ...boundsOf('--rows-per', range) },
    }
  })
  const volume = (flags.volume === undefined ? [] : [flags.volume]).map((range) => ({
    type: 'expect_table_row_count_ratio_to_previous_version_to_be_between',
    kwargs: boundsOf('--volume', range),
  }))
  const schema = (flags.schema === undefined ? [] : [flags.schema]).map((changes) => ({
    type: 'expect_table_schema_to_be_compatible_with_previous_version',
    kwargs: { allow_type_changes: changes },
  }))
  return [...fresh, ...keys, ...same, ...ratios, ...volume, ...schema]
}

/** Two expectations of the same thing, of which the later one holds. */
const isSame = (a: Bare, b: Bare): boolean =>
  a.type === b.type &&
  ['column', 'other_table_name'].every((key) => a.kwargs[key] === b.kwargs[key])

export const expectCommand = (): Command =>
  apiCommand(
    'expect',
    'Add checks over versions and other datasets to a suite: freshness, foreign keys, counts, volume, schema.',
    'kaizen data expect orders --suite sound --fresh day=24 --key land=lands.code --volume 0.5..2',
    'kaizen data expect orders --suite sound --schema widening --severity warning',
    'kaizen data expect labels --suite sound --same-rows orders',
  )
    .argument('<name>', 'the dataset')
    .requiredOption('--suite <suite>', 'the suite; a new one is made')
    .option('--fresh <column=hours...>', 'the newest value of a column is at most so old')
    .option('--key <column=dataset.column...>', 'values are there in a column of another dataset')
    .option('--same-rows <dataset...>', 'as many rows as another dataset has')
    .option('--rows-per <dataset=min..max...>', 'rows over those of another dataset')
    .option('--volume <min..max>', 'rows over those of the version before')
    .addOption(
      new Option(
        '--schema <type changes>',
        'columns of the version before are there; their types may change so far',
      ).choices(['none', 'widening', 'any']),
    )
    .addOption(
      new Option('--severity <severity>', 'only a critical one makes a version fail')
        .choices(expectationSeverities)
        .default('critical'),
    )
    .action(async (name: string, flags: ExpectFlags, command: Command) => {
      const { client, json } = contextOf(command)
      const added = expectationsOf(flags)
      if (added.length === 0)
        throw new KaizenError('INVALID_REQUEST', 'there is nothing to expect', {
          hint: 'Add --fresh, --key, --same-rows, --rows-per, --volume or --schema.',
        })
      const params = { name, suite: flags.suite }
      const before = await client.call(dataQualityApi.suite, { params }).catch((failure) => {
        if (isKaizenError(failure) && failure.code === 'NOT_FOUND') return undefined
        throw failure
      })
      const kept = (before?.expectations ?? []).filter(
        (each) => !added.some((one) => isSame(one, each)),
      )
      const saved = await client.call(dataQualityApi.putSuite, {
        params,
        body: {
          expectations: [
            ...kept,
            ...added.map((each) => ({ ...each, severity: flags.severity, meta: {} })),
          ],
          environments: { ...before?.environments },
          meta: { ...before?.meta },
        },
      })
      print(json, saved, () =>
        [
          renderTable(added, [
            { title: 'expectation', of: (row) => row.type },
            { title: 'arguments', of: (row) => JSON.stringify(row.kwargs) },
          ]),
          `\nThe suite "${saved.name}" of ${name} has ${saved.expectations.length} expectations. Hold new versions to it with: kaizen data contract ${name} --suite ${JSON.stringify(saved.name)}`,
        ].join('\n'),
      )
    })
