import { KaizenError, type ModelSignature, type TensorSpec } from '@kaizen/contracts'
import { allocate, type Datatype, type Tensor, type Tensors } from '../../runtime/index.ts'
import type { Table, TableColumn } from '../../storage/index.ts'
import { checkReplayable, namesOf } from '../replay/logged-tensors.ts'
import type { ExplainedModel, Explainer } from './explainer.ts'
import { type ExplainMethod, mostExplainedRows } from './model.ts'

/** Rows whose columns are named as the log names the places of a model's inputs. */
export interface AttributionQuestion {
  readonly rows: Table
  /** Rows that absent features are taken from. */
  readonly background: Table
  readonly budgetMs: number
}

/** What each feature of a model counts over some rows. */
export interface AttributedRows {
  readonly method: ExplainMethod
  /** Shapley values, not estimates of them. */
  readonly exact: boolean
  readonly features: readonly string[]
  /** By feature the mean over the rows of absolute values, those of several targets added up; in the scale of the link. */
  readonly meanAbsolute: Float64Array
  /** Rows explained within the budget: the first ones. */
  readonly rows: number
}

/** Explains rows in parts until the budget is spent. @throws INVALID_DATA, UNSUPPORTED, OVERLOADED, UNAVAILABLE */
export async function meanAttributions(
  explainer: Explainer,
  { explained, signature }: { explained: ExplainedModel; signature: ModelSignature },
  { rows, background, budgetMs }: AttributionQuestion,
): Promise<AttributedRows> {
  checkReplayable(signature)
  const until = performance.now() + budgetMs
  const base = {
    tensors: tensorsOf(signature, background, { from: 0, to: background.rowCount }),
    rows: background.rowCount,
    source: 'log' as const,
  }
  let sums = new Float64Array(0)
  let found: Omit<AttributedRows, 'meanAbsolute' | 'rows'> | undefined
  let done = 0
  while (done < rows.rowCount && (done === 0 || performance.now() < until)) {
    const range = { from: done, to: Math.min(rows.rowCount, done + mostExplainedRows) }
    const count = range.to - range.from
    const explanation = await explainer.explain(explained, {
      inputs: tensorsOf(signature, rows, range),
      rows: count,
      budgetMs: Math.max(1, until - performance.now()),
      background: base,
    })
    const { method, features, values, targets } = explanation
    if (done === 0) sums = new Float64Array(features.length)
    for (let i = 0; i < values.length; i++) sums[i % features.length]! += Math.abs(values[i]!)
    if (values.length !== count * targets.length * features.length)
      throw new Error(`${values.length} attributions of ${count} rows`)
    found = { method, features, exact: explanation.exact && (found?.exact ?? true) }
    done = range.to
  }
  if (!found) throw new KaizenError('INVALID_REQUEST', 'there is no row to explain')
  return { ...found, meanAbsolute: sums.map((sum) => sum / done), rows: done }
}

interface Range {
  readonly from: number
  readonly to: number
}

function tensorsOf(signature: ModelSignature, table: Table, range: Range): Tensors {
  const columns = new Map(table.columns.map((column) => [column.name, column]))
  return Object.fromEntries(
    signature.inputs.map((spec) => [spec.name, tensorOf(spec, columns, range)]),
  )
}

function tensorOf(
  spec: TensorSpec,
  columns: ReadonlyMap<string, TableColumn>,
  { from, to }: Range,
): Tensor {
  const datatype = spec.datatype as Datatype
  const places = namesOf(spec).map((name) => {
    const column = columns.get(name)
    if (column) return column
    throw new KaizenError('INVALID_DATA', `the model asks for "${name}", which the rows have not`)
  })
  const shape = [to - from, ...spec.shape.slice(1)]
  if (datatype === 'BYTES') {
    const data: string[] = []
    for (let row = from; row < to; row++)
      for (const { values } of places) data.push(String(values[row] ?? ''))
    return { datatype, shape, data }
  }
  const data = allocate(datatype, (to - from) * places.length)
  const isBig = data instanceof BigInt64Array || data instanceof BigUint64Array
  const cells = data as { [place: number]: number | bigint }
  for (let row = from; row < to; row++) {
    for (const [k, { name, values }] of places.entries()) {
      const value = values[row] === null ? Number.NaN : Number(values[row])
      if (isBig && !Number.isInteger(value))
        throw new KaizenError('INVALID_DATA', `"${name}" holds no whole number in row ${row}`)
      cells[(row - from) * places.length + k] = isBig ? BigInt(value) : value
    }
  }
  return { datatype, shape, data }
}
