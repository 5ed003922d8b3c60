import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { expectationTypes } from './expectations/expectations.ts'

/**
 * Holds the table of data quality: what is asked for, where it is found, and the tests that hold it, which must be there under
 * their names. The page is written from the table by `vitest run -u`.
 */
const packages = join(import.meta.dirname, '../../..')
const page = join(packages, '../docs/reference/data-quality.md')

interface Held {
  readonly what: string
  /** Commands, pages, expectations or functions by which it is reached. */
  readonly where: string
  /** File below `packages` and name of a test in it. */
  readonly tests: readonly (readonly [file: string, name: string])[]
}

const expectations = 'platform/src/data/expectations'
const quality = 'platform/src/data/quality.int.test.ts'
const suites = 'cli/src/commands/data-suites.int.test.ts'
const planted = [
  'platform/src/data/report/planted.int.test.ts',
  'finds every fault that was planted, and its file tells each',
] as const
const overVersions = [
  'platform/src/data/beside-others.int.test.ts',
  'holds versions to those before them and to other datasets: schema, volume, freshness, keys, counts',
] as const

const TABLE: Readonly<Record<string, readonly Held[]>> = {
  'Expectations of Great Expectations': [
    {
      what: 'all core expectations by name; three declined with the reason',
      where: '`GET /api/v1/expectations`',
      tests: [
        [`${expectations}/expectations.test.ts`, 'are all checked, or declined with a reason'],
      ],
    },
    {
      what: 'arguments and results as there',
      where: '`kaizen data validate`',
      tests: [
        [
          `${expectations}/validate.int.test.ts`,
          'finds what the reference in memory finds, whatever the rows',
        ],
        ['ml/src/validation/reference-results.test.ts', '%s %s'],
      ],
    },
    {
      what: 'result formats, key by key',
      where: '`--result-format`',
      tests: [
        [`${expectations}/result-formats.int.test.ts`, 'are those of the reference in memory: %j'],
      ],
    },
    {
      what: 'suites port in and out',
      where: '`kaizen data import-suite`, `export-suite`',
      tests: [
        [
          suites,
          'comes in with mostly, meta and severities, and finds what Great Expectations finds',
        ],
        [suites, 'goes out again as it came in'],
      ],
    },
    {
      what: '`row_condition`',
      where: 'argument of every expectation',
      tests: [
        [
          `${expectations}/validate.int.test.ts`,
          'looks only at the rows of a row condition and keeps the rows that failed',
        ],
        [
          'ml/src/validation/row-condition.test.ts',
          'of any text are read or refused, never anything else',
        ],
      ],
    },
    {
      what: '`mostly`, severities',
      where: 'argument and field of every expectation',
      tests: [
        [
          suites,
          'comes in with mostly, meta and severities, and finds what Great Expectations finds',
        ],
        [quality, 'keeps suites, validates by them and lists what was found'],
      ],
    },
  ],
  'Versions and other datasets': [
    {
      what: 'freshness',
      where:
        '`expect_column_max_to_be_recent`, `kaizen data expect --fresh`, `freshness` of the SDK',
      tests: [
        overVersions,
        [
          suites,
          'adds checks over versions and other datasets to a suite, and replaces one of the same thing',
        ],
      ],
    },
    {
      what: 'foreign keys',
      where: '`expect_column_values_to_exist_in_other_table`, `--key`, `foreignKey`',
      tests: [overVersions, ['sdk/src/version-checks.test.ts', '%j']],
    },
    {
      what: 'counts across tables',
      where:
        '`expect_table_row_count_to_equal_other_table`, `expect_table_row_count_ratio_to_other_table_to_be_between`, `--same-rows`, `--rows-per`, `rowsBeside`',
      tests: [
        overVersions,
        [
          `${expectations}/validate.int.test.ts`,
          'compares dates, types, like patterns, shares and other tables',
        ],
      ],
    },
    {
      what: 'volume beside the version before',
      where:
        '`expect_table_row_count_ratio_to_previous_version_to_be_between`, `--volume`, `steadyVolume`',
      tests: [overVersions],
    },
    {
      what: 'evolution of the schema',
      where:
        '`expect_table_schema_to_be_compatible_with_previous_version`, `--schema`, `compatibleSchema`',
      tests: [
        overVersions,
        [
          `${expectations}/version-expectations.test.ts`,
          'may gain columns, and must not where they are forbidden',
        ],
        [`${expectations}/version-expectations.test.ts`, '%s as %s with %s'],
      ],
    },
    {
      what: 'shown in words',
      where: 'tab *Quality* of a dataset',
      tests: [
        ['web/src/features/data/prepare-quality.test.ts', 'tells how a schema changed: %j'],
        ['web/src/features/data/prepare-quality.test.ts', 'counts what it asks of what'],
      ],
    },
  ],
  'Schema inference': [
    {
      what: 'columns, types, presence, domains, ranges',
      where: '`kaizen data infer-suite`',
      tests: [
        [
          quality,
          'infers expectations that the version meets, for an environment without the label',
        ],
      ],
    },
    {
      what: 'environments: no label at serving',
      where: '`--environment serving=label`',
      tests: [
        [suites, 'infers a suite for environments, and validates for the one that is named'],
        [quality, 'asks a suite for an environment, and only for one it names'],
      ],
    },
  ],
  Report: [
    {
      what: 'distributions, quantiles',
      where: '`kaizen data report`, tab *Report*, `--html`',
      tests: [
        planted,
        [
          'platform/src/data/profile/profile.int.test.ts',
          'has the quantiles of the sorted values, whatever their distribution',
        ],
      ],
    },
    {
      what: 'Pearson, Spearman, Cramér’s V, correlation ratio',
      where: 'same',
      tests: [
        planted,
        [
          'web/src/features/data/prepare-report.test.ts',
          'is a symmetric matrix of the columns that take part',
        ],
      ],
    },
    { what: 'missingness patterns', where: 'same', tests: [planted] },
    { what: 'duplicates, constant and id-like columns', where: 'same', tests: [planted] },
    {
      what: 'leakage suspects, target relations',
      where: '`--target`',
      tests: [
        planted,
        [
          'platform/src/data/report/planted.int.test.ts',
          'relates the target with every one of many columns',
        ],
      ],
    },
    {
      what: 'forms of texts, the odd ones told',
      where: 'same',
      tests: [
        planted,
        [
          'platform/src/data/report/text-forms.int.test.ts',
          'are those that profiles in memory tell, whatever the text',
        ],
      ],
    },
    { what: 'outliers', where: 'same', tests: [planted] },
    {
      what: 'personal data by pattern and checksum, samples masked',
      where: 'same',
      tests: [planted, ['platform/src/data/report/personal-data.test.ts', 'checks digits']],
    },
    {
      what: 'alerts in words',
      where: 'same',
      tests: [
        ['platform/src/data/report/report-page.test.ts', 'says what stands out, the gravest first'],
        ['platform/src/data/report/planted.int.test.ts', 'says nothing of a table without faults'],
      ],
    },
    {
      what: 'one HTML file, hostile values as text',
      where: '`--html FILE`',
      tests: [
        ['platform/src/data/report/report-page.test.ts', 'shows hostile names and values as text'],
      ],
    },
    {
      what: 'two versions side by side',
      where: '`kaizen data compare`, tab *Compare*',
      tests: [
        [quality, 'reports on a version and compares two'],
        [
          'platform/src/data/report/row-differences.int.test.ts',
          'by a key, a row whose values differ has changed',
        ],
      ],
    },
  ],
  Contracts: [
    {
      what: 'block a version, and keep the rows that failed',
      where: '`kaizen data contract --on-failure block`, `kaizen data validation --rows`',
      tests: [[quality, 'keeps a version out that breaks a blocking contract, with its rows']],
    },
    {
      what: 'block a pipeline',
      where: '`--on-failure hold`',
      tests: [
        [
          'platform/src/pipelines/held-data.int.test.ts',
          'do not read a version that the contract holds back',
        ],
        [quality, 'holds a version back from pipelines that breaks the contract'],
      ],
    },
    {
      what: 'rows that failed, personal data masked',
      where: '`kaizen data validation --rows FILE`, tab *Quality*',
      tests: [
        [quality, 'shows rows that failed with personal data masked'],
        [
          suites,
          'tells as much as the format asks, and writes the rows that failed with personal data masked',
        ],
      ],
    },
    {
      what: 'declared in a project',
      where: '`contract([...])` of the SDK',
      tests: [
        [quality, 'takes the contract of a project, and lifts it when it is declared no more'],
      ],
    },
  ],
}

