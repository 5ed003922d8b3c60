import type { Numbers } from '../numeric/numbers.ts'
import { ascendingOrder } from '../numeric/order.ts'
import { checkRows } from './rows.ts'

/**
 * Discounted cumulative gain of the first k of a ranking; gains linear, tied scores averaged. Järvelin and Kekäläinen
 * 2002.
 */
export const discountedGain = (
  relevance: Numbers,
  score: Numbers,
  k = relevance.length,
): number => {
  const rows = checkRows({ relevance, score })
  const order = ascendingOrder(score).reverse()
  let gain = 0
  for (let start = 0; start < rows; ) {
    let [end, sum, discounts] = [start, 0, 0]
    while (end < rows && score[order[end]!] === score[order[start]!]) {
      sum += relevance[order[end]!]!
      if (end < k) discounts += 1 / Math.log2(end + 2)
      end++
    }
    gain += (sum / (end - start)) * discounts
    start = end
  }
  return gain
}

/** The gain over that of the ideal ranking (Järvelin and Kekäläinen 2002); 0 where nothing is relevant. */
export const normalizedGain = (
  relevance: Numbers,
  score: Numbers,
  k = relevance.length,
): number => {
  const ideal = discountedGain(relevance, relevance, k)
  return ideal > 0 ? discountedGain(relevance, score, k) / ideal : 0
}

/** Mean precision at the rank of each relevant item (label ranking average precision); 1 without any. */
export const rankingAveragePrecision = (relevance: Numbers, score: Numbers): number => {
  const rows = checkRows({ relevance, score })
  let [sum, relevant] = [0, 0]
  for (let i = 0; i < rows; i++) {
    if (!(relevance[i]! > 0)) continue
    let [above, relevantAbove] = [0, 0]
    for (let j = 0; j < rows; j++) {
      if (score[j]! < score[i]!) continue
      above++
      if (relevance[j]! > 0) relevantAbove++
    }
    sum += relevantAbove / above
    relevant++
  }
  return relevant > 0 && relevant < rows ? sum / relevant : 1
}
