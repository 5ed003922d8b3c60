import { type Column, KaizenError, type ModelSignature } from '@kaizen/contracts'
import type { Datatype } from '../../runtime/index.ts'
import { identifier, literal } from '../../storage/index.ts'
import type { ModelInput } from './model.ts'

/** Column of a scan that says why a row cannot be scored. */
export const reasonColumn = 'kaizen_error'

/** How the columns of a table become the inputs of a model. */
export interface ScoringPlan {
  /** What to select of the rows: the inputs by position, converted, and the reason against the row. */
  readonly select: string
  readonly inputs: readonly PlannedInput[]
}

export interface PlannedInput {
  readonly spec: ModelInput
  /** Positions in the selection of the columns that it is made of. */
  readonly from: number
  readonly width: number
}

const sqlTypes: Readonly<Partial<Record<Datatype, string>>> = {
  BOOL: 'BOOLEAN',
  UINT8: 'UTINYINT',
  UINT16: 'USMALLINT',
  UINT32: 'UINTEGER',
  UINT64: 'UBIGINT',
  INT8: 'TINYINT',
  INT16: 'SMALLINT',
  INT32: 'INTEGER',
  INT64: 'BIGINT',
  FP32: 'FLOAT',
  FP64: 'DOUBLE',
  BYTES: 'VARCHAR',
}

/** Type of a column that holds elements of a datatype. @throws UNSUPPORTED */
export function sqlTypeOf(name: string, datatype: string): string {
  const type = sqlTypes[datatype as Datatype]
  if (type) return type
  throw new KaizenError('UNSUPPORTED', `"${name}" is ${datatype}, which tables do not hold`, {
    hint: 'Export the model with FP32 in its place.',
  })
}

/**
 * Plans a scan, in which DuckDB converts and checks: an input takes the column of its name; the only input of a model
 * that takes a matrix takes the columns named, or all. Nothing is rounded, wrapped or cut: what does not fit is a reason
 * against its row.
 * @throws INVALID_DATA when a column is missing or of a kind that never fits
 */
export function planScoring(
  { inputs }: ModelSignature,
  schema: readonly Column[],
  chosen: readonly string[] | undefined,
): ScoringPlan {
  const [only] = inputs
  const matrix = inputs.length === 1 && only && !isColumn(only)
  const planned: PlannedInput[] = []
  const cells: Cell[] = []
  for (const spec of inputs) {
    const names = matrix ? (chosen ?? schema.map(({ name }) => name)) : [spec.name]
    checkShape(spec, names)
    planned.push({ spec, from: cells.length, width: names.length })
    cells.push(...names.map((name) => cellOf(spec, columnOf(schema, name))))
  }
  const reasons = cells.flatMap(({ bad, reason }) => (bad ? [`WHEN ${bad} THEN ${reason}`] : []))
  const why = reasons.length === 0 ? 'NULL::VARCHAR' : `CASE ${reasons.join(' ')} END`
  const values = cells.map(({ value }, index) => `${value} AS v${index}`)
  return {
    select: [...values, `${why} AS ${identifier(reasonColumn)}`].join(', '),
    inputs: planned,
  }
}

/** True where an input holds one value a row. */
const isColumn = ({ shape }: ModelInput): boolean =>
  shape[0] === -1 && shape.slice(1).every((size) => size === 1)

function checkShape(spec: ModelInput, names: readonly string[]): void {
  if (isColumn(spec)) return
  const [rows, width, ...more] = spec.shape
  if (rows === -1 && more.length === 0 && (width === -1 || width === names.length)) return
  throw new KaizenError(
    'INVALID_DATA',
    `${names.length} columns do not fit the input "${spec.name}" of shape [${spec.shape.join(', ')}]`,
    { hint: 'Name the columns that the model takes, in its order.' },
  )
}

function columnOf(schema: readonly Column[], name: string): Column {
  const column = schema.find((candidate) => candidate.name === name)
  if (column) return column
  const known = schema.slice(0, 50).map((candidate) => candidate.name)
  throw new KaizenError(
    'INVALID_DATA',
    `the rows have no column "${name}", which the model takes`,
    {
      hint: `The columns are: ${known.join(', ')}.`,
    },
  )
}

interface Cell {
  readonly value: string
  /** Condition under which the row cannot be scored, where there is one. */
  readonly bad: string | undefined
  readonly reason: string
}

/** A missing number is NaN and a missing text empty, as /invocations has them; text stands for what it spells. */
function cellOf(spec: ModelInput, { name, type }: Column): Cell {
  const { datatype } = spec
  const column = identifier(name)
  const target = sqlTypeOf(spec.name, datatype)
  const shown = `left(CAST(${column} AS VARCHAR), 60)`
  const start = literal(`column "${name}": `)
  const reason = `${start} || coalesce(${shown}, 'a missing value') || ${literal(` is not ${datatype}`)}`
  if (datatype === 'BYTES') {
    const text = `CAST(${column} AS VARCHAR)`
    const bad = type === 'string' ? `contains(${text}, chr(0))` : undefined
    return { value: `coalesce(${text}, '')`, bad, reason }
  }
  if (type === 'date' || type === 'timestamp' || (type === 'boolean' && datatype !== 'BOOL')) {
    throw new KaizenError(
      'INVALID_DATA',
      `the column "${name}" holds ${type} values, but the model takes ${datatype}`,
      { hint: 'Convert the column first, as was done for training.' },
    )
  }
  const given = type === 'string' ? `NULLIF(TRIM(${column}), '')` : column
  const value = `TRY_CAST(${given} AS ${target})`
  const float = datatype === 'FP32' || datatype === 'FP64'
  if (float) {
    const bad =
      datatype === 'FP64' && type !== 'string'
        ? undefined
        : `${given} IS NOT NULL AND ${value} IS NULL`
    return { value, bad, reason }
  }
  if (datatype === 'BOOL') {
    const bits = type === 'integer' || type === 'number' ? ` OR ${column} NOT IN (0, 1)` : ''
    return { value, bad: `${value} IS NULL${bits}`, reason }
  }
  // Casts round; a fraction is no whole number.
  const whole =
    type === 'integer' ? '' : ` OR TRY_CAST(${given} AS DOUBLE) <> CAST(${value} AS DOUBLE)`
  // 64-bit integers travel as text: a double would not hold them.
  const exact = datatype.endsWith('64') ? `CAST(${value} AS VARCHAR)` : value
  return { value: exact, bad: `${value} IS NULL${whole}`, reason }
}
