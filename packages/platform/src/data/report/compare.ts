import { type Column, KaizenError, type VersionComparison } from '@kaizen/contracts'
import type { Lake } from '../../storage/index.ts'
import type { ReadableVersion } from '../model.ts'
import type { ColumnDrift } from './column-drift.ts'
import { compareDistributions } from './distributions.ts'
import { compareRows } from './row-differences.ts'

/**
 * Two versions side by side. With a key, rows of one key whose other values differ are counted as changed; without,
 * such a row is one removed and one added.
 */
export async function compareVersions(
  lake: Lake,
  [before, after]: readonly [ReadableVersion, ReadableVersion],
  key: readonly string[],
): Promise<VersionComparison> {
  const now = new Set(after.schema.map(({ name }) => name))
  const shared = before.schema.filter(({ name }) => now.has(name))
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
  const [then, now] = [before, after].map(
    (columns) => new Map(columns.map((column) => [column.name, column])),
  ) as [Map<string, Column>, Map<string, Column>]
  return {
    added: after.filter(({ name }) => !then.has(name)),
    removed: before.filter(({ name }) => !now.has(name)),
    changed: before.flatMap(({ name, type }) => {
      const changed = now.get(name)
      return changed && changed.type !== type
        ? [{ column: name, before: type, after: changed.type }]
        : []
    }),
  }
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
  const profiles = versions.map(
    ({ profile }) => new Map(profile.map((column) => [column.name, column])),
  )
  return shared.map(({ name }, index) => {
    const [before, after] = profiles.map((columns) => columns.get(name))
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
