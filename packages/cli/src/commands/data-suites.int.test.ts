import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type OwnServer, startOwnServer } from '../server-in-process.ts'
import { runKaizen } from '../test-cli.ts'

/** Suites as Great Expectations saves them, and what it says of them on the same table. */
const fixtures = join(import.meta.dirname, '../../../platform/fixtures/great-expectations/suites')

let root: string
let server: OwnServer
const kaizen = (...args: readonly string[]) => runKaizen(...args, '--server', server.address)

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'kaizen-suites-test-'))
  server = await startOwnServer(join(root, 'data'))
  await kaizen('data', 'create', 'people')
  expect(await kaizen('data', 'add', 'people', join(fixtures, 'people.csv'))).toMatchObject({
    code: 0,
  })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(root, { recursive: true, force: true })
})

interface Asked {
  readonly type: string
  readonly kwargs: Readonly<Record<string, unknown>>
}
interface Said extends Asked {
  readonly success: boolean
  readonly result: Readonly<Record<string, unknown>>
}
interface Found {
  readonly success: boolean
  readonly expectation_config: Asked & { readonly severity: string; readonly meta: object }
  readonly result: Readonly<Record<string, unknown>>
}

const keyOf = ({ type, kwargs: { column, column_list: list, row_condition: condition } }: Asked) =>
  JSON.stringify([type, column ?? null, list ?? null, Boolean(condition)])

/** Fields of results that hold numbers of rows; values of a CSV file may be of another type than those in memory. */
const counted = [
  'element_count',
  'missing_count',
  'unexpected_count',
  'unexpected_percent',
  'unexpected_percent_total',
  'unexpected_percent_nonmissing',
  'partial_unexpected_index_list',
] as const

describe.each(['0.18.22', '1.24.1'])('a suite of Great Expectations %s', (version) => {
  const of = (what: string) =>
    JSON.parse(readFileSync(join(fixtures, `${what}-${version}.json`), 'utf8'))

  it('comes in with mostly, meta and severities, and finds what Great Expectations finds', async () => {
    const suite = `of ${version}`
    const file = join(fixtures, `suite-${version}.json`)
    expect(await kaizen('data', 'import-suite', 'people', file, '--as', suite)).toMatchObject({
      code: 0,
      text: expect.stringContaining('with 15 expectations'),
    })
    const { text } = await kaizen('data', 'validate', 'people', '--suite', suite, '--json')
    const found = JSON.parse(text) as { results: Found[]; statistics: object }
    const said = of('said') as { results: Said[]; statistics: object }
    expect(found.statistics).toEqual(said.statistics)
    // Great Expectations answers in an order of its own.
    const byKey = new Map(found.results.map((each) => [keyOf(each.expectation_config), each]))
    expect(byKey.size).toBe(15)
    for (const outcome of said.results) {
      const ours = byKey.get(keyOf(outcome))
      expect(ours, outcome.type).toMatchObject({ success: outcome.success })
      for (const key of counted)
        expect(ours?.result[key], `${outcome.type} ${key}`).toEqual(outcome.result[key])
      if (typeof outcome.result['observed_value'] === 'number')
        expect(ours?.result['observed_value']).toBeCloseTo(outcome.result['observed_value'], 9)
    }
    const written = of('suite').expectations as { severity?: string; meta: object }[]
    expect(found.results.map(({ expectation_config: config }) => config.severity)).toEqual(
      written.map(({ severity }) => severity ?? 'critical'),
    )
    expect(found.results[0]?.expectation_config.meta).toEqual(written[0]?.meta)
  })

  it('goes out again as it came in', async () => {
    const { text } = await kaizen('data', 'export-suite', 'people', `of ${version}`)
    const file = join(root, 'again.json')
    await writeFile(file, text)
    await kaizen('data', 'import-suite', 'people', file, '--as', 'again')
    const again = await kaizen('data', 'export-suite', 'people', 'again')
    expect({ ...JSON.parse(again.text), name: '' }).toEqual({ ...JSON.parse(text), name: '' })
  })

  it('with expectations that cannot be checked is refused by their names, or comes in without them', async () => {
    const suite = of('suite')
    const custom = 'expect_column_values_to_be_lovely'
    const sql = {
      type: 'unexpected_rows_expectation',
      kwargs: { unexpected_rows_query: 'SELECT 1' },
    }
    const more = [{ expectation_type: custom, kwargs: { column: 'id' } }, sql]
    const file = join(root, 'custom.json')
    await writeFile(
      file,
      JSON.stringify({ ...suite, expectations: [...suite.expectations, ...more] }),
    )
    const refused = await kaizen('data', 'import-suite', 'people', file)
    expect(refused.code).not.toBe(0)
    expect(refused.text).toContain(`2 of 17 expectations cannot be checked: ${custom} (not known)`)
    expect(refused.text).toContain('unexpected_rows_expectation (expectations hold no SQL')
    const taken = await kaizen('data', 'import-suite', 'people', file, '--skip-unsupported')
    expect(taken.text).toContain('with 15 expectations')
    expect(taken.text).toContain(`Left out: ${custom}`)
  })
})

