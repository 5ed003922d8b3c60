import type { Column, JsonValue, VersionComparison } from '@kaizen/contracts'
import { identifier, type Lake, literal } from '../../storage/index.ts'
import type { ReadableVersion } from '../model.ts'
import { rowsOf } from '../rows.ts'

const shownRows = 20

export interface RowComparison {
  readonly before: ReadableVersion
  readonly after: ReadableVersion
  readonly shared: readonly Column[]
  readonly key: readonly string[]
}

/**
 * Rows that one version has and the other has not, as a multiset over the shared columns. Rows are told apart by 128
 * bits of their values' hash: one grouping over both versions answers all the counts, holds a few words for each row
 * however wide it is, and goes to disk beyond the lake's memory. Only the rows that are shown are read as they are.
 */
export async function compareRows(
  lake: Lake,
  comparison: RowComparison,
): Promise<VersionComparison['rows']> {
  const { before, after, shared } = comparison
  const rows = { before: before.rowCount, after: after.rowCount }
  if (shared.length === 0)
    return {
      ...rows,
      removed: before.rowCount,
      added: after.rowCount,
      changed: null,
      examples: { columns: [], removed: [], added: [] },
    }
  const found = await countDifferences(lake, comparison)
  return {
    ...rows,
    removed: found.removed - (found.changed ?? 0),
    added: found.added - (found.changed ?? 0),
    changed: found.changed,
    examples: {
      columns: shared.map(({ name }) => name),
      removed: await rowsOfHashes(lake, comparison, { hashes: found.removedHashes, sign: 1 }),
      added: await rowsOfHashes(lake, comparison, { hashes: found.addedHashes, sign: -1 }),
    },
  }
}

/** Columns as SQL; those whose type changed as text, which compares across types. */
function asCompared({ shared, after }: RowComparison, names: readonly string[]): readonly string[] {
  const [types, now] = [shared, after.schema].map(
    (columns) => new Map(columns.map(({ name, type }) => [name, type])),
  )
  return names.map((name) =>
    now?.get(name) === types?.get(name) ? identifier(name) : `CAST(${identifier(name)} AS VARCHAR)`,
  )
}

const comparedColumns = (comparison: RowComparison): readonly string[] =>
  asCompared(
    comparison,
    comparison.shared.map(({ name }) => name),
  )

const hashOf = (columns: readonly string[]): string => `hash(${columns.join(', ')})`

interface Differences {
  readonly removed: number
  readonly added: number
  readonly changed: number | null
  /** Hashes of a few rows of each kind, with how many more of them there are. */
  readonly removedHashes: ReadonlyMap<string, number>
  readonly addedHashes: ReadonlyMap<string, number>
}

async function countDifferences(lake: Lake, comparison: RowComparison): Promise<Differences> {
  const { before, after, key } = comparison
  const columns = comparedColumns(comparison)
  const second = hashOf([literal('second'), ...columns.toReversed()])
  // The hash of a key takes no more room than a short key.
  const keyHash = key.length === 0 ? '0' : hashOf(asCompared(comparison, key))
  const changedRows =
    key.length === 0
      ? 'NULL'
      : `(SELECT coalesce(sum(least(gone, come)), 0) FROM (
           SELECT coalesce(sum(n) FILTER (n > 0), 0) AS gone, coalesce(-sum(n) FILTER (n < 0), 0) AS come FROM differing GROUP BY k))`
  const side = (relation: string, sign: number): string =>
    `SELECT ${hashOf(columns)} AS h, ${second} AS h2, ${keyHash} AS k, ${sign} AS side FROM ${relation}`
  const { columns: found } = await lake.query(
    `WITH differing AS (
       SELECT h, k, sum(side) AS n FROM (${side(before.relation, 1)} UNION ALL ${side(after.relation, -1)})
       GROUP BY h, h2, k HAVING n <> 0
     )
     SELECT coalesce(sum(n) FILTER (n > 0), 0), coalesce(-sum(n) FILTER (n < 0), 0), ${changedRows},
       array_to_string(min_by(concat(h, ':', n), h, ${shownRows}) FILTER (n > 0), ','),
       array_to_string(min_by(concat(h, ':', -n), h, ${shownRows}) FILTER (n < 0), ',')
     FROM differing`,
  )
  const [removed, added, changed, removedHashes, addedHashes] = found.map(({ values }) => values[0])
  const hashes = (list: unknown): ReadonlyMap<string, number> => {
    const named = typeof list === 'string' && list !== '' ? list.split(',') : []
    return new Map(
      named.map((each) => each.split(':')).map(([hash = '', copies]) => [hash, Number(copies)]),
    )
  }
  return {
    removed: Number(removed),
    added: Number(added),
    changed: key.length === 0 ? null : Number(changed),
    removedHashes: hashes(removedHashes),
    addedHashes: hashes(addedHashes),
  }
}

/** Rows of the shown hashes that are read at most: of many copies some are enough. */
const readRows = 1_000

/**
 * The rows of a few hashes that one side has more often than the other, as often as it has them more. Copies are told
 * by their hash: grouping rows of thousands of columns would take more memory than there is.
 */
async function rowsOfHashes(
  lake: Lake,
  comparison: RowComparison,
  { hashes, sign }: { readonly hashes: ReadonlyMap<string, number>; readonly sign: 1 | -1 },
): Promise<JsonValue[][]> {
  if (hashes.size === 0) return []
  const columns = comparedColumns(comparison)
  const hash = hashOf(columns)
  const { before, after } = comparison
  const left = new Map(hashes)
  const names = columns.map((sql, index) => `${sql} AS c${index}`)
  const table = await lake.query(
    `SELECT CAST(${hash} AS VARCHAR) AS h, ${names.join(', ')} FROM ${(sign > 0 ? before : after).relation}
     WHERE ${hash} IN (${[...hashes.keys()].join(', ')}) LIMIT ${readRows}`,
  )
  const shown = rowsOf(table).flatMap(([h, ...row]) => {
    const copies = left.get(String(h)) ?? 0
    left.set(String(h), copies - 1)
    return copies > 0 ? [row] : []
  })
  return shown.sort(inOrder).slice(0, shownRows)
}

/** Rows by their values, column by column. */
function inOrder(a: readonly JsonValue[], b: readonly JsonValue[]): number {
  for (const [index, left] of a.entries()) {
    const right = b[index] ?? null
    if (left === right) continue
    if (left === null || right === null) return left === null ? 1 : -1
    return left < right ? -1 : 1
  }
  return 0
}
