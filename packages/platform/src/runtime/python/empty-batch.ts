import type { ModelSignature } from '@kaizen/contracts'
import { allocate, type Datatype } from '../datatypes.ts'
import type { Tensor, Tensors } from '../model.ts'

/** How many rows a request holds; undefined where inputs have no free first dimension. */
export function rowsOf({ inputs }: ModelSignature, tensors: Tensors): number | undefined {
  const [first] = inputs
  if (!first || inputs.some(({ shape }) => shape[0] !== -1)) return undefined
  return tensors[first.name]?.shape[0]
}

/** The answer to no rows: Python models mostly refuse to be asked for nothing. */
export function emptyOutputs({ outputs }: ModelSignature): Tensors {
  const tensors: Record<string, Tensor> = {}
  for (const { name, datatype: named, shape: spec } of outputs) {
    const datatype = named as Datatype
    const shape = spec.map((size, i) => (i === 0 || size === -1 ? 0 : size))
    tensors[name] = { datatype, shape, data: allocate(datatype, 0) }
  }
  return tensors
}
