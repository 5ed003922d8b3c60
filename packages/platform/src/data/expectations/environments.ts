import { type ExpectationConfig, KaizenError, type SuiteEnvironments } from '@kaizen/contracts'
import type { TableShape } from './check.ts'

/** Expectations with the environments that they may be asked for. */
export interface ScopedSuite {
  readonly name: string
  readonly expectations: readonly ExpectationConfig[]
  readonly environments?: SuiteEnvironments | undefined
}

/**
 * The expectations of a suite that hold in an environment. Columns that the environment does not have are not asked
 * about: whatever names one is left out, and the columns of a table are the same with and without them.
 * @throws INVALID_REQUEST for an environment that the suite does not name
 */
export function expectationsIn(
  suite: ScopedSuite,
  environment: string | undefined,
  { schema }: TableShape,
): readonly ExpectationConfig[] {
  if (environment === undefined) return suite.expectations
  const environments = suite.environments ?? {}
  const found = Object.hasOwn(environments, environment) ? environments[environment] : undefined
  if (!found)
    throw new KaizenError(
      'INVALID_REQUEST',
      `the suite "${suite.name}" has no environment "${environment}"`,
      { hint: `It has: ${Object.keys(environments).join(', ') || 'none'}.` },
    )
  const absent = new Set(found.absent)
  const gone = new Set(
    found.absent.filter((name) => !schema.some((column) => column.name === name)),
  )
  return suite.expectations.flatMap((config) => {
    const list = columnLists[config.type]
    if (list !== undefined) return without(config, list, gone)
    return namesAny(config, absent) ? [] : [config]
  })
}

/** Expectations of all the columns of a table, and the argument that lists them. */
const columnLists: Readonly<Record<string, string>> = {
  expect_table_columns_to_match_set: 'column_set',
  expect_table_columns_to_match_ordered_list: 'column_list',
}

function without(
  config: ExpectationConfig,
  list: string,
  gone: ReadonlySet<string>,
): readonly ExpectationConfig[] {
  const names = config.kwargs[list]
  if (!Array.isArray(names)) return [config]
  const left = names.filter((name) => typeof name !== 'string' || !gone.has(name))
  return left.length === 0 ? [] : [{ ...config, kwargs: { ...config.kwargs, [list]: left } }]
}

const namesAny = ({ kwargs }: ExpectationConfig, absent: ReadonlySet<string>): boolean =>
  [kwargs['column'], kwargs['column_A'], kwargs['column_B'], kwargs['column_list']]
    .flat()
    .some((name) => typeof name === 'string' && absent.has(name))