const rows = Object.values(TABLE).flat()

describe('data quality', () => {
  test.each(rows.map((row) => [row.what, row] as const))(
    '%s is held by tests that are there',
    (_, row) => {
      expect(row.tests.length).toBeGreaterThan(0)
      for (const [file, name] of row.tests) {
        const text = readFileSync(join(packages, file), 'utf8')
        // A test begins with its name in quotes after `it`, `test` or `each(...)`.
        const at = text.indexOf(`'${name}'`)
        expect(at, `${file} has no test named '${name}'`).toBeGreaterThan(-1)
        expect(text.slice(0, at).trimEnd().at(-1), `'${name}' of ${file} is no test`).toBe('(')
      }
      for (const [name] of row.where.matchAll(/expect_\w+/gu))
        expect(expectationTypes).toContain(name)
    },
  )

  test('stands in the reference as it is', async () => {
    await expect(written()).toMatchFileSnapshot(page)
  })
})

const written = (): string => {
  const sections = Object.entries(TABLE).map(([area, list]) => {
    const lines = list.map(({ what, where, tests }) => {
      const held = tests.map(([file, name]) => `\`${file}\`: ${name}`)
      return `| ${what} | ${where} | ${held.join('<br>')} |`
    })
    return `## ${area}\n\n| what | where | tests |\n|---|---|---|\n${lines.join('\n')}\n`
  })
  return `# Data quality: what there is, where, and what holds it

The [guide](../guide/data-quality.md) says how it is used. The page is written from \`packages/platform/src/data/quality-field.test.ts\`,
which holds that each test is there under its name (files below \`packages\`) and each expectation is known.

${sections.join('\n')}`
}
