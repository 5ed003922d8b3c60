import { KaizenError, type ModelSignature, type TensorSpec } from '@kaizen/contracts'
import type { Found, LookUp } from '../../features/index.ts'
import type { Datatype, Tensor } from '../../runtime/index.ts'
import type { InputRules } from '../limits/input-rules.ts'
import { type BoundInputs, bindInputs } from '../wire/bind.ts'
import { readerOf } from '../wire/cell-reader.ts'
import type { WireJson } from '../wire/json.ts'
import { elementsOf } from '../wire/tensor-json.ts'

/** Which inputs of a model come from where. */
export interface Filling {
  /** What a request has to bring: join keys, and the inputs that no feature fills. */
  readonly request: ModelSignature
  /** Inputs with the outputs of the look-up that they hold: one, or all columns of a matrix. */
  readonly filled: readonly { readonly spec: TensorSpec; readonly outputs: readonly number[] }[]
}

/** True where an input holds one value a row. */
const isColumn = ({ shape }: TensorSpec): boolean =>
  shape[0] === -1 && shape.slice(1).every((size) => size === 1)

/**
 * Features go to the inputs of their name, or of their full name; the only input of a model, where it is a matrix as wide as
 * there are features, holds all of them in their order. Inputs that the request brings itself are left to it.
 */
export function fillingOf(
  signature: ModelSignature,
  { selection, keys, request }: LookUp,
  brought: ReadonlySet<string>,
): Filling {
  const { outputs } = selection
  const filled: { readonly spec: TensorSpec; readonly outputs: readonly number[] }[] = []
  for (const spec of signature.inputs) {
    if (brought.has(spec.name)) continue
    const place = outputs.findIndex(
      ({ name, fullName }) => name === spec.name || fullName === spec.name,
    )
    if (place >= 0 && isColumn(spec)) filled.push({ spec, outputs: [place] })
    else if (place < 0 && signature.inputs.length === 1 && isMatrixOf(spec, outputs.length))
      filled.push({ spec, outputs: outputs.map((_, i) => i) })
  }
  const left = signature.inputs.filter((spec) => !filled.some((one) => one.spec === spec))
  const shape = signature.inputs.every((spec) => spec.shape.length === 2) ? [-1, 1] : [-1]
  const asked = [...keys, ...request]
    .filter(({ name }) => !left.some((spec) => spec.name === name))
    .map(({ name, type }): TensorSpec => ({ name, datatype: datatypes[type], shape }))
  return { request: { ...signature, inputs: [...asked, ...left] }, filled }
}

const datatypes = {
  boolean: 'BOOL',
  integer: 'INT64',
  number: 'FP64',
  string: 'BYTES',
  date: 'BYTES',
  timestamp: 'BYTES',
} as const

const isMatrixOf = ({ shape }: TensorSpec, columns: number): boolean =>
  shape.length === 2 && shape[0] === -1 && (shape[1] === columns || shape[1] === -1)

/** The values of join keys, and of what functions are given, in a bound request. */
export function keysIn(
  { keys, request }: LookUp,
  { tensors }: BoundInputs,
): Map<string, (string | number | boolean)[]> {
  return new Map(
    [...keys, ...request].map(({ name, type }) => {
      const { data } = tensors[name]!
      return [
        name,
        Array.from(data as ArrayLike<unknown>, (value) =>
          type === 'boolean' ? Boolean(value) : keyOf(value),
        ),
      ]
    }),
  )
}

const keyOf = (value: unknown): string | number =>
  typeof value === 'number' ? value : String(value)

export interface FillRules {
  readonly rules: InputRules | undefined
  readonly missing: 'refuse' | 'nan'
}

/** The inputs of a model: what the request brought, and what was found. @throws INVALID_TENSOR */
export function fill(
  signature: ModelSignature,
  {
    filling,
    plan,
    bound,
    found,
  }: {
    readonly filling: Filling
    readonly plan: LookUp
    readonly bound: BoundInputs
    readonly found: readonly (readonly Found[])[]
  },
  by: FillRules,
): BoundInputs {
  const tensors = new Map<string, Tensor>()
  for (const { spec, outputs } of filling.filled) {
    const columns = outputs.map((output) => {
      const name = plan.selection.outputs[output]!.fullName
      const input = outputs.length === 1 ? spec.name : plan.selection.outputs[output]!.name
      const of = { name, input, isInteger: plan.selection.outputs[output]!.type === 'integer' }
      return found[output]!.map((one, row) => valueFor(one, { ...of, row }, { spec, by }))
    })
    const values = columns.length === 1 ? columns[0]! : interleaved(columns)
    const datatype = spec.datatype as Datatype
    const read = readerOf(datatype, by.rules?.validation ?? 'usual')
    const rows = columns[0]?.length ?? 0
    const shape = columns.length === 1 ? [rows, ...spec.shape.slice(1)] : [rows, columns.length]
    const data = elementsOf(`"${spec.name}"`, datatype, values.map(read))
    tensors.set(spec.name, { datatype, shape, data })
  }
  for (const { name } of signature.inputs) {
    const tensor = bound.tensors[name]
    if (tensor && !tensors.has(name)) tensors.set(name, tensor)
  }
  return bindInputs(signature, tensors)
}

interface Place {
  /** Of the feature. */
  readonly name: string
  readonly input: string
  readonly isInteger: boolean
  readonly row: number
}

function valueFor(
  { value, status }: Found,
  { name, input, isInteger, row }: Place,
  { spec, by }: { readonly spec: TensorSpec; readonly by: FillRules },
): WireJson {
  // Integers beyond 2^53 travel as text.
  if (status === 'PRESENT')
    return isInteger && typeof value === 'string' ? BigInt(value) : (value as WireJson)
  const fallback = by.rules?.defaults.get(input)
  if (fallback !== undefined) return fallback
  if (by.missing === 'nan' && spec.datatype.startsWith('FP')) return 'NaN'
  throw new KaizenError(
    'INVALID_TENSOR',
    `row ${row}: the online store has no value of ${name} that may be used (${status})`,
    { hint: `Give the input "${input}" a default in the settings of the endpoint.` },
  )
}

/** Rows one after the other. */
function interleaved(columns: readonly (readonly WireJson[])[]): WireJson[] {
  const values: WireJson[] = []
  for (let row = 0; row < columns[0]!.length; row++)
    for (const column of columns) values.push(column[row]!)
  return values
}
