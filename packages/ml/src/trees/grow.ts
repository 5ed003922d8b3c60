import { type BinnedTable, missingBin } from './bins.ts'
import { type CategoryRules, searchCategories } from './category-split.ts'
import { fillLanes, type LaneScale } from './fixed-point.ts'
import {
  createBinSums,
  type Histogram,
  HistogramArena,
  readBins,
  subtractHistogram,
} from './histogram.ts'
import { leafGain, leafValue, type NodeSums, noSplit, type Split, searchNumeric } from './split.ts'
import type { Tree, TreeNode } from './tree.ts'

export interface GrowRules extends CategoryRules {
  readonly maxLeaves: number
  readonly maxDepth: number
  readonly minGainToSplit: number
  /** By feature: 1 rising, -1 falling, 0 free. */
  readonly directions: readonly number[]
}

/** First and second derivatives of the loss by row. */
export interface Derivatives {
  readonly gradient: Float64Array
  /** Null when it is 1 in every row. */
  readonly hessian: Float64Array | null
}

/** A grown tree whose leaf `i` holds `rows[starts[i]..ends[i])` of the training table. */
export interface GrownTree {
  readonly tree: Tree
  readonly rows: Int32Array
  readonly starts: Int32Array
  readonly ends: Int32Array
}

/** A leaf while the tree grows. */
interface Leaf extends NodeSums {
  readonly start: number
  readonly end: number
  readonly depth: number
  readonly histogram: Histogram | null
  readonly split: Split
  readonly parent: number
  readonly isLeft: boolean
}

type Spot = Pick<Leaf, 'start' | 'end' | 'depth' | 'parent' | 'isLeft'>

/** Grows trees over one binned table, always splitting the leaf that gains most. */
export class TreeGrower {
  readonly #table: BinnedTable
  readonly #rules: GrowRules
  readonly #arena: HistogramArena
  readonly #scratch: Int32Array
  readonly #sums = createBinSums()
  #scale: LaneScale = { countUnit: 1, gradientUnit: 1, hessianUnit: 1 }
  #features: readonly number[] = []

  constructor(table: BinnedTable, rules: GrowRules) {
    this.#table = table
    this.#rules = rules
    const mostLeaves = Math.min(rules.maxLeaves, Math.ceil(table.rowCount / rules.minSamplesLeaf))
    this.#arena = new HistogramArena(table, mostLeaves + 1)
    this.#scratch = new Int32Array(table.rowCount)
  }

