import { type Column, KaizenError, type VersionComparison } from '@kaizen/contracts'
import { identifier, type Lake } from '../../storage/index.ts'
import type { ReadableVersion } from '../model.ts'
import { rowsOf } from '../rows.ts'
import type { ColumnDrift } from './column-drift.ts'
import { compareDistributions } from './distributions.ts'

const shownRows = 20

/**
 * Two versions side by side. With a key, rows of one key whose other values differ are counted as changed; without,
 * such a row is one removed and one added.
 */
export async function compareVersions(
  lake: Lake,
  [before, after]: readonly [ReadableVersion, ReadableVersion],
  key: readonly string[],
): Promise<VersionComparison> {
  const shared = before.schema.filter(({ name }) =>
    after.schema.some((column) => column.name === name),
  )
  for (const name of key)
    if (!shared.some((column) => column.name === name))
      throw new KaizenError('INVALID_REQUEST', `query.key: both versions need a column "${name}"`, {
        hint: `Both have: ${shared.map((column) => column.name).join(', ')}.`,
      })
  return {
    dataset: before.dataset,
    before: before.version,
    after: after.version,
    rows: await compareRows(lake, { before, after, shared, key }),
    schema: compareSchemas(before.schema, after.schema),
    columns: await compareColumns(lake, [before, after], shared),
  }
}

/** Columns that came, went, or changed their type. */
export function compareSchemas(
  before: readonly Column[],
  after: readonly Column[],
): VersionComparison['schema'] {
  const named = (columns: readonly Column[], name: string): Column | undefined =>
    columns.find((column) => column.name === name)
  return {
    added: after.filter(({ name }) => !named(before, name)),
    removed: before.filter(({ name }) => !named(after, name)),
    changed: before.flatMap(({ name, type }) => {
      const now = named(after, name)
      return now && now.type !== type ? [{ column: name, before: type, after: now.type }] : []
    }),
  }
}

interface RowComparison {
  readonly before: ReadableVersion
  readonly after: ReadableVersion
  readonly shared: readonly Column[]
  readonly key: readonly string[]
}

async function compareRows(
  lake: Lake,
  { before, after, shared, key }: RowComparison,
): Promise<VersionComparison['rows']> {
  // Text compares across types that changed.
  const columns = shared.map(({ name, type }) => {
    const isSame = after.schema.some((column) => column.name === name && column.type === type)
    return isSame ? identifier(name) : `CAST(${identifier(name)} AS VARCHAR) AS ${identifier(name)}`
  })
  if (columns.length === 0)
    return {
      before: before.rowCount,
      after: after.rowCount,
      removed: before.rowCount,
      added: after.rowCount,
      changed: null,
      examples: { columns: [], removed: [], added: [] },
    }
  const rowsOnlyIn = (one: ReadableVersion, other: ReadableVersion): string =>
    `SELECT ${columns.join(', ')} FROM ${one.relation} EXCEPT ALL SELECT ${columns.join(', ')} FROM ${other.relation}`
  const [gone, come] = [rowsOnlyIn(before, after), rowsOnlyIn(after, before)]
  const changed = await countChanged(lake, [gone, come], key)
  const [removed, added] = [await countRows(lake, gone), await countRows(lake, come)]
  const examples = async (sql: string) =>
    rowsOf(await lake.query(`SELECT * FROM (${sql}) ORDER BY ALL LIMIT ${shownRows}`))
  return {
    before: before.rowCount,
    after: after.rowCount,
    removed: removed - (changed ?? 0),
    added: added - (changed ?? 0),
    changed,
    examples: {
      columns: shared.map(({ name }) => name),
      removed: await examples(gone),
      added: await examples(come),
    },
  }
}

async function countRows(lake: Lake, sql: string): Promise<number> {
  const { columns } = await lake.query(`SELECT count(*) FROM (${sql})`)
  return Number(columns[0]?.values[0])
}

/** Keys that lost a row and got another. */
async function countChanged(
  lake: Lake,
  [gone, come]: readonly [string, string],
  key: readonly string[],
): Promise<number | null> {
  if (key.length === 0) return null
  const names = key.map(identifier).join(', ')
  return countRows(
    lake,
    `SELECT ${names} FROM (${gone}) INTERSECT ALL SELECT ${names} FROM (${come})`,
  )
}

async function compareColumns(
  lake: Lake,
  versions: readonly [ReadableVersion, ReadableVersion],
  shared: readonly Column[],
): Promise<VersionComparison['columns']> {
  const drift = await compareDistributions(
    lake,
    versions,
    shared.map(({ name }) => name),
  )
  return shared.map(({ name }, index) => {
    const [before, after] = versions.map(({ profile }) =>
      profile.find((column) => column.name === name),
    )
    const share = (profile: typeof before): number | null =>
      profile && profile.count > 0 ? profile.missing / profile.count : null
    return {
      column: name,
      missing: { before: share(before), after: share(after) },
      mean: { before: before?.mean ?? null, after: after?.mean ?? null },
      distinct: { before: before?.distinct ?? 0, after: after?.distinct ?? 0 },
      drift: drift[index] as ColumnDrift,
    }
  })
}
