import { MlError } from '../ml-error.ts'
import type { Numbers } from '../numeric/numbers.ts'
import { ascendingOrder } from '../numeric/order.ts'
import { insufficient, type Outcome } from '../outcome.ts'
import { normalizedGain } from './ranking.ts'
import { checkRows } from './rows.ts'

/** How good the first k items of one ranking are; relevant are items of a relevance above 0. */
export interface RankingAt {
  /** Relevant items among the first k, over k. */
  readonly precision: number
  /** Over all relevant items; null without any. */
  readonly recall: number | null
  /** Whether one of the first k is relevant, 1 or 0. */
  readonly hit: number
  /** One over the place of the first relevant item; 0 beyond k. */
  readonly reciprocalRank: number
  /** Precision at each relevant item of the first k, over what could be: min(k, relevant); null without any relevant item. */
  readonly averagePrecision: number | null
  /** Gain over that of the ideal ranking, both of the first k. */
  readonly normalizedGain: number
}

/** Means over queries; of figures that are null, over the queries that have one. */
export interface RankingMetrics {
  readonly queries: number
  readonly k: number
  readonly precision: number
  readonly recall: number | null
  readonly hitRate: number
  readonly meanReciprocalRank: number
  readonly meanAveragePrecision: number | null
  readonly normalizedGain: number
}

/**
 * Figures of the first k of one ranking by descending score (Manning, Raghavan and Schütze 2008, chapter 8). Items of equal score
 * stand in the worst order, the relevant ones last, so that a score which tells nothing earns nothing.
 * @throws MlError when lengths differ, a value is not finite, or k is no whole number of at least 1.
 */
export const rankingAt = (relevance: Numbers, score: Numbers, k: number): RankingAt => {
  checkRows({ relevance, score })
  if (!Number.isInteger(k) || k < 1) {
    throw new MlError('invalid_option', `k is ${k}`, 'give a whole number of at least 1')
  }
  const isRelevant = worstOrder(relevance, score).map((row) => relevance[row]! > 0)
  const relevant = isRelevant.filter(Boolean).length
  const first = isRelevant.slice(0, k)
  let [found, precisions] = [0, 0]
  first.forEach((hit, place) => {
    if (!hit) return
    found++
    precisions += found / (place + 1)
  })
  const place = first.indexOf(true)
  return {
    precision: found / k,
    recall: relevant > 0 ? found / relevant : null,
    hit: found > 0 ? 1 : 0,
    reciprocalRank: place < 0 ? 0 : 1 / (place + 1),
    averagePrecision: relevant > 0 ? precisions / Math.min(k, relevant) : null,
    normalizedGain: normalizedGain(relevance, score, k),
  }
}

const worstOrder = (relevance: Numbers, score: Numbers): number[] =>
  Array.from(ascendingOrder(score)).sort(
    (a, b) => score[b]! - score[a]! || relevance[a]! - relevance[b]!,
  )

/**
 * Means of `rankingAt` over queries: MAP, MRR, hit rate, precision, recall and NDCG at k.
 * @throws MlError as `rankingAt` does, of any query.
 */
export const rankingMetrics = (
  queries: readonly { readonly relevance: Numbers; readonly score: Numbers }[],
  k: number,
): Outcome<RankingMetrics> => {
  if (queries.length === 0) return insufficient('ranking', 'queries', { have: 0, need: 1 })
  const figures = queries.map(({ relevance, score }) => rankingAt(relevance, score, k))
  const mean = (values: readonly number[]) =>
    values.length > 0 ? values.reduce((sum, value) => sum + value, 0) / values.length : null
  const of = (name: keyof RankingAt) => mean(figures.flatMap((figure) => figure[name] ?? []))
  return {
    status: 'ok',
    queries: queries.length,
    k,
    precision: of('precision')!,
    recall: of('recall'),
    hitRate: of('hit')!,
    meanReciprocalRank: of('reciprocalRank')!,
    meanAveragePrecision: of('averagePrecision'),
    normalizedGain: of('normalizedGain')!,
  }
}
