import { identifier, type Lake } from '../../storage/index.ts'

/** Cells of one count: so many groups fit into a core's cache. */
const cells = 32_768
/** Parts of so few values are sorted in memory; a larger one is counted again, in finer cells. */
const fewValues = 100_000
/** Values that counting does not part in so many rounds are sorted on the disk. */
const mostRounds = 4

/** A column of finite doubles, and what is known of it. */
export interface CountedColumn {
  readonly relation: string
  readonly name: string
  readonly count: number
  readonly min: number
  readonly max: number
}

/** Some of the values: those between two bounds, how many lie below them, and the ranks among them that are looked for. */
interface Part {
  readonly count: number
  readonly min: number
  readonly max: number
  readonly before: number
  readonly ranks: readonly number[]
}

/**
 * Values at given ranks (0 is the smallest), found in flat memory: values are counted in equal cells, and only the
 * cells in which a rank lies are looked at closer. Cells follow each other as their values do, whatever rounding does
 * to their edges, so the answer is exact.
 *
 * @param ranks ascending, each below the number of values
 */
export async function orderStatistics(
  lake: Lake,
  column: CountedColumn,
  ranks: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const found = new Map<number, number>()
  const sorted: Part[] = []
  let parts: readonly Part[] = [{ ...column, before: 0, ranks }]
  for (let round = 0; parts.length > 0; round++) {
    const smaller: Part[] = []
    for (const part of parts) {
      if (part.min === part.max) for (const rank of part.ranks) found.set(rank, part.min)
      else if (part.count <= fewValues) sorted.push(part)
      else if (round === mostRounds || !isDivisible(part)) await pick(lake, column, [part], found)
      else smaller.push(...(await divide(lake, column, part)))
    }
    parts = smaller
  }
  if (sorted.length > 0)
    await pick(
      lake,
      column,
      sorted.sort((a, b) => a.before - b.before),
      found,
    )
  return found
}

const widthOf = ({ min, max }: Part): number => max / cells - min / cells
const isDivisible = (part: Part): boolean => widthOf(part) > Number.MIN_VALUE

/** The cells of a part that hold a rank. */
async function divide(lake: Lake, column: CountedColumn, part: Part): Promise<readonly Part[]> {
  const width = widthOf(part)
  const cell = `least(${cells - 1}, greatest(0, floor(v / ${exact(width)} - ${exact(part.min / width)})))`
  const { rowCount, columns } = await lake.query(
    `SELECT ${cell} AS cell, count(*), min(v), max(v) FROM (${valuesSql(column, [part])}) GROUP BY 1 ORDER BY 1`,
  )
  const number = (index: number, row: number) => Number(columns[index]?.values[row])
  const found: Part[] = []
  let before = part.before
  for (let row = 0; row < rowCount; row++) {
    const count = number(1, row)
    const first = before
    const ranks = part.ranks.filter((rank) => rank >= first && rank < first + count)
    if (ranks.length > 0)
      found.push({ count, min: number(2, row), max: number(3, row), before, ranks })
    before += count
  }
  return found
}

/** Takes ranks from the sorted values of parts; the engine sorts on the disk what does not fit into memory. */
async function pick(
  lake: Lake,
  column: CountedColumn,
  parts: readonly Part[],
  found: Map<number, number>,
): Promise<void> {
  const rows = new Map<number, number>()
  let skipped = 0
  for (const { before, count, ranks } of parts) {
    for (const rank of ranks) rows.set(skipped + rank - before, rank)
    skipped += count
  }
  const last = Math.max(...rows.keys())
  let start = 0
  const sorted = `${valuesSql(column, parts)} ORDER BY v LIMIT ${last + 1}`
  for await (const chunk of lake.scan(sorted)) {
    for (const [row, rank] of rows) {
      const at = row - start
      if (at >= 0 && at < chunk.rowCount) found.set(rank, Number(chunk.columns[0]?.values[at]))
    }
    start += chunk.rowCount
  }
}

function valuesSql({ relation, name }: CountedColumn, parts: readonly Part[]): string {
  const inside = parts.map(({ min, max }) => `v BETWEEN ${exact(min)} AND ${exact(max)}`)
  return `SELECT v FROM (SELECT CAST(${identifier(name)} AS DOUBLE) AS v FROM ${relation}) WHERE ${inside.join(' OR ')}`
}

/** A double in SQL with all its digits: a plain number with a point would be read as a decimal. */
const exact = (value: number): string => `CAST('${value}' AS DOUBLE)`
