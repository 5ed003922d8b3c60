import type { LoadedModel, ModelRuntime, Tensors } from '../../runtime/index.ts'
import type { ReadTrees } from './explain-messages.ts'
import type { ExplainThread } from './explain-thread-client.ts'
import { joined, type MixedRow, RowMixer } from './features.ts'
import {
  appliedTerms,
  type ExplainedOutput,
  findScoreLink,
  gapBetween,
  linked,
  type ScoreLink,
} from './links.ts'
import type { Background, Explanation } from './model.ts'

export interface ExplainedRows {
  readonly features: RowMixer['features']
  readonly rows: number
  readonly inputs: Tensors
  readonly background: Background
  /** Of the rows, then of the background rows. */
  readonly output: ExplainedOutput
  readonly budgetMs: number
}

/** What an explainer finds out; the rest of an explanation is the same for all. */
export type Found = Pick<
  Explanation,
  'method' | 'exact' | 'link' | 'values' | 'scores' | 'residual' | 'standardError' | 'evaluations'
> & { readonly bases: readonly number[]; readonly backgroundRows: number }

/** Rows on which it is seen which feature of the trees comes from which of the model. */
const probedBackground = 4
const probedRows = 4
const nobody = -1

/**
 * Exact interventional TreeSHAP of a model whose graph holds one tree ensemble. The features that the trees see are read
 * from the runtime itself, so preprocessing before them needs no understanding; what comes after them is found by holding
 * the scores of the trees against the model's answers. Where either fails, there is no explanation from here.
 */
export class TreeExplainer implements AsyncDisposable {
  readonly #thread: ExplainThread
  readonly #number: number
  readonly #read: ReadTrees
  /** The model with the features of its trees as one more output. */
  readonly #exposed: LoadedModel
  #generation: number

  private constructor(
    thread: ExplainThread,
    number: number,
    opened: { readonly read: ReadTrees; readonly exposed: LoadedModel },
  ) {
    this.#thread = thread
    this.#number = number
    this.#read = opened.read
    this.#exposed = opened.exposed
    this.#generation = thread.generation
  }

  /** Undefined where the model has no trees that are understood. */
  static async open(
    deps: { readonly thread: ExplainThread; readonly runtime: ModelRuntime },
    number: number,
    source: string | Uint8Array,
  ): Promise<TreeExplainer | undefined> {
    const read = await deps.thread.read(number, source)
    if (!read) return undefined
    const exposed = await deps.runtime.load(read.exposed).catch(() => undefined)
    if (!exposed) return undefined
    return new TreeExplainer(deps.thread, number, { read, exposed })
  }

  /** False once the thread has lost what it knew of the model. */
  get isAlive(): boolean {
    return this.#generation === this.#thread.generation
  }

  async explain(asked: ExplainedRows): Promise<Found | undefined> {
    const { features, rows, inputs, background, output } = asked
    const seen = await this.#seenByTrees(joined(inputs, background.tensors))
    const total = rows + background.rows
    const width = seen.length / total
    const players = await this.#players(asked, { seen, width })
    if (!players) return undefined
    const found = await this.#thread.explain(this.#number, {
      width,
      rows: seen.slice(0, rows * width),
      background: seen.slice(rows * width),
      players,
      playerCount: features.length + 1,
      budgetMs: asked.budgetMs,
    })
    const scores = {
      targets: found.scores,
      data: Float64Array.of(...found.rowScores, ...found.backgroundScores),
    }
    const link = findScoreLink(scores, output)
    if (!link) return undefined
    return this.#summed(asked, { ...found, link })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread.forget(this.#number).catch(() => undefined)
    await this.#exposed.close()
  }

  async #seenByTrees(tensors: Tensors): Promise<Float64Array> {
    const { input } = this.#read
    const outputs = await this.#exposed.run(tensors, [input])
    return Float64Array.from(outputs[input]!.data as ArrayLike<number>, Number)
  }

  /**
   * The feature of the model that each feature of the trees follows; `features.length` for those that never change here.
   * Undefined where one follows several.
   */
  async #players(
    { features, rows, inputs, background }: ExplainedRows,
    { seen, width }: { readonly seen: Float64Array; readonly width: number },
  ): Promise<Int32Array | undefined> {
    const mixer = new RowMixer(features, inputs, background.tensors)
    const probes: MixedRow[] = []
    for (let row = 0; row < Math.min(rows, probedRows); row++) {
      for (let other = 0; other < Math.min(background.rows, probedBackground); other++) {
        for (let i = 0; i < features.length; i++) {
          const mask = new Uint8Array(features.length)
          mask[i] = 1
          probes.push({ row, background: other, mask })
        }
      }
    }
    const probed = await this.#seenByTrees(mixer.mixed(probes))
    const owners = new Int32Array(width).fill(nobody)
    for (const [p, { background: other, mask }] of probes.entries()) {
      const owner = mask.indexOf(1)
      for (let j = 0; j < width; j++) {
        if (Object.is(probed[p * width + j], seen[(rows + other) * width + j])) continue
        if (owners[j] !== nobody && owners[j] !== owner) return undefined
        owners[j] = owner
      }
    }
    for (let j = 0; j < width; j++) {
      if (owners[j] !== nobody) continue
      if (isConstant(seen, j, width)) owners[j] = features.length
      // With one feature of each, whatever changes is that one; else which it follows was not seen.
      else if (width === features.length) owners[j] = j
      else return undefined
    }
    return owners
  }

  /** Values of players as values of features, by target of the answer. */
  #summed(
    { features, rows, output }: ExplainedRows,
    found: Awaited<ReturnType<ExplainThread['explain']>> & { readonly link: ScoreLink },
  ): Found | undefined {
    const { link, values, scores: count, backgroundRows } = found
    const targets = link.terms.length
    const playerCount = features.length + 1
    const all = new Float64Array(rows * targets * features.length)
    const used = found.backgroundScores.subarray(0, backgroundRows * count)
    const means = appliedTerms({ targets: count, data: used }, link).data
    const bases = Array.from({ length: targets }, (_, target) => {
      let sum = 0
      for (let i = target; i < means.length; i += targets) sum += means[i]!
      return sum / backgroundRows
    })
    const scores = new Float64Array(rows * targets)
    for (let row = 0; row < rows; row++) {
      link.terms.forEach(({ score, factor }, target) => {
        const from = (row * count + score) * playerCount
        const to = (row * targets + target) * features.length
        let sum = bases[target]!
        for (let i = 0; i < features.length; i++) {
          all[to + i] = factor * values[from + i]!
          sum += all[to + i]!
        }
        scores[row * targets + target] = sum
      })
    }
    const own = appliedTerms({ targets: count, data: found.rowScores }, link).data
    // Values that do not add up to the scores of the trees would be a defect here; another method answers then.
    if (!(gapBetween(scores, own) <= 1e-6 * (1 + Math.max(...own.map(Math.abs))))) return undefined
    const answers = output.data.subarray(0, rows * targets)
    return {
      method: 'tree-shap',
      exact: true,
      link: link.link,
      values: all,
      scores,
      bases,
      residual: gapBetween(linked({ targets, data: scores }, link.link).data, answers),
      standardError: null,
      evaluations: 0,
      backgroundRows,
    }
  }
}

function isConstant(matrix: Float64Array, column: number, width: number): boolean {
  for (let at = column + width; at < matrix.length; at += width) {
    if (!Object.is(matrix[at], matrix[column])) return false
  }
  return true
}
