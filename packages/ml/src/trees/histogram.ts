import { MlError } from '../ml-error.ts'
import { type BinnedTable, binSlots } from './bins.ts'
import type { LaneScale } from './fixed-point.ts'
import {
  blockBytes,
  type HistogramKernel,
  instantiateKernel,
  paddedRowBytes,
  slotBytes,
} from './histogram-kernel.ts'
import { webAssembly } from './web-assembly.ts'

/** Sums over the rows of a node: the two lanes of bin `b` of feature `f` from `(f * 256 + b) * 2`. */
export type Histogram = Float64Array

const pageBytes = 2 ** 16
const maxPages = 2 ** 16

/** The memory of one fit, shared with the kernel: bins, lanes, row numbers and histograms. */
export class HistogramArena {
  /** By row, two lanes. */
  readonly lanes: Float64Array
  /** Row numbers, grouped by node while a tree grows. */
  readonly rows: Int32Array
  readonly #kernel: HistogramKernel
  readonly #rowBytes: number
  readonly #words: number
  readonly #block: number
  readonly #free: Histogram[] = []

  /** @throws MlError when the fit needs more than the 4 GiB that a kernel can address. */
  constructor(table: BinnedTable, histogramCount: number) {
    this.#rowBytes = table.wordsPerRow * 4
    const size = table.wordsPerRow * 4 * binSlots * 2
    const sizes = {
      lanes: table.rowCount * slotBytes,
      block: blockBytes(this.#rowBytes),
      histograms: histogramCount * size * 8,
      rows: table.rowCount * 4,
      words: table.rowCount * this.#rowBytes + paddedRowBytes(this.#rowBytes),
    }
    const pages = Math.ceil(Object.values(sizes).reduce((sum, bytes) => sum + bytes) / pageBytes)
    if (pages > maxPages) {
      throw new MlError(
        'unsupported',
        `the fit needs ${Math.ceil(pages / 16_384)} GiB of working memory, at most 4 are possible`,
        "use fewer rows or features, or a lower 'maxLeaves'",
      )
    }
    const memory = new webAssembly.Memory({ initial: pages, maximum: pages })
    this.#block = sizes.lanes
    const histograms = this.#block + sizes.block
    const rows = histograms + sizes.histograms
    this.#words = rows + sizes.rows
    this.lanes = new Float64Array(memory.buffer, 0, table.rowCount * 2)
    this.rows = new Int32Array(memory.buffer, rows, table.rowCount)
    new Uint32Array(memory.buffer, this.#words, table.words.length).set(table.words)
    for (let i = 0; i < histogramCount; i++) {
      this.#free.push(new Float64Array(memory.buffer, histograms + i * size * 8, size))
    }
    this.#kernel = instantiateKernel(memory)
  }

  /** A histogram of the rows `rows[start..end)`, of which there is at least one. */
  build(start: number, end: number): Histogram {
    const histogram = this.#free.pop()
    if (!histogram) throw new RangeError('more histograms in use than were reserved')
    histogram.fill(0)
    const rows = this.rows.byteOffset
    const { byteOffset: to } = histogram
    const [from, until] = [rows + start * 4, rows + end * 4]
    this.#kernel.add(to, this.#words, this.#rowBytes, from, until, 0, this.#block)
    return histogram
  }

  /** Gives a histogram back for reuse. */
  release(histogram: Histogram): void {
    this.#free.push(histogram)
  }
}

/** Turns the histogram of a parent into that of one child, given the other child's. */
export const subtractHistogram = (parent: Histogram, child: Histogram): void => {
  for (let i = 0; i < parent.length; i++) parent[i]! -= child[i]!
}

/** One feature's sums by bin, unpacked from the lanes. */
export interface BinSums {
  readonly gradient: Float64Array
  readonly hessian: Float64Array
  readonly count: Float64Array
}

/** Room for one feature's sums. */
export const createBinSums = (): BinSums => ({
  gradient: new Float64Array(binSlots),
  hessian: new Float64Array(binSlots),
  count: new Float64Array(binSlots),
})

/** Reads bins `from..to` of one feature. */
export const readBins = (
  sums: BinSums,
  histogram: Histogram,
  at: { readonly feature: number; readonly from: number; readonly to: number },
  scale: LaneScale,
): void => {
  const { gradient, hessian, count } = sums
  const { countUnit, gradientUnit, hessianUnit } = scale
  const perCountUnit = 1 / countUnit
  for (let bin = at.from, slot = (at.feature * binSlots + at.from) * 2; bin < at.to; bin++) {
    const packed = histogram[slot + 1]!
    const units = Math.floor(packed * perCountUnit)
    gradient[bin] = histogram[slot]! * gradientUnit
    hessian[bin] = units * hessianUnit
    count[bin] = packed - units * countUnit
    slot += 2
  }
}
