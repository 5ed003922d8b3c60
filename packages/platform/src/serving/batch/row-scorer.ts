import { isKaizenError, KaizenError } from '@kaizen/contracts'
import {
  allocate,
  type Datatype,
  type LoadedModel,
  type Tensor,
  type Tensors,
} from '../../runtime/index.ts'
import type { Table, TableColumn } from '../../storage/index.ts'
import { answerColumns, emptyColumn, fillColumn } from './answer-columns.ts'
import type { AnswerColumn } from './model.ts'
import { type PlannedInput, reasonColumn, type ScoringPlan } from './scoring-sql.ts'

/** Rows that go to the runtime at once. */
const batchRows = 4096
/** Batches under way at once: as many as the runtime has threads at most, and no more tensors in memory than that. */
const lanes = 4

/** Answers for the rows of a scan, and why the others have none. */
export interface ScoredRows {
  readonly table: Table
  readonly columns: readonly AnswerColumn[]
  readonly failed: number
}

export interface ScoringPace {
  readonly batchRows: number
  /** Resolves when so many more rows may be scored. */
  before(rows: number): Promise<void>
}

/** Scores rows of a scan: batches at once on as many threads as the runtime has, one after another at a pace. */
export async function scoreRows(
  model: LoadedModel,
  plan: ScoringPlan,
  rows: Table,
  pace?: ScoringPace,
): Promise<ScoredRows> {
  const reasons = (columnOf(rows, reasonColumn).values as readonly (string | null)[]).slice()
  const good = rowsWithout(reasons)
  const size = pace?.batchRows ?? batchRows
  const answers: Answered[] = []
  const score = async (from: number): Promise<void> => {
    const part = good.subarray(from, Math.min(good.length, from + size))
    await pace?.before(part.length)
    answers.push(...(await answersOf({ model, plan, rows, reasons }, part)))
  }
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < good.length) {
      const from = next
      next += size
      await score(from)
    }
  }
  await Promise.all(Array.from({ length: pace ? 1 : lanes }, lane))
  const [first] = answers
  const columns = first ? answerColumns(model.signature, first.outputs, first.rows.length) : []
  const filled = columns.map((column, index) => {
    const made = emptyColumn(column, index, rows.rowCount)
    for (const { outputs, rows: places } of answers)
      fillColumn(made, column, { tensor: outputs[column.output]!, rows: places })
    return made
  })
  const reason: TableColumn = { name: reasonColumn, type: 'string', values: reasons }
  return {
    table: { rowCount: rows.rowCount, columns: [...filled, reason] },
    columns,
    failed: reasons.reduce((sum, text) => sum + (text === null ? 0 : 1), 0),
  }
}

/** The rows against which there is no reason. */
function rowsWithout(reasons: readonly (string | null)[]): Uint32Array {
  const rows = new Uint32Array(reasons.length)
  let count = 0
  for (let row = 0; row < reasons.length; row++) if (reasons[row] === null) rows[count++] = row
  return rows.subarray(0, count)
}

interface Answered {
  readonly rows: Uint32Array
  readonly outputs: Tensors
}

interface Scoring {
  readonly model: LoadedModel
  readonly plan: ScoringPlan
  readonly rows: Table
  /** By row; a row that the model refuses gets its reason here. */
  readonly reasons: (string | null)[]
}

/** A batch that the model refuses is halved until the rows that it refuses are found. */
async function answersOf(scoring: Scoring, part: Uint32Array): Promise<readonly Answered[]> {
  const { model, plan, rows, reasons } = scoring
  if (part.length === 0) return []
  try {
    const inputs = plan.inputs.map((input) => [input.spec.name, tensorOf(input, rows, part)])
    const outputs = await model.run(Object.fromEntries(inputs) as Tensors)
    checkRows(outputs, part.length)
    return [{ rows: part, outputs }]
  } catch (failure) {
    if (!isKaizenError(failure) || failure.code !== 'INVALID_TENSOR') throw failure
    if (part.length === 1) {
      reasons[part[0]!] = failure.message
      return []
    }
    const half = part.length >> 1
    const first = await answersOf(scoring, part.subarray(0, half))
    return [...first, ...(await answersOf(scoring, part.subarray(half)))]
  }
}

function checkRows(outputs: Tensors, rows: number): void {
  for (const [name, { shape, data }] of Object.entries(outputs)) {
    if (shape[0] === rows && data.length % rows === 0) continue
    throw new KaizenError('UNSUPPORTED', `the output "${name}" is not one answer a row`, {
      hint: 'Batch jobs need a model whose outputs have a free first dimension.',
    })
  }
}

const columnOf = (rows: Table, name: string): TableColumn => {
  const found = rows.columns.find((column) => column.name === name)
  if (!found) throw new TypeError(`a scan has a column ${name}`)
  return found
}

/** Rows that follow each other without a gap. */
const isRun = (rows: Uint32Array): boolean =>
  rows.length > 0 && rows[rows.length - 1]! - rows[0]! === rows.length - 1

function tensorOf({ spec, from, width }: PlannedInput, rows: Table, part: Uint32Array): Tensor {
  const datatype = spec.datatype as Datatype
  const shape = spec.shape.map((size, i) => (i === 0 ? part.length : size === -1 ? width : size))
  const columns = rows.columns.slice(from, from + width)
  if (datatype === 'BYTES') {
    const [texts] = columns
    const data = width === 1 ? Array.from(part, (row) => String(texts!.values[row])) : []
    if (width > 1)
      for (const row of part) for (const { values } of columns) data.push(String(values[row]))
    return { datatype, shape, data }
  }
  const data = allocate(datatype, part.length * width)
  columns.forEach(({ values }, place) => {
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
      for (let i = 0; i < part.length; i++)
        data[i * width + place] = BigInt(values[part[i]!] as string)
      return
    }
    const [target, source] = [data as Float64Array, values]
    if (width === 1 && source instanceof Float64Array && isRun(part)) {
      target.set(source.subarray(part[0], part[0]! + part.length))
      return
    }
    for (let i = 0; i < part.length; i++) target[i * width + place] = Number(source[part[i]!])
  })
  return { datatype, shape, data }
}
