import type { ModelSignature } from '@kaizen/contracts'
import type { Tensor } from '../../runtime/index.ts'
import { identifier, type TableColumn } from '../../storage/index.ts'
import type { AnswerColumn } from './model.ts'
import { reasonColumn, sqlTypeOf } from './scoring-sql.ts'

/** A column of the answers as the pieces hold it. */
export const answerName = (index: number): string => `a${index}`

/** One column for an answer of one value, `NAME_0`, `NAME_1` … for more. */
export const titleOf = ({ output, place, width }: AnswerColumn): string =>
  width === 1 ? output : `${output}_${place}`

/** What a model's answers for some rows look like as columns. */
export function answerColumns(
  { outputs }: ModelSignature,
  answers: Readonly<Record<string, Tensor>>,
  rows: number,
): readonly AnswerColumn[] {
  return outputs.flatMap(({ name, datatype }) => {
    const width = (answers[name]?.data.length ?? 0) / rows
    return Array.from({ length: width }, (_, place) => ({ output: name, place, width, datatype }))
  })
}

const isExact = (datatype: string): boolean => datatype === 'INT64' || datatype === 'UINT64'

/** An empty column for so many rows; what no answer fills stays missing. */
export function emptyColumn({ datatype }: AnswerColumn, index: number, rows: number): TableColumn {
  const name = answerName(index)
  if (datatype === 'BYTES' || isExact(datatype))
    return { name, type: 'string', values: new Array<string | null>(rows).fill(null) }
  if (datatype === 'BOOL')
    return { name, type: 'boolean', values: new Array<boolean | null>(rows).fill(null) }
  return { name, type: 'number', values: new Float64Array(rows).fill(Number.NaN) }
}

/** Copies the answers of rows to their places in a column. */
export function fillColumn(
  column: TableColumn,
  { place, width, datatype }: AnswerColumn,
  given: { readonly tensor: Tensor; readonly rows: ArrayLike<number> },
): void {
  const { tensor, rows } = given
  const data = tensor.data as ArrayLike<unknown>
  const target = column.values as { [row: number]: unknown }
  const count = data.length / width
  if (column.values instanceof Float64Array) {
    const numbers = data as ArrayLike<number>
    for (let i = 0; i < count; i++) column.values[rows[i]!] = numbers[i * width + place]!
    return
  }
  for (let i = 0; i < count; i++) {
    const value = data[i * width + place]
    target[rows[i]!] = datatype === 'BOOL' ? value === 1 : String(value)
  }
}

export interface OutputSpec {
  /** The rows that were scored, in SQL. */
  readonly rows: string
  /** The answers to them, in SQL, in the same order. */
  readonly answers: string
  readonly columns: readonly AnswerColumn[]
  readonly schema: readonly string[]
  readonly keep: readonly string[]
}

/** The rows that have answers, as they are written; an answer named as a column that is kept is `prediction_NAME`. */
export function outputSql({ rows, answers, columns, keep }: OutputSpec): string {
  const kept = new Set(keep.map((name) => name.toLowerCase()))
  const own = columns.map((column, index) => {
    const title = titleOf(column)
    const name = kept.has(title.toLowerCase()) ? `prediction_${title}` : title
    const type = sqlTypeOf(column.output, column.datatype)
    return `CAST(answers.${answerName(index)} AS ${type}) AS ${identifier(name)}`
  })
  const selected = [...keep.map((name) => `input.${identifier(name)}`), ...own].join(', ')
  const joined = keep.length === 0 ? `${answers} AS answers` : joinOf(rows, answers)
  return `SELECT ${selected} FROM ${joined} WHERE answers.${identifier(reasonColumn)} IS NULL`
}

/** The rows that were set aside, whole, each with its reason. */
export function errorsSql({ rows, answers, schema }: OutputSpec): string {
  const selected = schema.map((name) => `input.${identifier(name)}`).join(', ')
  const reason = `answers.${identifier(reasonColumn)}`
  return `SELECT ${selected}, ${reason} FROM ${joinOf(rows, answers)} WHERE ${reason} IS NOT NULL`
}

const joinOf = (rows: string, answers: string): string =>
  `${rows} AS input POSITIONAL JOIN ${answers} AS answers`
