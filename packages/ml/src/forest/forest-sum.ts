import { MlError } from '../ml-error.ts'
import { checkForest, type Forest } from './forest.ts'
import type { LaneType } from './lane-walk.ts'
import { blockRows, PackedForest } from './packed-forest.ts'
import { leafOf } from './walk-row.ts'

export type Aggregate = 'sum' | 'mean' | 'min' | 'max'

/** A column of rows: its value in a row stands at `row * stride + at`. */
export interface Column {
  readonly values: ArrayLike<number>
  readonly stride: number
  readonly at: number
}

/** Walks of which trees differ so much in depth that most steps would be spent at leaves. */
const mostWaste = 8
/** Nanoseconds of a step, of a tree, and of a node where walks go one by one. */
const costNs = { step: 1.1, tree: 2, node: 7 }

/** What the trees of a forest give rows, added up tree by tree in their order and in the forest's precision. */
export class ForestSum {
  /** Whether every row gets the score, or none. */
  readonly isGiven: readonly boolean[]
  /** Roughly, on one core. */
  readonly costPerRowUs: number
  readonly #forest: Forest
  readonly #aggregate: Aggregate
  readonly #packed: PackedForest | undefined
  readonly #plain: Float64Array
  /** By leaf, where each has one weight: its score and value. */
  readonly #single: { readonly target: Int32Array; readonly value: Float64Array } | undefined

  /**
   * @param cells the type that holds every value of the rows exactly
   * @throws MlError for a forest whose walks might not end, or that gives a score to some rows only
   */
  constructor(forest: Forest, aggregate: Aggregate, cells: LaneType) {
    const { isShared } = checkForest(forest)
    this.#forest = forest
    this.#aggregate = aggregate
    const { isGiven, visits } = givenScores(forest)
    this.isGiven = isGiven
    const { feature, roots } = forest
    const usual = roots.length * Math.log2(2 + feature.length / roots.length)
    // The walks in lanes need trees: a shared branch would be written once for each way to it.
    const packed = isShared ? undefined : PackedForest.of(forest, cells)
    this.#packed = packed && packed.steps <= mostWaste * usual ? packed : undefined
    this.#plain = new Float64Array(this.#packed ? 0 : forest.features)
    this.#single = singleWeights(forest)
    const ns = this.#packed ? this.#packed.steps * costNs.step : visits * costNs.node
    const weights = Math.max(1, forest.weight.length / Math.max(1, forest.weightStart.length - 1))
    this.costPerRowUs = (ns + roots.length * costNs.tree * weights) / 1000
  }

  /** Scores by row and target, in an array of the forest's precision. */
  compute(columns: readonly Column[], rows: number): Float32Array | Float64Array {
    const { precision, targets } = this.#forest
    const scores = new (precision === 'float32' ? Float32Array : Float64Array)(rows * targets)
    const first = { sum: 0, mean: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY }
    if (first[this.#aggregate] !== 0) {
      for (let i = 0; i < scores.length; i++) {
        scores[i] = this.isGiven[i % targets] ? first[this.#aggregate] : 0
      }
    }
    if (this.#packed) this.#computePacked(this.#packed, { columns, rows, scores })
    else this.#computePlain({ columns, rows, scores })
    if (this.#aggregate === 'mean') {
      const trees = this.#forest.roots.length
      for (let i = 0; i < scores.length; i++) scores[i] = scores[i]! / trees
    }
    return scores
  }

  #computePacked(packed: PackedForest, { columns, rows, scores }: Work): void {
    const { targets } = this.#forest
    for (let from = 0; from < rows; from += blockRows) {
      const count = Math.min(blockRows, rows - from)
      fill(packed, columns, { from, count })
      const { leaves, span } = packed.walk(count)
      const part = scores.subarray(from * targets, (from + count) * targets)
      if (this.#single && (this.#aggregate === 'sum' || this.#aggregate === 'mean')) {
        this.#addSingle(this.#single, { leaves, span, scores: part })
      } else this.#addWeights({ leaves, span, scores: part })
    }
  }

  #computePlain({ columns, rows, scores }: Work): void {
    const { roots, targets } = this.#forest
    const values = this.#plain
    const leaves = new Int32Array(roots.length)
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < values.length; i++) {
        const { values: from, stride, at } = columns[i]!
        values[i] = from[row * stride + at]!
      }
      for (let tree = 0; tree < roots.length; tree++) {
        leaves[tree] = leafOf(this.#forest, roots[tree]!, { values, at: 0 })
      }
      const part = scores.subarray(row * targets, (row + 1) * targets)
      this.#addWeights({ leaves, span: 1, scores: part })
    }
  }

