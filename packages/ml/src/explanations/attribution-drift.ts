import { normalizedGain } from '../metrics/ranking.ts'
import { MlError } from '../ml-error.ts'
import type { Numbers } from '../numeric/numbers.ts'
import { insufficient, type Outcome } from '../outcome.ts'

export interface AttributionDrift {
  /** 1 where the features have the order of the reference, weighted by what they count there; at least above 0. */
  readonly ndcg: number
  /** Share of the attribution that has moved from some features to others, 0 to 1. */
  readonly shift: number
  /** By feature, of the whole attribution; each side sums to 1. */
  readonly shares: { readonly reference: Float64Array; readonly current: Float64Array }
}

/**
 * How a model's use of its features has changed, from the mean absolute attribution of each: normalised discounted
 * cumulative gain (Järvelin and Kekäläinen 2002) of the order that features have now, where the relevance of a feature is
 * what it had in the reference, as Amazon SageMaker Clarify defines feature attribution drift; and the total variation of
 * the shares. Attributions of each side come in one order, in any one unit.
 * @throws MlError when lengths differ or a value is negative or not finite.
 */
export const attributionDrift = (
  reference: Numbers,
  current: Numbers,
): Outcome<AttributionDrift> => {
  if (reference.length !== current.length) {
    throw new MlError(
      'invalid_input',
      `there are ${reference.length} and ${current.length} features`,
      'pass attributions of the same features in the same order',
    )
  }
  const shares = { reference: sharesOf(reference), current: sharesOf(current) }
  if (!shares.reference || !shares.current)
    return insufficient('attribution-drift', 'features with an attribution', { have: 0, need: 1 })
  let shift = 0
  for (let i = 0; i < reference.length; i++)
    shift += Math.abs(shares.reference[i]! - shares.current[i]!) / 2
  return {
    status: 'ok',
    ndcg: normalizedGain(shares.reference, shares.current),
    shift: Math.min(1, shift),
    shares: { reference: shares.reference, current: shares.current },
  }
}

/** Undefined where nothing has an attribution. */
const sharesOf = (values: Numbers): Float64Array | undefined => {
  let sum = 0
  for (let i = 0; i < values.length; i++) {
    if (values[i]! >= 0 && Number.isFinite(values[i])) sum += values[i]!
    else
      throw new MlError(
        'invalid_input',
        `the attribution of feature ${i} is ${values[i]}`,
        'pass means of absolute values',
      )
  }
  return sum > 0
    ? Float64Array.from(values as ArrayLike<number>, (value) => value / sum)
    : undefined
}
