import { type WasmMemory, webAssembly } from '../trees/web-assembly.ts'
import type { Forest } from './forest.ts'
import {
  instantiateWalk,
  type LaneType,
  type LaneWalk,
  lanes,
  nodeBytes,
  nodeParts,
  treeBytes,
} from './lane-walk.ts'
import { atMost, below } from './rounding.ts'

/** Rows that are walked at a time: they and the leaves of a tree stay in the first-level cache. */
export const blockRows = 64
/** From so many rows on, walking each tree with eight rows is quicker than each row with eight trees. */
const fewRows = 4

/** A node as the walks take it. */
interface Compared {
  readonly split: number
  /** Where NaN must pass `value <= split`, it reads a copy of the row in which NaN is the smallest number. */
  readonly twin: boolean
  readonly whenAtMost: number
  readonly whenOther: number
}

/** A forest in the memory of a WebAssembly module, with room for a block of rows. */
export class PackedForest {
  readonly type: LaneType
  /** Steps of all walks of a row. */
  readonly steps: number
  /** The block: `stride` values a row, of which the caller fills the first `features`. */
  readonly cells: Float32Array | Float64Array
  readonly stride: number
  readonly #memory: WasmMemory
  readonly #walk: LaneWalk
  readonly #trees: number
  readonly #places: Places
  readonly #features: number
  readonly #hasTwins: boolean
  readonly #leafOfNode: Int32Array
  readonly #leaves: Int32Array

