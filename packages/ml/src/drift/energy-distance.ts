import type { Numbers } from '../numeric/numbers.ts'
import { sortedFinite } from '../numeric/sort.ts'
import { insufficient, type Outcome } from '../outcome.ts'
import type { Comparison } from './result.ts'
import { areaBetween } from './wasserstein.ts'

/** Energy distance (Székely and Rizzo 2013): sqrt(2 times the integral of (F - G)^2). */
export const energyDistance = (reference: Numbers, current: Numbers): Outcome<Comparison> => {
  const [x, y] = [sortedFinite(reference), sortedFinite(current)]
  if (x.length === 0 || y.length === 0) {
    const what = x.length === 0 ? 'reference rows' : 'current rows'
    return insufficient('energy-distance', what, { have: 0, need: 1 })
  }
  const value = Math.sqrt(2 * areaBetween(x, y, (difference) => difference * difference))
  return {
    status: 'ok',
    method: 'energy-distance',
    parameters: {},
    statistic: value,
    pValue: null,
    effect: { name: 'energy-distance', value },
    sizes: { reference: x.length, current: y.length },
  }
}