  #addSingle({ target, value }: Single, { leaves, span, scores }: Walked): void {
    const { targets, roots } = this.#forest
    const rows = scores.length / targets
    for (let tree = 0; tree < roots.length; tree++) {
      for (let row = 0; row < rows; row++) {
        const leaf = leaves[tree * span + row]!
        const at = row * targets + target[leaf]!
        scores[at] = scores[at]! + value[leaf]!
      }
    }
  }

  #addWeights({ leaves, span, scores }: Walked): void {
    const { targets, roots, weightStart, weightTarget, weight } = this.#forest
    const rows = scores.length / targets
    const aggregate = this.#aggregate
    for (let tree = 0; tree < roots.length; tree++) {
      for (let row = 0; row < rows; row++) {
        const leaf = leaves[tree * span + row]!
        for (let i = weightStart[leaf]!; i < weightStart[leaf + 1]!; i++) {
          const at = row * targets + weightTarget[i]!
          const [old, value] = [scores[at]!, weight[i]!]
          if (aggregate === 'min') scores[at] = value < old ? value : old
          else if (aggregate === 'max') scores[at] = value > old ? value : old
          else scores[at] = old + value
        }
      }
    }
  }
}

type Single = { readonly target: Int32Array; readonly value: Float64Array }

interface Work {
  readonly columns: readonly Column[]
  readonly rows: number
  readonly scores: Float32Array | Float64Array
}

interface Walked {
  readonly leaves: Int32Array
  readonly span: number
  readonly scores: Float32Array | Float64Array
}

/** Copies rows into the block of a forest. */
function fill(
  { cells, stride: width }: PackedForest,
  columns: readonly Column[],
  { from, count }: { readonly from: number; readonly count: number },
): void {
  for (let i = 0; i < columns.length; i++) {
    const { values, stride, at } = columns[i]!
    let source = from * stride + at
    for (let to = i; to < count * width; to += width) {
      cells[to] = values[source]!
      source += stride
    }
  }
}

function singleWeights({ weightStart, weightTarget, weight }: Forest): Single | undefined {
  if (weight.length !== weightStart.length - 1) return undefined
  for (let leaf = 0; leaf < weightStart.length; leaf++) {
    if (weightStart[leaf] !== leaf) return undefined
  }
  return { target: weightTarget, value: weight }
}

/** Nodes that walks of all trees could meet, at most: small files can share branches among many trees. */
const mostVisits = 1 << 24

/** A score that a leaf of some tree always gives is given to every row; one that none gives, to none. */
function givenScores(forest: Forest): {
  readonly isGiven: readonly boolean[]
  readonly visits: number
} {
  const { targets, roots, whenTrue, whenFalse, weightStart, weightTarget } = forest
  const always = Array<boolean>(targets).fill(false)
  const ever = Array<boolean>(targets).fill(false)
  const counts = new Int32Array(targets)
  const last = new Int32Array(targets)
  const seen = new Int32Array(whenTrue.length).fill(-1)
  let leaves = 0
  let visits = 0
  for (const [tree, root] of roots.entries()) {
    counts.fill(0)
    let ofTree = 0
    const waiting = [root]
    for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
      if (++visits > mostVisits) throw unsupported('whose trees share too many branches')
      if (place >= 0) {
        if (seen[place] !== tree) waiting.push(whenTrue[place]!, whenFalse[place]!)
        seen[place] = tree
        continue
      }
      ofTree++
      leaves++
      for (let i = weightStart[~place]!; i < weightStart[~place + 1]!; i++) {
        const target = weightTarget[i]!
        ever[target] = true
        // A leaf that gives a score twice gives it once.
        if (last[target] !== leaves) counts[target]!++
        last[target] = leaves
      }
    }
    counts.forEach((count, target) => {
      if (count === ofTree) always[target] = true
    })
  }
  if (ever.some((given, target) => given !== always[target])) {
    throw unsupported('that gives a score to some rows only')
  }
  return { isGiven: always, visits }
}

const unsupported = (what: string): MlError =>
  new MlError('unsupported', `a forest ${what}`, 'serve it on onnxruntime')
