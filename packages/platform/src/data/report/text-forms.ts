import type { DataReport } from '@kaizen/contracts'
import { identifier, type Lake } from '../../storage/index.ts'
import type { Schema } from '../model.ts'

/** Columns of text whose forms a report tells, and forms of one column that it lists. */
const mostColumns = 100
const listedForms = 5
/** Signs of a value that its form looks at, and of a form that is shown. */
const readSigns = 128
const shownSigns = 60

/**
 * The form of a text in SQL, as `textPattern` of `@kaizen/ml/profile` has it: `A` for a run of capital letters, `a` for one of
 * others, `9` for one of digits, one space for blanks, other signs as they are. Letters go by signs that no text
 * holds first, so that none is taken for the name of a run.
 */
const formSql = (value: string): string => {
  const runs: readonly (readonly [string, string])[] = [
    ['\\p{Lu}+', 'chr(1)'],
    ['[\\p{L}\\p{M}]+', 'chr(2)'],
    ['\\p{N}+', "'9'"],
    ['[\\s\\p{Z}]+', "' '"],
  ]
  const replaced = runs.reduce(
    (sql, [run, sign]) => `regexp_replace(${sql}, '${run}', ${sign}, 'g')`,
    `left(${value}, ${readSigns})`,
  )
  return `replace(replace(${replaced}, chr(1), 'A'), chr(2), 'a')`
}

/** The forms of each column of text, the most frequent first, among the rows of a relation. */
export async function textForms(
  lake: Lake,
  relation: string,
  schema: Schema,
): Promise<DataReport['textForms']> {
  const found: DataReport['textForms'] = []
  const texts = schema.filter(({ type }) => type === 'string').slice(0, mostColumns)
  for (const { name } of texts) {
    const column = identifier(name)
    const { columns, rowCount } = await lake.query(
      `SELECT form, n, CAST(sum(n) OVER () AS DOUBLE), CAST(count(*) OVER () AS DOUBLE) FROM (SELECT ${formSql(column)} AS form, CAST(count(*) AS DOUBLE) AS n FROM ${relation} WHERE ${column} IS NOT NULL GROUP BY 1) ORDER BY n DESC, form LIMIT ${listedForms}`,
    )
    if (rowCount === 0) continue
    const numberAt = (index: number, row: number) => Number(columns[index]?.values[row])
    found.push({
      column: name,
      rows: numberAt(2, 0),
      distinct: numberAt(3, 0),
      forms: Array.from({ length: rowCount }, (_, row) => ({
        form: String(columns[0]?.values[row]).slice(0, shownSigns),
        rows: numberAt(1, row),
      })),
    })
  }
  return found
}
