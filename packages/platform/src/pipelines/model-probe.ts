import type { TensorSpec } from '@kaizen/contracts'
import {
  allocate,
  type Datatype,
  elementCount,
  isDatatype,
  type LoadedModel,
  type ModelRuntime,
  type Tensor,
  type Tensors,
} from '../runtime/index.ts'
import type { Probed } from './reproductions/reproduction.ts'

const rows = 64
const words = ['', 'a', 'b', 'yes', 'no', '1']

/** How far the answers of two models are from each other, on the same made-up rows. */
export async function probeModels(
  runtime: Pick<ModelRuntime, 'load'>,
  original: Uint8Array,
  again: Uint8Array,
): Promise<Probed> {
  const models: LoadedModel[] = []
  try {
    for (const source of [original, again]) models.push(await runtime.load(source))
    const [a, b] = models as [LoadedModel, LoadedModel]
    if (JSON.stringify(a.signature) !== JSON.stringify(b.signature)) {
      return { note: 'the models have different signatures' }
    }
    const inputs = madeUpRows(a.signature.inputs)
    return { predictions: apart(await a.run(inputs), await b.run(inputs)) }
  } catch (failure) {
    const why = failure instanceof Error ? failure.message : String(failure)
    return { note: `the models could not be asked: ${why}` }
  } finally {
    for (const model of models) await model.close()
  }
}

/** Seeded rows from all over the range in which features usually lie. */
export function madeUpRows(specs: readonly TensorSpec[]): Tensors {
  const next = lcg(20_120_501)
  return Object.fromEntries(
    specs.map((spec): [string, Tensor] => {
      const shape = spec.shape.map((size) => (size < 0 ? rows : size))
      if (!isDatatype(spec.datatype))
        throw new Error(`inputs of ${spec.datatype} cannot be made up`)
      return [
        spec.name,
        { datatype: spec.datatype, shape, data: filled(spec.datatype, shape, next) },
      ]
    }),
  )
}

function filled(datatype: Datatype, shape: readonly number[], next: () => number): Tensor['data'] {
  const count = elementCount(shape)
  if (datatype === 'BYTES') {
    return Array.from({ length: count }, () => words[Math.floor(next() * words.length)] ?? '')
  }
  const data = allocate(datatype, count) as Exclude<Tensor['data'], readonly string[]>
  for (let at = 0; at < count; at++) {
    // From 0 to 1, to 10 and to 100 in turn, both signs: scaled features, counts and measures.
    const value = (next() * 2 - 1) * 10 ** (at % 3)
    if (datatype === 'BOOL') data[at] = next() < 0.5 ? 0 : 1
    else if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
      data[at] = BigInt(Math.floor(Math.abs(value)))
    } else data[at] = datatype.startsWith('FP') ? value : Math.floor(Math.abs(value))
  }
  return data
}

/** A linear congruential generator (Numerical Recipes, section 7.1): the same rows each time. */
function lcg(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

function apart(a: Tensors, b: Tensors): Extract<Probed, { predictions: unknown }>['predictions'] {
  let largestDifference = 0
  let largest = 0
  for (const [name, { data }] of Object.entries(a)) {
    const other = b[name]?.data
    for (let at = 0; at < data.length; at++) {
      const [x, y] = [data[at], other?.[at]]
      if (x === y) largest = Math.max(largest, typeof x === 'number' ? Math.abs(x) : 0)
      else {
        const [left, right] = [Number(x), Number(y)]
        if (Number.isNaN(left) && Number.isNaN(right)) continue
        // Words that differ are as far apart as can be.
        const difference = Math.abs(left - right)
        largestDifference = Math.max(largestDifference, Number.isNaN(difference) ? 1 : difference)
        largest = Math.max(largest, Math.abs(left) || 0, Math.abs(right) || 0)
      }
    }
  }
  const relativeDifference =
    largestDifference === 0 ? 0 : largestDifference / Math.max(largest, 1e-300)
  return { rows, largestDifference, relativeDifference: Math.min(relativeDifference, 1) }
}
