import type { Column } from '@kaizen/contracts'
import { identifier, type Lake } from '../../storage/index.ts'
import type { ReadableVersion } from '../model.ts'
import type { ColumnDrift, DriftTask } from './column-drift.ts'
import { DriftThread } from './drift-thread-client.ts'
import { sampleOf } from './report.ts'

/** Rows of each version that distributions are compared on at most; a column of them takes 40 MB. */
const mostComparedRows = 5_000_000
/** Numbers of both versions that are read in one pass at most, unless a single column has more. */
const mostNumbersAtOnce = 12_000_000

type Version = Pick<ReadableVersion, 'relation' | 'rowCount' | 'schema'>
type Versions = readonly [before: Version, after: Version]

/**
 * Whether the distribution of each of the named columns, which both versions have, changed; on all rows up to five
 * million, on every k-th beyond. The lake reads some columns in a pass while a thread compares those before.
 */
export async function compareDistributions(
  lake: Lake,
  versions: Versions,
  names: readonly string[],
): Promise<readonly ColumnDrift[]> {
  const samples = versions.map((version) => ({
    ...version,
    relation: sampleOf(version.relation, version.rowCount, mostComparedRows),
  })) as [Version, Version]
  await using thread = new DriftThread()
  const compared: Promise<ColumnDrift[]>[] = []
  for (const pass of passesOver(samples, names)) {
    // Two passes in memory: the one that is read, the one that is compared.
    await compared.at(-2)
    const tasks = await readTasks(lake, samples, { names: pass, spare: thread.spare })
    const comparisons = tasks.map((task) => ('reason' in task ? task : thread.compare(task)))
    const settled = Promise.all(comparisons)
    // A failure is met below, with the others.
    settled.catch(() => undefined)
    compared.push(settled)
  }
  return (await Promise.all(compared)).flat()
}

/** Columns that are read together: as many as fit, all numbers or a single other one. */
function* passesOver(versions: Versions, names: readonly string[]): Generator<readonly string[]> {
  const rows = versions.reduce((sum, { rowCount }) => sum + Math.min(rowCount, mostComparedRows), 0)
  const most = Math.max(1, Math.floor(mostNumbersAtOnce / Math.max(1, rows)))
  let pass: string[] = []
  for (const name of names) {
    if (pass.length > 0 && (pass.length === most || !areNumbers(versions, [name, ...pass]))) {
      yield pass
      pass = []
    }
    pass.push(name)
  }
  if (pass.length > 0) yield pass
}

const numericTypes: readonly (Column['type'] | undefined)[] = ['integer', 'number', 'timestamp']

const typeIn = ({ schema }: Version, name: string): Column['type'] | undefined =>
  schema.find((each) => each.name === name)?.type

const areNumbers = (versions: Versions, names: readonly string[]): boolean =>
  names.every((name) => versions.every((version) => numericTypes.includes(typeIn(version, name))))

type Task = DriftTask | Extract<ColumnDrift, { reason: string }>

async function readTasks(
  lake: Lake,
  versions: Versions,
  {
    names,
    spare,
  }: { readonly names: readonly string[]; readonly spare: Float64Array<ArrayBuffer>[] },
): Promise<readonly Task[]> {
  if (!areNumbers(versions, names))
    return Promise.all(names.map((name) => readCategories(lake, versions, name)))
  const [before, after] = versions
  const read = (version: Version) =>
    lake.numberColumns(numbersSql(version, names), {
      mostRows: Math.min(version.rowCount, mostComparedRows),
      spare,
    })
  const [first, second] = [await read(before), await read(after)]
  return names.map((_, index) => ({
    kind: 'numeric',
    before: first[index] as Float64Array<ArrayBuffer>,
    after: second[index] as Float64Array<ArrayBuffer>,
  }))
}

/** Numbers of the columns, row by row; what is missing or infinite is left to the comparison. */
function numbersSql(version: Version, names: readonly string[]): string {
  const columns = names.map((name) => {
    const column = identifier(name)
    return `CAST(${typeIn(version, name) === 'timestamp' ? `epoch_ms(${column})` : column} AS DOUBLE)`
  })
  return `SELECT ${columns.join(', ')} FROM ${version.relation}`
}

async function readCategories(lake: Lake, versions: Versions, name: string): Promise<Task> {
  const [before, after] = versions.map((version) => typeIn(version, name))
  if (numericTypes.includes(before) !== numericTypes.includes(after))
    return { reason: `the column held ${before} values and now holds ${after} values` }
  const relations = versions.map(({ relation }) => relation)
  const [first = new Float64Array(0), second = new Float64Array(0)] = await lake.numberLists(
    countsSql(relations, name),
  )
  return { kind: 'categorical', before: first, after: second }
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