it('infers a suite for environments, and validates for the one that is named', async () => {
  const inferred = await kaizen(
    ...['data', 'infer-suite', 'people', '--environment', 'serving=spent,signup', '--save', 'both'],
  )
  expect(inferred.code).toBe(0)
  await kaizen('data', 'create', 'requests')
  const { text } = await kaizen('data', 'export-suite', 'people', 'both')
  await writeFile(join(root, 'both.json'), text)
  await kaizen('data', 'import-suite', 'requests', join(root, 'both.json'))
  const rows = readFileSync(join(fixtures, 'people.csv'), 'utf8').split('\n')
  const served = rows.map((line) => line.split(',').slice(0, 4).join(',')).join('\n')
  await writeFile(join(root, 'requests.csv'), served)
  expect(await kaizen('data', 'add', 'requests', join(root, 'requests.csv'))).toMatchObject({
    code: 0,
  })
  const validate = (...flags: readonly string[]) =>
    kaizen('data', 'validate', 'requests', '--suite', 'both', ...flags)
  expect(await validate()).toMatchObject({ code: 1, text: expect.stringContaining('spent') })
  expect(await validate('--environment', 'serving')).toMatchObject({
    code: 0,
    text: expect.stringMatching(/^met: version 1 by "both" for serving/),
  })
  expect(await validate('--environment', 'moon')).toMatchObject({
    text: expect.stringMatching(/has no environment "moon"[\s\S]*serving/),
  })
  const malformed = await kaizen('data', 'infer-suite', 'people', '--environment', 'serving')
  expect(malformed.text).toContain('names no columns')
})

it('tells as much as the format asks, and writes the rows that failed with personal data masked', async () => {
  const path = join(root, 'mails.csv')
  await writeFile(
    path,
    'n,mail\n1,ada@example.org\n2,=cmd()\n300,"b,en@example.org"\n400,cem@example.org\n',
  )
  await kaizen('data', 'create', 'mails')
  await kaizen('data', 'add', 'mails', path)
  const suite = [
    { type: 'expect_column_values_to_be_between', kwargs: { column: 'n', max_value: 3 } },
  ]
  await writeFile(join(root, 'mails.json'), JSON.stringify(suite))
  const run = async (format: string) =>
    JSON.parse(
      (
        await kaizen(
          ...['data', 'validate', 'mails', '--file', join(root, 'mails.json')],
          ...['--result-format', format, '--json'],
        )
      ).text,
    )
  expect((await run('BOOLEAN_ONLY')).results[0].result).toEqual({})
  const complete = await run('COMPLETE')
  expect(complete.results[0].result).toMatchObject({
    unexpected_list: [300, 400],
    unexpected_index_list: [2, 3],
    unexpected_index_query: 'df.filter(items=[2, 3], axis=0)',
  })
  const rows = join(root, 'failed.csv')
  await kaizen('data', 'validation', 'mails', complete.id, '--rows', rows)
  expect(await readFile(rows, 'utf8')).toBe(
    'n,mail\r\n300,"b,••@•••••••.••g"\r\n400,c••@•••••••.••g\r\n',
  )
})

