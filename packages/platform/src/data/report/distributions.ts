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
 * million, on one of each k drawn by hash beyond. The lake reads some columns in a pass while a thread compares those before.
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
  const compared = new Map<string, Promise<ColumnDrift>>()
  const passes: Promise<unknown>[] = []
  for (const pass of passesOver(samples, names)) {
    // Two passes in memory: the one that is read, the one that is compared.
    await passes.at(-2)
    const tasks = await readTasks(lake, samples, { ...pass, spare: thread.spare })
    const comparisons = thread.compare(tasks.flatMap((task) => ('reason' in task ? [] : [task])))
    const drifts = comparisons.then((found) => {
      const next = found.values()
      return tasks.map((task) => ('reason' in task ? task : (next.next().value as ColumnDrift)))
    })
    for (const [index, name] of pass.names.entries())
      compared.set(
        name,
        drifts.then((found) => found[index] as ColumnDrift),
      )
    // A failure is met below, with the others.
    for (const name of pass.names) compared.get(name)?.catch(() => undefined)
    passes.push(comparisons.catch(() => undefined))
  }
  // Awaited here: the thread goes when this returns.
  return await Promise.all(names.map((name) => compared.get(name) as Promise<ColumnDrift>))
}

/** Texts of both versions that are counted here, many columns of few rows at once. */
const mostTextsAtOnce = 500_000
/** Rows from which the lake counts a column by itself: it need not hand the texts out. */
const manyRows = 20_000

interface Pass {
  readonly names: readonly string[]
  readonly kind: 'numbers' | 'texts' | 'one'
}

/** Columns that are read together: as many numbers or texts as fit, or a single column of another kind or of many rows. */
function* passesOver(versions: Versions, names: readonly string[]): Generator<Pass> {
  const rows = versions.reduce((sum, { rowCount }) => sum + Math.min(rowCount, mostComparedRows), 0)
  const kinds = names.map((name) => kindOf(versions, name))
  const of = (kind: Pass['kind']) => names.filter((_, index) => kinds[index] === kind)
  const atOnce = (most: number) => Math.max(1, Math.floor(most / Math.max(1, rows)))
  for (const pass of chunks(of('numbers'), atOnce(mostNumbersAtOnce)))
    yield { names: pass, kind: 'numbers' }
  const isLong = rows > manyRows
  for (const pass of chunks(of('texts'), isLong ? 1 : atOnce(mostTextsAtOnce)))
    yield { names: pass, kind: isLong ? 'one' : 'texts' }
  for (const name of of('one')) yield { names: [name], kind: 'one' }
}

function* chunks(names: readonly string[], size: number): Generator<readonly string[]> {
  for (let at = 0; at < names.length; at += size) yield names.slice(at, at + size)
}

const numericTypes: ReadonlySet<Column['type'] | undefined> = new Set([
  'integer',
  'number',
  'timestamp',
])

const typesBySchema = new WeakMap<object, ReadonlyMap<string, Column['type']>>()

/** Types by name, made once of a schema: there may be thousands of columns. */
function typeIn({ schema }: Version, name: string): Column['type'] | undefined {
  const types = typesBySchema.get(schema) ?? new Map(schema.map((each) => [each.name, each.type]))
  typesBySchema.set(schema, types)
  return types.get(name)
}

function kindOf(versions: Versions, name: string): Pass['kind'] {
  const [before, after] = versions.map((version) => numericTypes.has(typeIn(version, name)))
  return before !== after ? 'one' : before ? 'numbers' : 'texts'
}

type Task = DriftTask | Extract<ColumnDrift, { reason: string }>

async function readTasks(
  lake: Lake,
  versions: Versions,
  { names, kind, spare }: Pass & { readonly spare: Float64Array<ArrayBuffer>[] },
): Promise<readonly Task[]> {
  if (kind === 'one') return Promise.all(names.map((name) => readCategories(lake, versions, name)))
  if (kind === 'texts') return readTexts(lake, versions, names)
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

/** Categories of many columns of few rows, counted here. */
async function readTexts(
  lake: Lake,
  versions: Versions,
  names: readonly string[],
): Promise<readonly Task[]> {
  const read = async ({ relation }: Version) => {
    const columns = names.map((name, index) => `CAST(${identifier(name)} AS VARCHAR) AS c${index}`)
    return (await lake.query(`SELECT ${columns.join(', ')} FROM ${relation}`)).columns
  }
  const [before, after] = [await read(versions[0]), await read(versions[1])]
  return names.map((_, index) => {
    const [first, second] = [before[index], after[index]].map((column) =>
      countTexts((column?.values ?? []) as readonly (string | null)[]),
    )
    const categories = [...new Set([...(first?.keys() ?? []), ...(second?.keys() ?? [])])].sort()
    const counts = (of: ReadonlyMap<string, number> | undefined) =>
      Float64Array.from(categories, (category) => of?.get(category) ?? 0)
    return { kind: 'categorical', before: counts(first), after: counts(second) }
  })
}

function countTexts(values: readonly (string | null)[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const value of values) if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}

async function readCategories(lake: Lake, versions: Versions, name: string): Promise<Task> {
  const [before, after] = versions.map((version) => typeIn(version, name))
  if (numericTypes.has(before) !== numericTypes.has(after))
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
