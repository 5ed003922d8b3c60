import { packTensors, type Tensor, unpackTensors } from '../../runtime/index.ts'
import type { NamedTensors } from './messages.ts'

/** Puts tensors into one message. */
export function packNamed(tensors: Iterable<readonly [string, Tensor]>): NamedTensors {
  const entries = [...tensors]
  return {
    names: entries.map(([name]) => name),
    packed: packTensors(entries.map(([, tensor]) => tensor)),
  }
}

/** The tensors of a message; numbers stay in its buffer. */
export const unpackNamed = ({ names, packed }: NamedTensors): Map<string, Tensor> =>
  new Map(unpackTensors(packed).map((tensor, i) => [names[i]!, tensor]))