it.each([
  ['no JSON', '{"expectations": [', /is no expectation suite/],
  ['no expectation', '{"name": "x", "expectations": []}', /is no expectation suite/],
  ['another thing', '[1, 2]', /is no expectation suite/],
  ['arguments that are none', '[{"type": "expect_column_to_exist", "kwargs": []}]', /suite/],
  [
    'a severity of its own',
    '[{"type": "expect_column_to_exist", "severity": "fatal"}]',
    /severity/,
  ],
  [
    'a name that climbs',
    '{"name": "../../etc", "expectations": [{"type": "expect_column_to_exist"}]}',
    /INVALID_REQUEST|digits/,
  ],
  [
    'environments that are none',
    '{"name": "x", "meta": {"kaizen": {"environments": [1]}}, "expectations": [{"type": "expect_column_to_exist"}]}',
    /meta\.kaizen/,
  ],
])('refuses a file with %s', async (_, content, message) => {
  const file = join(root, 'bad.json')
  await writeFile(file, content)
  const { code, text } = await kaizen('data', 'import-suite', 'people', file)
  expect(code).not.toBe(0)
  expect(text).toMatch(message)
})

it('adds checks over versions and other datasets to a suite, and replaces one of the same thing', async () => {
  const file = async (name: string, text: string) => {
    await writeFile(join(root, name), text)
    return join(root, name)
  }
  await kaizen('data', 'create', 'lands')
  await kaizen('data', 'add', 'lands', await file('lands.csv', 'code\nDE\nFR\n'))
  await kaizen('data', 'create', 'orders')
  const expectFlags = ['data', 'expect', 'orders', '--suite', 'sound']
  const first = await kaizen(
    ...expectFlags,
    ...[
      '--fresh',
      'day=87600',
      '--key',
      'land=lands.code',
      '--rows-per',
      'lands=0.5..',
      '--volume',
      '0.5..2',
    ],
  )
  expect(first).toMatchObject({ code: 0 })
  const second = await kaizen(
    ...expectFlags,
    '--volume',
    '0.5..3',
    '--schema',
    'widening',
    '--json',
  )
  expect(second).toMatchObject({ code: 0 })
  const { expectations } = JSON.parse(second.text) as { expectations: Asked[] }
  expect(expectations.map(({ type, kwargs }) => [type, kwargs])).toEqual([
    ['expect_column_max_to_be_recent', { column: 'day', max_age_hours: 87600 }],
    [
      'expect_column_values_to_exist_in_other_table',
      { column: 'land', other_table_name: 'lands', other_column: 'code' },
    ],
    [
      'expect_table_row_count_ratio_to_other_table_to_be_between',
      { other_table_name: 'lands', min_value: 0.5 },
    ],
    [
      'expect_table_row_count_ratio_to_previous_version_to_be_between',
      { min_value: 0.5, max_value: 3 },
    ],
    [
      'expect_table_schema_to_be_compatible_with_previous_version',
      { allow_type_changes: 'widening' },
    ],
  ])
  expect(await kaizen('data', 'contract', 'orders', '--suite', 'sound')).toMatchObject({ code: 0 })
  const good = await file('orders.csv', 'day,land,n\n2026-01-01,DE,1\n')
  expect(await kaizen('data', 'add', 'orders', good)).toMatchObject({ code: 0 })
  const wider = await file('wider.csv', 'day,land,n\n2026-01-01,DE,1.5\n')
  expect(await kaizen('data', 'add', 'orders', wider)).toMatchObject({ code: 0 })
  const broken = await file('broken.csv', 'day,land\n2026-01-01,XX\n')
  const refused = await kaizen('data', 'add', 'orders', broken)
  expect(refused.code).not.toBe(0)
  expect(refused.text).toContain('expect_column_values_to_exist_in_other_table')
  expect(refused.text).toContain('"removed":["n"]')
})

it.each([
  [['--fresh', 'day'], 'COLUMN=HOURS'],
  [['--key', 'land=lands'], 'COLUMN=DATASET.COLUMN'],
  [['--volume', '2'], '0.5..2'],
  [[], '--fresh, --key'],
])('says how to write %j', async (flags, hint) => {
  const refused = await kaizen('data', 'expect', 'people', '--suite', 'x', ...flags)
  expect(refused.code).not.toBe(0)
  expect(refused.text).toContain(hint)
})