  /** Grows one tree on the given rows and features; leaf values carry no shrinkage. */
  grow(derivatives: Derivatives, sample: Int32Array, features: readonly number[]): GrownTree {
    const rows = this.#arena.rows.subarray(0, sample.length)
    rows.set(sample)
    this.#features = features
    this.#scale = fillLanes(this.#arena.lanes, rows, derivatives.gradient, derivatives.hessian)
    const nodes: TreeNode[] = []
    const leaves = [this.#root(rows)]
    while (leaves.length < this.#rules.maxLeaves) {
      const at = bestLeaf(leaves)
      if (at < 0) break
      const leaf = leaves[at]!
      const node = nodes.length
      nodes.push(this.#nodeOf(leaf.split))
      if (leaf.parent >= 0) nodes[leaf.parent]![leaf.isLeft ? 'left' : 'right'] = node
      const isLast = leaves.length + 1 >= this.#rules.maxLeaves
      const [left, right] = this.#divide(rows, leaf, node, isLast)
      leaves[at] = left
      leaves.push(right)
    }
    for (const [index, leaf] of leaves.entries()) {
      if (leaf.histogram) this.#arena.release(leaf.histogram)
      if (leaf.parent >= 0) nodes[leaf.parent]![leaf.isLeft ? 'left' : 'right'] = ~index
    }
    return {
      tree: { nodes, leaves: this.#values(rows, leaves, derivatives) },
      rows,
      starts: Int32Array.from(leaves, (leaf) => leaf.start),
      ends: Int32Array.from(leaves, (leaf) => leaf.end),
    }
  }

  #root(rows: Int32Array): Leaf {
    const histogram = this.#arena.build(0, rows.length)
    const spot = { start: 0, end: rows.length, depth: 0, parent: -1, isLeft: false }
    this.#read(histogram, 0, 0, missingBin + 1)
    const [gradient, hessian] = [sum(this.#sums.gradient), sum(this.#sums.hessian)]
    const sums = { gradient, hessian, count: rows.length, low: -Infinity, high: Infinity }
    return this.#leaf(sums, spot, histogram)
  }

  /** Leaf values: from the sums at hand when they are exact, else from unrounded derivatives. */
  #values(rows: Int32Array, leaves: readonly Leaf[], derivatives: Derivatives): Float64Array {
    return Float64Array.from(leaves, (leaf) => {
      const { gradient, hessian } = derivatives.hessian
        ? sumDerivatives(
            rows.subarray(leaf.start, leaf.end),
            derivatives.gradient,
            derivatives.hessian,
          )
        : leaf
      return leafValue(gradient, hessian, this.#rules.l2, leaf)
    })
  }

  #divide(rows: Int32Array, leaf: Leaf, node: number, isLast: boolean): [Leaf, Leaf] {
    const { split } = leaf
    const middle = this.#partition(rows, leaf)
    const [leftSums, rightSums] = childSums(leaf, this.#rules)
    const depth = leaf.depth + 1
    const left: Spot = { start: leaf.start, end: middle, depth, parent: node, isLeft: true }
    const right: Spot = { start: middle, end: leaf.end, depth, parent: node, isLeft: false }
    const parent = leaf.histogram
    if (!parent || isLast || depth >= this.#rules.maxDepth) {
      if (parent) this.#arena.release(parent)
      return [this.#leaf(leftSums, left, null), this.#leaf(rightSums, right, null)]
    }
    const leftIsSmaller = split.leftCount * 2 <= leaf.count
    const { start, end } = leftIsSmaller ? left : right
    const smaller = this.#arena.build(start, end)
    subtractHistogram(parent, smaller)
    return [
      this.#leaf(leftSums, left, leftIsSmaller ? smaller : parent),
      this.#leaf(rightSums, right, leftIsSmaller ? parent : smaller),
    ]
  }

  #leaf(sums: NodeSums, spot: Spot, histogram: Histogram | null): Leaf {
    const split = noSplit()
    if (histogram && sums.count >= 2 * this.#rules.minSamplesLeaf) {
      const noise = 1e-12 * leafGain(sums.gradient, sums.hessian, this.#rules.l2, sums)
      split.gain = Math.max(this.#rules.minGainToSplit, noise)
      for (const feature of this.#features) this.#search(split, feature, histogram, sums)
    }
    return { ...sums, ...spot, histogram, split }
  }

  #search(best: Split, index: number, histogram: Histogram, node: NodeSums): void {
    const { kind, binCount } = this.#table.features[index]!
    this.#read(histogram, index, 0, binCount)
    this.#read(histogram, index, missingBin, missingBin + 1)
    if (kind === 'categorical') {
      searchCategories(best, { index, binCount }, this.#sums, node, this.#rules)
    } else {
      const direction = this.#rules.directions[index] ?? 0
      searchNumeric(best, { index, binCount, direction }, this.#sums, node, this.#rules)
    }
  }

  #read(histogram: Histogram, feature: number, from: number, to: number): void {
    readBins(this.#sums, histogram, { feature, from, to }, this.#scale)
  }

  /** Moves the rows that go left to the front, keeping the order on both sides. */
  #partition(rows: Int32Array, leaf: Leaf): number {
    const goesLeft = this.#leftBins(leaf.split)
    const bins = this.#table.columns[leaf.split.feature]!
    const scratch = this.#scratch
    let left = leaf.start
    let right = 0
    for (let i = leaf.start; i < leaf.end; i++) {
      const row = rows[i]!
      const isLeft = goesLeft[bins[row]!]!
      rows[left] = row
      scratch[right] = row
      left += isLeft
      right += 1 - isLeft
    }
    rows.set(scratch.subarray(0, right), left)
    return left
  }

  #leftBins(split: Split): Uint8Array {
    const goesLeft = new Uint8Array(missingBin + 1)
    if (split.bin >= 0) goesLeft.fill(1, 0, split.bin + 1)
    for (const bin of split.members) goesLeft[bin] = 1
    goesLeft[missingBin] = Number(split.missingLeft)
    return goesLeft
  }

  #nodeOf(split: Split): TreeNode {
    const bins = this.#table.features[split.feature]!
    const common = { feature: split.feature, gain: split.gain, left: 0, right: 0 }
    if (bins.kind === 'categorical') {
      const members = split.members.map((bin) => bins.codes[bin]!).sort((a, b) => a - b)
      return { ...common, kind: 'categorical', members }
    }
    const threshold = bins.cuts[split.bin] ?? Number.MAX_VALUE
    return { ...common, kind: 'numeric', threshold, missingLeft: split.missingLeft }
  }
}

const sumDerivatives = (
  rows: Int32Array,
  gradient: Float64Array,
  hessian: Float64Array,
): { readonly gradient: number; readonly hessian: number } => {
  let [gradients, hessians] = [0, 0]
  for (let i = 0; i < rows.length; i++) {
    gradients += gradient[rows[i]!]!
    hessians += hessian[rows[i]!]!
  }
  return { gradient: gradients, hessian: hessians }
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0)

/** The leaf to split next: the largest gain, the earliest of equals; -1 when none can be split. */
const bestLeaf = (leaves: readonly Leaf[]): number => {
  let best = -1
  let gain = 0
  for (const [index, leaf] of leaves.entries()) {
    if (leaf.split.feature < 0 || leaf.split.gain <= gain) continue
    best = index
    gain = leaf.split.gain
  }
  return best
}

/** Sums of the two children; a monotone split parts their ranges at the middle of their values. */
const childSums = (leaf: Leaf, rules: GrowRules): [NodeSums, NodeSums] => {
  const { split, low, high } = leaf
  const gradient = split.leftGradient
  const hessian = split.leftHessian
  const left = { gradient, hessian, count: split.leftCount, low, high }
  const right = {
    gradient: leaf.gradient - gradient,
    hessian: leaf.hessian - hessian,
    count: leaf.count - split.leftCount,
    low,
    high,
  }
  const direction = rules.directions[split.feature] ?? 0
  if (direction === 0) return [left, right]
  const middle =
    (leafValue(left.gradient, left.hessian, rules.l2, leaf) +
      leafValue(right.gradient, right.hessian, rules.l2, leaf)) /
    2
  return direction > 0
    ? [
        { ...left, high: middle },
        { ...right, low: middle },
      ]
    : [
        { ...left, low: middle },
        { ...right, high: middle },
      ]
}