  private constructor(forest: Forest, compared: readonly Compared[], type: LaneType) {
    this.type = type
    this.#features = forest.features
    this.#hasTwins = compared.some(({ twin }) => twin)
    this.stride = forest.features * (this.#hasTwins ? 2 : 1)
    this.#trees = forest.roots.length
    this.#places = placesOf(forest, this.stride * bytesOf(type))
    this.#memory = new webAssembly.Memory({
      initial: Math.ceil(this.#places.end / 65_536),
      maximum: Math.ceil(this.#places.end / 65_536),
    })
    this.#walk = instantiateWalk(this.#memory, type)
    const { buffer } = this.#memory
    const Cells = type === 'float32' ? Float32Array : Float64Array
    this.cells = new Cells(buffer, this.#places.rows, blockRows * this.stride)
    this.#leaves = new Int32Array(buffer, this.#places.leaves, this.#places.walks)
    this.#leafOfNode = new Int32Array(this.#places.nodes)
    this.steps = this.#write(forest, compared)
  }

  /** Undefined for a forest whose tests are not all comparisons, or of which some trees are far deeper than others. */
  static of(forest: Forest, type: LaneType): PackedForest | undefined {
    const compared: Compared[] = []
    for (let node = 0; node < forest.feature.length; node++) {
      const each = comparedNode(forest, node, type)
      if (!each) return undefined
      compared.push(each)
    }
    return new PackedForest(forest, compared, type)
  }

  /**
   * Walks the first rows of the block. The leaf of a tree and row stands at `tree * span + row`.
   * @returns the leaves, valid until the next call, and the span
   */
  walk(rows: number): { readonly leaves: Int32Array; readonly span: number } {
    if (this.#hasTwins) this.#fillTwins(rows)
    const { trees, treesEnd, rows: at, leaves } = this.#places
    const rowBytes = this.stride * bytesOf(this.type)
    const span = rows < fewRows ? 1 : Math.ceil(rows / lanes) * lanes
    if (span > 1) {
      this.#walk.rows(
        at,
        at + span * rowBytes,
        rowBytes,
        trees,
        trees + this.#trees * treeBytes,
        leaves,
      )
      this.#number(this.#trees * span)
      return { leaves: this.#leaves, span }
    }
    return { leaves: this.#walkFew(rows, treesEnd), span: rows }
  }

  #walkFew(rows: number, treesEnd: number): Int32Array {
    const { trees, rows: at, leaves, padded } = this.#places
    const rowBytes = this.stride * bytesOf(this.type)
    for (let row = 0; row < rows; row++) {
      this.#walk.trees(at + row * rowBytes, trees, treesEnd, leaves + 4 * padded * row)
    }
    this.#number(padded * rows)
    if (rows === 1) return this.#leaves
    const turned = new Int32Array(this.#trees * rows)
    for (let tree = 0; tree < this.#trees; tree++) {
      for (let row = 0; row < rows; row++)
        turned[tree * rows + row] = this.#leaves[row * padded + tree]!
    }
    return turned
  }

  /** Numbers of leaves instead of addresses. */
  #number(count: number): void {
    const [leaves, leafOfNode, base] = [this.#leaves, this.#leafOfNode, this.#places.firstNode]
    for (let i = 0; i < count; i++) leaves[i] = leafOfNode[(leaves[i]! - base) >>> 4]!
  }

  #fillTwins(rows: number): void {
    const [cells, features, stride] = [this.cells, this.#features, this.stride]
    for (let row = 0; row < rows; row++) {
      for (let i = row * stride; i < row * stride + features; i++) {
        const value = cells[i]!
        cells[i + features] = Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value
      }
    }
  }

  /** Writes nodes and trees; answers the steps of all trees. */
  #write(forest: Forest, compared: readonly Compared[]): number {
    const { firstNode, trees, padded } = this.#places
    const words = new Int32Array(this.#memory.buffer)
    const writer = new NodeWriter(new DataView(this.#memory.buffer), this.type)
    let next = firstNode
    let steps = 0
    for (let tree = 0; tree < padded; tree++) {
      const record = (trees + tree * treeBytes) >> 2
      const root = next
      next += nodeBytes
      let depth = 1
      if (tree < forest.roots.length) {
        // Places, addresses and levels of the nodes of a tree, breadth first.
        const waiting = [forest.roots[tree]!, root, 0]
        for (let i = 0; i < waiting.length; i += 3) {
          const [place, at, level] = [waiting[i]!, waiting[i + 1]!, waiting[i + 2]!]
          depth = Math.max(depth, level)
          if (place < 0) {
            writer.leaf(at)
            this.#leafOfNode[(at - firstNode) >>> 4] = ~place
            continue
          }
          const { split, twin, whenAtMost, whenOther } = compared[place]!
          const column = forest.feature[place]! + (twin ? forest.features : 0)
          writer.node(at, { split, column: column * bytesOf(this.type), next })
          waiting.push(whenOther, next, level + 1)
          waiting.push(whenAtMost, next + nodeBytes, level + 1)
          next += 2 * nodeBytes
        }
        steps += depth
      } else writer.leaf(root)
      words[record] = root
      words[record + 1] = depth
    }
    this.#groupDepths(words)
    return steps
  }

  #groupDepths(words: Int32Array): void {
    const { trees, padded } = this.#places
    for (let first = 0; first < padded; first += lanes) {
      let most = 1
      for (let tree = first; tree < first + lanes; tree++) {
        most = Math.max(most, words[((trees + tree * treeBytes) >> 2) + 1]!)
      }
      words[((trees + first * treeBytes) >> 2) + 2] = most
    }
  }
}

/** Addresses in the memory. */
interface Places {
  readonly trees: number
  readonly treesEnd: number
  readonly firstNode: number
  readonly rows: number
  readonly leaves: number
  readonly end: number
  /** Trees with those that fill up the last eight. */
  readonly padded: number
  readonly nodes: number
  /** Leaves that there is room for. */
  readonly walks: number
}

function placesOf(forest: Forest, rowBytes: number): Places {
  const padded = Math.ceil(forest.roots.length / lanes) * lanes
  const nodes = 2 * forest.feature.length + padded
  const trees = 16
  const treesEnd = trees + padded * treeBytes
  const firstNode = treesEnd
  const rows = firstNode + nodes * nodeBytes
  const leaves = rows + Math.ceil((blockRows * rowBytes) / 16) * 16
  const walks = padded * blockRows
  return { trees, treesEnd, firstNode, rows, leaves, end: leaves + 4 * walks, padded, nodes, walks }
}

const bytesOf = (type: LaneType): number => (type === 'float32' ? 4 : 8)

class NodeWriter {
  readonly #view: DataView
  readonly #type: LaneType

  constructor(view: DataView, type: LaneType) {
    this.#view = view
    this.#type = type
  }

  node(
    at: number,
    node: { readonly split: number; readonly column: number; readonly next: number },
  ): void {
    const { column, next } = nodeParts[this.#type]
    if (this.#type === 'float32') this.#view.setFloat32(at, node.split, true)
    else this.#view.setFloat64(at, node.split, true)
    this.#view.setInt32(at + column, node.column, true)
    this.#view.setInt32(at + next, node.next, true)
  }

  /** Nothing is at most NaN, so a leaf always leads to itself. */
  leaf(at: number): void {
    this.node(at, { split: Number.NaN, column: 0, next: at })
  }
}

/** A test as `value <= split`; undefined where it is none. */
function comparedNode(forest: Forest, node: number, type: LaneType): Compared | undefined {
  const [test, bound] = [forest.test[node]!, forest.split[node]!]
  if (test > 3) return undefined
  const isStrict = test === 1 || test === 2
  const split = isStrict ? below(bound, type) : atMost(bound, type)
  if (Number.isNaN(split)) return undefined
  // `>` and `>=` are the complements of `<=` and `<`, of which NaN then takes the other side.
  const isTurned = test > 1
  const [whenTrue, whenFalse] = [forest.whenTrue[node]!, forest.whenFalse[node]!]
  return {
    split,
    twin: (forest.missingTrue[node] === 1) !== isTurned,
    whenAtMost: isTurned ? whenFalse : whenTrue,
    whenOther: isTurned ? whenTrue : whenFalse,
  }
}
