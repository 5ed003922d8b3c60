import type { Column } from '@kaizen/contracts'
import { identifier, type Lake } from '../../storage/index.ts'
import type { ReadableVersion } from '../model.ts'
import type { ColumnDrift, DriftTask } from './column-drift.ts'
import { DriftThread } from './drift-thread-client.ts'
import { sampleOf } from './report.ts'

/** Rows of each version that distributions are compared on at most; a column of them takes 40 MB. */
const mostComparedRows = 5_000_000
/** Columns in the works at once, each with a thread of its own. */
const lanes = 2

type Version = Pick<ReadableVersion, 'relation' | 'rowCount' | 'schema'>
type Versions = readonly [before: Version, after: Version]

/**
 * Whether the distribution of each of the named columns, which both versions have, changed; on all rows up to five
 * million, on every k-th beyond. The lake reads, threads compare.
 */
export async function compareDistributions(
  lake: Lake,
  versions: Versions,
  names: readonly string[],
): Promise<readonly ColumnDrift[]> {
  const found: ColumnDrift[] = []
  const queue = names.entries()
  const lane = async (): Promise<void> => {
    await using thread = new DriftThread()
    for (const [index, name] of queue) {
      const task = await readTask(lake, versions, name)
      found[index] = 'reason' in task ? task : await thread.compare(task)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return found
}

const numericTypes: readonly Column['type'][] = ['integer', 'number', 'timestamp']

async function readTask(
  lake: Lake,
  versions: Versions,
  name: string,
): Promise<DriftTask | Extract<ColumnDrift, { reason: string }>> {
  const [before, after] = versions.map(
    ({ schema }) => schema.find((each) => each.name === name)?.type,
  )
  const areNumbers = [before, after].map(
    (type) => type !== undefined && numericTypes.includes(type),
  )
  if (areNumbers[0] !== areNumbers[1])
    return { reason: `the column held ${before} values and now holds ${after} values` }
  const relations = versions.map(({ relation, rowCount }) =>
    sampleOf(relation, rowCount, mostComparedRows),
  )
  const [first = new Float64Array(0), second = new Float64Array(0)] = areNumbers[0]
    ? [
        ...(await lake.numberLists(numbersSql(relations[0] as string, name, before))),
        ...(await lake.numberLists(numbersSql(relations[1] as string, name, after))),
      ]
    : await lake.numberLists(countsSql(relations, name))
  return { kind: areNumbers[0] ? 'numeric' : 'categorical', before: first, after: second }
}

function numbersSql(relation: string, name: string, type: Column['type'] | undefined): string {
  const column = identifier(name)
  const value = type === 'timestamp' ? `epoch_ms(${column})` : column
  return `SELECT list(CAST(${value} AS DOUBLE)) FILTER (isfinite(CAST(${value} AS DOUBLE))) FROM ${relation}`
}

/** Rows of each version by category of either, in the order of the categories. */
function countsSql(relations: readonly string[], name: string): string {
  const [before, after] = relations.map(
    (relation) =>
      `(SELECT CAST(${identifier(name)} AS VARCHAR) AS category, CAST(count(*) AS DOUBLE) AS held FROM ${relation} WHERE ${identifier(name)} IS NOT NULL GROUP BY 1)`,
  )
  const list = (side: string): string =>
    `list(coalesce(${side}.held, 0) ORDER BY coalesce(b.category, a.category))`
  return `SELECT ${list('b')}, ${list('a')} FROM ${before} b FULL JOIN ${after} a ON b.category = a.category`
}
