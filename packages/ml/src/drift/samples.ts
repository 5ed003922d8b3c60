import { finiteOf, type Numbers } from '../numeric/numbers.ts'
import { type Insufficient, insufficient } from '../outcome.ts'

/** The finite values of two samples, or what is short of `need` in either. */
export const finitePair = (
  method: string,
  [reference, current]: readonly [Numbers, Numbers],
  need = 1,
): { readonly x: Float64Array; readonly y: Float64Array } | Insufficient => {
  const [x, y] = [finiteOf(reference), finiteOf(current)]
  if (x.length < need) return insufficient(method, 'reference rows', { have: x.length, need })
  if (y.length < need) return insufficient(method, 'current rows', { have: y.length, need })
  return { x, y }
}

/** Both samples one after the other. */
export const pooledOf = (x: Float64Array, y: Float64Array): Float64Array => {
  const pooled = new Float64Array(x.length + y.length)
  pooled.set(x)
  pooled.set(y, x.length)
  return pooled
}
