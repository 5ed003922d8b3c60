import { MlError } from '../ml-error.ts'
import { insufficient, type Outcome } from '../outcome.ts'

/** How far two partitions of the same rows agree; the names of the clusters do not matter. */
export interface ClusteringAgreement {
  readonly rows: number
  readonly rand: number
  /** Rand index less what chance gives (Hubert and Arabie 1985); 1 for equal partitions, near 0 by chance. */
  readonly adjustedRand: number
  /** Shared information in nats. */
  readonly mutualInformation: number
  /** Over the mean of both entropies; 1 where both have one cluster. */
  readonly normalizedMutualInformation: number
  /** Every cluster of the prediction holds one class only (Rosenberg and Hirschberg 2007). */
  readonly homogeneity: number
  /** Every class lies in one cluster only. */
  readonly completeness: number
  /** Harmonic mean of both. */
  readonly vMeasure: number
  /** Geometric mean of precision and recall over pairs (Fowlkes and Mallows 1983). */
  readonly fowlkesMallows: number
  /** Share of rows in the commonest class of their cluster. */
  readonly purity: number
}

type Name = string | number

/**
 * Agreement of clusters with classes, or with other clusters. Among them the adjusted Rand index (Hubert and Arabie
 * 1985).
 * @throws MlError when lengths differ.
 */
export const clusteringAgreement = (
  classes: readonly Name[],
  clusters: readonly Name[],
): Outcome<ClusteringAgreement> => {
  const rows = classes.length
  if (clusters.length !== rows) {
    throw new MlError(
      'invalid_input',
      `there are ${rows} classes and ${clusters.length} clusters`,
      'give every row one of each',
    )
  }
  if (rows === 0) return insufficient('clustering', 'rows', { have: 0, need: 1 })
  const cells = new Map<Name, Map<Name, number>>()
  const [ofClass, ofCluster] = [new Map<Name, number>(), new Map<Name, number>()]
  for (let i = 0; i < rows; i++) {
    const [a, b] = [classes[i]!, clusters[i]!]
    count(ofClass, a)
    count(ofCluster, b)
    const row = cells.get(b) ?? new Map<Name, number>()
    cells.set(b, row)
    count(row, a)
  }
  const joint = [...cells.values()].flatMap((row) => [...row.values()])
  const [a, b] = [[...ofClass.values()], [...ofCluster.values()]]
  const [entropyA, entropyB] = [entropy(a, rows), entropy(b, rows)]
  const shared = Math.max(0, entropyA + entropyB - entropy(joint, rows))
  const homogeneity = entropyA > 0 ? shared / entropyA : 1
  const completeness = entropyB > 0 ? shared / entropyB : 1
  const together = homogeneity + completeness
  const isTrivial = entropyA === 0 && entropyB === 0
  return {
    status: 'ok',
    rows,
    ...pairAgreement({
      joint: pairs(joint),
      a: pairs(a),
      b: pairs(b),
      all: (rows * (rows - 1)) / 2,
    }),
    mutualInformation: shared,
    normalizedMutualInformation: isTrivial ? 1 : (2 * shared) / (entropyA + entropyB),
    homogeneity,
    completeness,
    vMeasure: together > 0 ? (2 * homogeneity * completeness) / together : 0,
    purity: [...cells.values()].reduce((sum, row) => sum + Math.max(...row.values()), 0) / rows,
  }
}

const count = (counts: Map<Name, number>, name: Name): void => {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

const entropy = (counts: readonly number[], rows: number): number =>
  counts.reduce((sum, n) => sum - (n / rows) * Math.log(n / rows), 0)

/** Pairs of rows in the same cell. */
const pairs = (counts: readonly number[]): number =>
  counts.reduce((sum, n) => sum + (n * (n - 1)) / 2, 0)

const pairAgreement = (of: {
  readonly joint: number
  readonly a: number
  readonly b: number
  readonly all: number
}) => {
  const { joint, a, b, all } = of
  const chance = all > 0 ? (a * b) / all : 0
  const most = (a + b) / 2
  return {
    rand: all > 0 ? (all + 2 * joint - a - b) / all : 1,
    adjustedRand: most === chance ? 1 : (joint - chance) / (most - chance),
    fowlkesMallows: joint > 0 ? joint / Math.sqrt(a * b) : 0,
  }
}
