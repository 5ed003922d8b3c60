import { missingBin } from './bins.ts'
import type { BinSums } from './histogram.ts'

/** Sums over the rows of a node, and the range its value may take under monotone constraints. */
export interface NodeSums {
  readonly gradient: number
  readonly hessian: number
  readonly count: number
  readonly low: number
  readonly high: number
}

/** What a split must respect. */
export interface SplitRules {
  readonly l2: number
  readonly minSamplesLeaf: number
  readonly minHessianLeaf: number
}

/** The best split of a node found so far; written in place while features are searched. */
export interface Split {
  gain: number
  feature: number
  /** Numeric: the last bin that goes left; -1 for a categorical split. */
  bin: number
  missingLeft: boolean
  /** Categorical: the bins that go left. */
  members: readonly number[]
  leftGradient: number
  leftHessian: number
  leftCount: number
}

/** A split that is worse than any. */
export const noSplit = (): Split => ({
  gain: 0,
  feature: -1,
  bin: -1,
  missingLeft: false,
  members: [],
  leftGradient: 0,
  leftHessian: 0,
  leftCount: 0,
})

/** The value of a leaf before shrinkage: a Newton step, held inside the node's range. */
export const leafValue = (gradient: number, hessian: number, l2: number, node: Range): number => {
  const curvature = hessian + l2
  // Rows that are predicted to the last bit have neither slope nor curvature.
  const step = curvature > 0 ? -gradient / curvature : 0
  return Math.min(node.high, Math.max(node.low, step))
}

interface Range {
  readonly low: number
  readonly high: number
}

/** By how much a leaf of this value lowers the loss (twice, to second order). */
export const leafGain = (gradient: number, hessian: number, l2: number, node: Range): number => {
  const value = leafValue(gradient, hessian, l2, node)
  return -(2 * gradient + (hessian + l2) * value) * value
}

/**
 * Looks at every cut of one numeric feature, with missing values sent to either side, and keeps
 * the best in `best`. `direction` is the monotone constraint: the left value must not exceed the
 * right one (+1), or not fall below it (-1).
 * The gain is that of XGBoost (Chen and Guestrin 2016, equation 7) without the factor 1/2.
 */
export const searchNumeric = (
  best: Split,
  feature: { readonly index: number; readonly binCount: number; readonly direction: number },
  sums: BinSums,
  node: NodeSums,
  rules: SplitRules,
): void => {
  const missing = sums.count[missingBin]!
  scan(best, feature, sums, node, rules, false)
  if (missing > 0) scan(best, feature, sums, node, rules, true)
}

const scan = (
  best: Split,
  feature: { readonly index: number; readonly binCount: number; readonly direction: number },
  sums: BinSums,
  node: NodeSums,
  rules: SplitRules,
  missingLeft: boolean,
): void => {
  const { l2, minSamplesLeaf, minHessianLeaf } = rules
  const free = feature.direction === 0 && node.low === -Infinity && node.high === Infinity
  const parent = leafGain(node.gradient, node.hessian, l2, node)
  const hasMissing = sums.count[missingBin]! > 0
  let gradient = missingLeft ? sums.gradient[missingBin]! : 0
  let hessian = missingLeft ? sums.hessian[missingBin]! : 0
  let count = missingLeft ? sums.count[missingBin]! : 0
  const last = hasMissing && !missingLeft ? feature.binCount : feature.binCount - 1
  for (let bin = 0; bin < last; bin++) {
    gradient += sums.gradient[bin]!
    hessian += sums.hessian[bin]!
    count += sums.count[bin]!
    if (count < minSamplesLeaf || hessian < minHessianLeaf) continue
    const rightHessian = node.hessian - hessian
    if (node.count - count < minSamplesLeaf || rightHessian < minHessianLeaf) break
    if (sums.count[bin] === 0) continue
    const rightGradient = node.gradient - gradient
    const gain =
      (free
        ? (gradient * gradient) / (hessian + l2) +
          (rightGradient * rightGradient) / (rightHessian + l2)
        : boundedGain(
            gradient,
            hessian,
            rightGradient,
            rightHessian,
            l2,
            node,
            feature.direction,
          )) - parent
    if (gain <= best.gain) continue
    best.gain = gain
    best.feature = feature.index
    best.bin = bin
    best.missingLeft = hasMissing ? missingLeft : count * 2 >= node.count
    best.members = []
    best.leftGradient = gradient
    best.leftHessian = hessian
    best.leftCount = count
  }
}

const boundedGain = (
  leftGradient: number,
  leftHessian: number,
  rightGradient: number,
  rightHessian: number,
  l2: number,
  node: Range,
  direction: number,
): number => {
  if (direction !== 0) {
    const left = leafValue(leftGradient, leftHessian, l2, node)
    const right = leafValue(rightGradient, rightHessian, l2, node)
    if ((right - left) * direction < 0) return -Infinity
  }
  return (
    leafGain(leftGradient, leftHessian, l2, node) + leafGain(rightGradient, rightHessian, l2, node)
  )
}
