import type { ExpectationOutcome, ExpectationSuite } from '@kaizen/contracts'
import { formatCount } from '../../shared/format/number.ts'

/** The columns that an expectation is about, and the dataset or version beside which it holds them. */
export function subjectWords({
  expectation_config: { type, kwargs },
}: ExpectationOutcome): string | null {
  const named = ['column', 'column_A', 'column_B', 'column_list'].flatMap(
    (key) => kwargs[key] ?? [],
  )
  const other = [kwargs['other_table_name'], kwargs['other_column']].flatMap((name) => name ?? [])
  const since = kwargs['since_version']
  const beside = type.includes('previous_version')
    ? [since === undefined ? 'the version before' : `version ${since}`]
    : other.length > 0
      ? [other.join('.')]
      : []
  const words = [named.join(', '), ...beside].filter((part) => part !== '')
  return words.length === 0 ? null : words.join(' → ')
}

/** Columns that came, went or hold another type, in words; null for anything else. */
function schemaChangeWords(observed: unknown): string | null {
  const { added, removed, retyped } = (observed ?? {}) as Readonly<Record<string, unknown>>
  if (!Array.isArray(added) || !Array.isArray(removed) || !Array.isArray(retyped)) return null
  const changes = (retyped as { column: string; from: string; to: string }[]).map(
    ({ column, from, to }) => `${column} (${from} to ${to})`,
  )
  const parts = [
    ['came', added],
    ['went', removed],
    ['changed', changes],
  ].flatMap(([word, names]) =>
    names?.length ? [`${word}: ${(names as string[]).join(', ')}`] : [],
  )
  return parts.length === 0 ? 'the same columns' : parts.join('; ')
}

const longest = 160

/** What was found, in words: how many rows, which value, or why it could not be checked. */
export function foundWords({ result, exception_info: raised }: ExpectationOutcome): string | null {
  if (raised.raised_exception) return raised.exception_message ?? 'could not be checked'
  const { unexpected_count: unexpected, element_count: rows, observed_value: observed } = result
  const listed = result['partial_unexpected_list']
  if (typeof unexpected === 'number' && typeof rows === 'number') {
    const shown = Array.isArray(listed)
      ? listed.slice(0, 5).map((each) => JSON.stringify(each))
      : []
    const examples = shown.length > 0 ? `: ${shown.join(', ')}` : ''
    return `${formatCount(unexpected)} of ${formatCount(rows)} rows${examples}`.slice(0, longest)
  }
  const schema = schemaChangeWords(observed)
  if (schema !== null) return schema.slice(0, longest)
  return observed === undefined ? null : JSON.stringify(observed).slice(0, longest)
}

/** Environments of a suite, each with what it does not have. */
export const environmentWords = (environments: ExpectationSuite['environments']): string =>
  Object.entries(environments)
    .map(([name, { absent }]) => `${name} (without ${absent.join(', ')})`)
    .join('; ')

/** What a suite asks: of one version alone, beside the version before, of other datasets, of its age. */
export function suiteWords(expectations: ExpectationSuite['expectations']): string {
  const kinds = { rows: 0, age: 0, 'versions before': 0, 'other datasets': 0 }
  for (const { type, kwargs } of expectations) {
    if (type.includes('previous_version')) kinds['versions before']++
    else if (typeof kwargs['other_table_name'] === 'string') kinds['other datasets']++
    else if (type === 'expect_column_max_to_be_recent') kinds.age++
    else kinds.rows++
  }
  return Object.entries(kinds)
    .flatMap(([kind, count]) => (count > 0 ? [`${formatCount(count)} of ${kind}`] : []))
    .join(', ')
}
