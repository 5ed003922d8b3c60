import { MlError } from '../ml-error.ts'

/** Shares that a partition keeps back: for what no cell holds, and for cells of no weight. */
export interface Holdouts {
  readonly tail: number
  readonly internal: number
}

/**
 * Expected shares of the cells of a partition, and what is left for values beyond them.
 * `spread` says whether the tails count at all: those of numbers always do, unknown categories where there are any.
 * @throws MlError when weights or holdouts are no shares
 */
export function expectedShares(
  weights: readonly number[],
  { tail, internal }: Holdouts,
  spread: boolean,
): { readonly cells: readonly number[]; readonly tails: number } {
  if (weights.some((weight) => !(weight >= 0)) || !(Math.abs(sum(weights) - 1) <= 1e-5))
    throw new MlError(
      'invalid_option',
      'the weights of the partition are no shares',
      'give weights of 0 or more that add up to 1',
    )
  if (!(tail >= 0 && internal >= 0 && tail + internal < 1))
    throw new MlError('invalid_option', 'the holdouts are no shares', 'keep back less than 1')
  const kept = spread ? tail : 0
  const empty = weights.filter((weight) => weight === 0).length
  const cells = weights.map((weight) =>
    weight === 0 && empty > 0 ? internal / empty : weight * (1 - kept - internal),
  )
  return { cells, tails: kept }
}

/**
 * Kullback–Leibler divergence of observed from expected shares, in nats; both are normalised first.
 * @returns null where it is infinite or there is nothing observed
 */
export function divergence(
  observed: readonly number[],
  expected: readonly number[],
): number | null {
  const [total, all] = [sum(observed), sum(expected)]
  const value = observed.reduce((result, share, cell) => {
    if (share === 0) return result
    return result + (share / total) * Math.log(share / total / ((expected[cell] ?? 0) / all))
  }, 0)
  return total > 0 && Number.isFinite(value) ? value : null
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** A partition as counts of rows and as expected shares; the tails are what lies below and above intervals. */
export interface ComparedCells {
  readonly observed: readonly number[]
  readonly expected: readonly number[]
  readonly observedTails?: readonly [number, number]
  readonly expectedTails?: readonly [number, number]
}

/** The divergence of what was observed, with both partitions in the shape of Great Expectations. */
export function comparePartitions(
  cells: Readonly<Record<string, unknown>>,
  { observed, expected, observedTails, expectedTails }: ComparedCells,
) {
  const [below, above] = [observedTails?.slice(0, 1) ?? [], observedTails?.slice(1) ?? []]
  const [low, high] = [expectedTails?.slice(0, 1) ?? [], expectedTails?.slice(1) ?? []]
  const total = [...below, ...observed, ...above].reduce((sum, count) => sum + count, 0)
  const shares = (counts: readonly number[]) =>
    counts.map((count) => (total > 0 ? count / total : 0))
  return {
    value: divergence([...below, ...observed, ...above], [...low, ...expected, ...high]),
    details: {
      observed_partition: {
        ...cells,
        weights: shares(observed),
        ...(observedTails ? { tail_weights: shares(observedTails) } : {}),
      },
      expected_partition: {
        ...cells,
        weights: expected,
        ...(expectedTails ? { tail_weights: expectedTails } : {}),
      },
    },
  }
}
