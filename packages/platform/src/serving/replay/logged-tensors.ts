import { KaizenError, type ModelSignature, type TensorSpec } from '@kaizen/contracts'
import { allocate, type Datatype, type Tensor, type Tensors } from '../../runtime/index.ts'
import type { BlockRow } from '../log/block.ts'
import type { GrowingColumn } from '../log/columns.ts'
import { isBatched } from '../wire/bind.ts'

/** @throws UNSUPPORTED for models whose requests are no rows */
export function checkReplayable(signature: ModelSignature): void {
  const fixed = signature.inputs.every(({ shape }) => shape.slice(1).every((size) => size > 0))
  if (isBatched(signature) && fixed) return
  throw new KaizenError('UNSUPPORTED', 'logged rows cannot be put to this model', {
    hint: 'Its inputs need one free dimension, the first, which counts rows.',
  })
}

const widthOf = ({ shape }: TensorSpec): number =>
  shape.slice(1).reduce((product, size) => product * size, 1)

/** Names under which the log keeps the places of an input. */
export const namesOf = (spec: TensorSpec): readonly string[] => {
  const width = widthOf(spec)
  return Array.from({ length: width }, (_, i) => (width === 1 ? spec.name : `${spec.name}[${i}]`))
}

/** True where a row holds every input of a model as it was; what is redacted no longer is. */
export const isComplete = (
  signature: ModelSignature,
  row: BlockRow,
  isRedacted: (column: string) => boolean,
): boolean =>
  signature.inputs.every((spec) =>
    namesOf(spec).every(
      (name) =>
        fitsKind(row.rows.inputs.get(name), spec.datatype) &&
        isExact(row, name, spec.datatype) &&
        !isRedacted(name) &&
        !isRedacted(spec.name),
    ),
  )

/** Columns hold integers as doubles: one that may have been rounded is not what was asked. */
const isExact = (row: BlockRow, name: string, datatype: string): boolean =>
  (datatype !== 'INT64' && datatype !== 'UINT64') ||
  row.rows.inputs.get(name)?.kind === 'boolean' ||
  Number.isSafeInteger(row.rows.inputs.get(name)?.number(row.row))

function fitsKind(column: GrowingColumn | undefined, datatype: string): boolean {
  if (!column) return false
  const kind = datatype === 'BYTES' ? 'string' : datatype === 'BOOL' ? 'boolean' : 'number'
  return kind === 'number'
    ? column.kind === 'number' || column.kind === 'integer'
    : column.kind === kind
}

/** Logged rows as the inputs of a model; each row must be complete. Missing text was empty text. */
export function tensorsOfRows(signature: ModelSignature, rows: readonly BlockRow[]): Tensors {
  return Object.fromEntries(signature.inputs.map((spec) => [spec.name, tensorOf(spec, rows)]))
}

function tensorOf(spec: TensorSpec, rows: readonly BlockRow[]): Tensor {
  const datatype = spec.datatype as Datatype
  const names = namesOf(spec)
  const shape = [rows.length, ...spec.shape.slice(1)]
  if (datatype === 'BYTES') {
    const data = rows.flatMap((row) =>
      names.map((name) => String(row.rows.inputs.get(name)!.value(row.row) ?? '')),
    )
    return { datatype, shape, data }
  }
  const data = allocate(datatype, rows.length * names.length)
  const big = data instanceof BigInt64Array || data instanceof BigUint64Array
  const cells = data as { [place: number]: number | bigint }
  for (const [i, row] of rows.entries()) {
    for (const [k, name] of names.entries()) {
      const column = row.rows.inputs.get(name)!
      const value =
        column.kind === 'boolean' ? Number(column.value(row.row)) : column.number(row.row)
      cells[i * names.length + k] = big ? BigInt(value) : value
    }
  }
  return { datatype, shape, data }
}
