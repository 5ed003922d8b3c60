import type { BinSums } from './histogram.ts'
import { leafGain, type NodeSums, type Split, type SplitRules } from './split.ts'

/** Regularisation of categorical splits; the defaults are LightGBM's. */
export interface CategoryRules extends SplitRules {
  /** Added to a category's hessian before categories are ordered: pulls rare ones to the middle. */
  readonly categorySmoothing: number
  /** Added to `l2` when more than a few categories compete. */
  readonly categoryL2: number
}

/** Up to this many categories each is tried against all others, without extra regularisation. */
const oneAgainstRestLimit = 4
/** Most categories that may be named on one side of a split. */
const maxMembers = 32

/**
 * Looks for the best set of categories to go left. Ordered by mean gradient, the best partition is
 * a prefix of the order (Fisher 1958), so prefixes from both ends are tried. Missing and unseen
 * categories are never members: they go right.
 */
export const searchCategories = (
  best: Split,
  feature: { readonly index: number; readonly binCount: number },
  sums: BinSums,
  node: NodeSums,
  rules: CategoryRules,
): void => {
  const present: number[] = []
  for (let bin = 0; bin < feature.binCount; bin++) if (sums.count[bin]! > 0) present.push(bin)
  const few = present.length <= oneAgainstRestLimit
  const l2 = few ? rules.l2 : rules.l2 + rules.categoryL2
  const search = { best, feature: feature.index, sums, node, rules, l2 }
  if (few) {
    for (const bin of present) tryPrefixes(search, [bin], 1)
    return
  }
  const rank = (bin: number): number =>
    sums.gradient[bin]! / (sums.hessian[bin]! + rules.categorySmoothing)
  const supported = present.filter((bin) => sums.count[bin]! >= rules.categorySmoothing)
  const order = supported.sort((a, b) => rank(a) - rank(b) || a - b)
  const limit = Math.min(maxMembers, Math.ceil(order.length / 2))
  tryPrefixes(search, order, limit)
  tryPrefixes(search, order.toReversed(), limit)
}

interface Search {
  readonly best: Split
  readonly feature: number
  readonly sums: BinSums
  readonly node: NodeSums
  readonly rules: CategoryRules
  readonly l2: number
}

const tryPrefixes = (search: Search, order: readonly number[], limit: number): void => {
  const { best, sums, node, rules, l2 } = search
  const parent = leafGain(node.gradient, node.hessian, rules.l2, node)
  let gradient = 0
  let hessian = 0
  let count = 0
  for (let size = 1; size <= limit; size++) {
    const bin = order[size - 1]!
    gradient += sums.gradient[bin]!
    hessian += sums.hessian[bin]!
    count += sums.count[bin]!
    if (count < rules.minSamplesLeaf || hessian < rules.minHessianLeaf) continue
    const rightHessian = node.hessian - hessian
    if (node.count - count < rules.minSamplesLeaf || rightHessian < rules.minHessianLeaf) break
    const gain =
      leafGain(gradient, hessian, l2, node) +
      leafGain(node.gradient - gradient, rightHessian, l2, node) -
      parent
    if (gain <= best.gain) continue
    best.gain = gain
    best.feature = search.feature
    best.bin = -1
    best.missingLeft = false
    best.members = order.slice(0, size)
    best.leftGradient = gradient
    best.leftHessian = hessian
    best.leftCount = count
  }
}
