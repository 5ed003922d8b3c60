import { isKaizenError, KaizenError, type ModelSignature, type TensorSpec } from '@kaizen/contracts'
import { type Random, seededRandom } from '@kaizen/ml/random'
import {
  allocate,
  type Datatype,
  elementCount,
  isDatatype,
  type LoadedModel,
  type Tensor,
  type Tensors,
} from '../../runtime/index.ts'
import type { Probes } from './probes.ts'

/** A tensor as the Open Inference Protocol writes it in JSON; numbers that JSON has not are texts. */
export interface GoldenTensor {
  readonly name: string
  readonly datatype: Datatype
  readonly shape: readonly number[]
  readonly data: readonly (number | string | boolean)[]
}

/** Inputs with the answers that the runtime gives. */
export interface GoldenSet {
  readonly format: 1
  readonly rows: number
  /** An answer may differ by `absolute + relative * |answer|`. */
  readonly tolerance: { readonly absolute: number; readonly relative: number }
  readonly inputs: readonly GoldenTensor[]
  readonly outputs: readonly GoldenTensor[]
}

const goldenRows = 64
const mostElements = 1_000_000
const missingShare = 0.1
const seed = 20

/**
 * Makes inputs of the signature's types, the same for the same model, and asks the runtime.
 * @param probes values by input name at which the model decides; seeded values of the type where there are none
 * @throws UNSUPPORTED when the model does not compute on such inputs
 */
export async function goldenSet(model: LoadedModel, probes: Probes): Promise<GoldenSet> {
  const random = seededRandom(seed)
  const rows = rowsOf(model.signature)
  const inputs = model.signature.inputs.map((spec) => goldenInput(spec, { rows, random, probes }))
  const tensors = Object.fromEntries(inputs.map((input) => [input.name, tensorOf(input)]))
  const answers = await model.run(tensors).catch((cause: unknown) => {
    if (!isKaizenError(cause) || cause.kind !== 'invalid') throw cause
    throw new KaizenError('UNSUPPORTED', 'the model does not answer inputs of its own types', {
      hint: 'An export is checked against answers of the runtime, so the model has to compute on rows of its signature.',
      cause,
    })
  })
  await expectRepeatable(model, tensors, answers)
  const outputs = model.signature.outputs.map(({ name }) => goldenOutput(name, answers[name]))
  const tolerance = { absolute: 1e-6, relative: 1e-5 }
  return { format: 1, rows, tolerance, inputs, outputs }
}

/** The values of a row, for tensors whose first dimension is the row. */
export function goldenColumn(
  tensors: readonly GoldenTensor[],
  name: string,
  row: number,
): readonly (number | string)[] {
  const { shape, data, datatype } = tensors.find((tensor) => tensor.name === name)!
  const width = shape.length > 1 ? shape[1]! : 1
  return data
    .slice(row * width, (row + 1) * width)
    .map((value) => (datatype === 'BYTES' ? String(value) : Number(value)))
}

/** As many rows as the signature fixes, if it does. */
function rowsOf({ inputs }: ModelSignature): number {
  const fixed = inputs.map(({ shape }) => shape[0] ?? 1).filter((size) => size >= 0)
  return fixed[0] ?? goldenRows
}

interface Making {
  readonly rows: number
  readonly random: Random
  readonly probes: Probes
}

function goldenInput(spec: TensorSpec, { rows, random, probes }: Making): GoldenTensor {
  const { name, datatype } = spec
  const shape = spec.shape.map((size, axis) => (size >= 0 ? size : axis === 0 ? rows : 1))
  const count = elementCount(shape)
  if (!isDatatype(datatype) || datatype === 'FP16' || !(count <= mostElements)) {
    throw new KaizenError(
      'UNSUPPORTED',
      `no golden inputs can be made for "${name}", ${datatype} [${spec.shape.join(', ')}]`,
      { hint: 'Half floats and rows of more than a million values are not exported.' },
    )
  }
  const values = probes.get(name)
  const data = Array.from({ length: count }, () =>
    values && values.length > 0 ? probeOf(values, random) : randomValue(datatype, random),
  )
  return { name, datatype, shape, data: data.map(written) }
}

const probeOf = (values: readonly (number | string)[], random: Random): number | string => {
  const value = values[Math.floor(random() * values.length)]!
  if (random() < missingShare) return typeof value === 'string' ? '' : Number.NaN
  return typeof value === 'string' && random() < missingShare ? `not ${value}` : value
}

function randomValue(datatype: Datatype, random: Random): number | string | boolean {
  if (datatype === 'BOOL') return random() < 0.5
  if (datatype === 'BYTES') return `value ${Math.floor(random() * 5)}`
  if (datatype === 'FP32') return Math.fround(random() * 4 - 2)
  return datatype === 'FP64' ? random() * 4 - 2 : Math.floor(random() * 10)
}

const written = (value: number | string | boolean): number | string | boolean =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value

function tensorOf({ datatype, shape, data }: GoldenTensor): Tensor {
  const elements = allocate(datatype, data.length)
  for (const [i, value] of data.entries()) {
    const is64 = datatype === 'INT64' || datatype === 'UINT64'
    const element = datatype === 'BYTES' ? value : is64 ? BigInt(value as number) : Number(value)
    ;(elements as unknown[])[i] = element
  }
  return { datatype, shape, data: elements }
}

function goldenOutput(name: string, tensor: Tensor | undefined): GoldenTensor {
  if (tensor === undefined) throw new Error(`the runtime gave no output "${name}"`)
  const { datatype, shape } = tensor
  const data = Array.from<number | bigint | string, number | string | boolean>(
    tensor.data as ArrayLike<number | bigint | string>,
    (value) => {
      if (datatype === 'BOOL') return value === 1
      if (typeof value !== 'bigint') return written(value)
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
    },
  )
  return { name, datatype, shape, data }
}

/** A model that answers the same question in two ways has no golden answers. */
async function expectRepeatable(
  model: LoadedModel,
  inputs: Tensors,
  first: Tensors,
): Promise<void> {
  const second = await model.run(inputs)
  for (const [name, { data }] of Object.entries(first)) {
    const again = second[name]?.data ?? []
    if (Array.from(data as ArrayLike<unknown>).every((value, i) => Object.is(value, again[i]))) {
      continue
    }
    throw new KaizenError('UNSUPPORTED', `the model answers "${name}" differently each time`, {
      hint: 'Only a model whose answers can be checked is exported; fix its random seed.',
    })
  }
}
