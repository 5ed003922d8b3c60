import { ShapleyWalks, shapleyValues } from '@kaizen/ml/explanations'
import type { LoadedModel, Tensors } from '../../runtime/index.ts'
import { type MixedRow, RowMixer } from './features.ts'
import { areProbabilities, gapBetween, linked, unlinked } from './links.ts'
import type { Link } from './model.ts'
import type { ExplainedRows, Found } from './tree-explainer.ts'

/** Values of rows that go to the model at once: enough to be quick, few enough not to hold up the loop. */
const cellsAtATime = 16_384
/** All coalitions are computed where they are no more rows than this for each row explained. */
const mostCoalitionRows = 20_000
/** Walks for each background row after which no more are made, whatever time is left. */
const mostCycles = 20
/** Contributions that differ by less are the same: answers are 32-bit floats. */
const additiveTolerance = 2e-4
/** Enough to see whether features work together. */
const fewestWalks = 4
const seed = 1

/** One scale in which the answers may be sums of what features give. */
interface Scale {
  readonly link: Link
  /** Of the rows, then of the background rows. */
  readonly scores: Float64Array
}

/** Explains any model by asking it: by all coalitions, or by walks until the time is over. */
export class WalkExplainer {
  readonly #model: LoadedModel
  readonly #asked: ExplainedRows
  readonly #mixer: RowMixer
  readonly #until: number
  #evaluations = 0

  constructor(model: LoadedModel, asked: ExplainedRows) {
    this.#model = model
    this.#asked = asked
    this.#mixer = new RowMixer(asked.features, asked.inputs, asked.background.tensors)
    this.#until = performance.now() + asked.budgetMs
  }

  async explain(): Promise<Found> {
    const { features, background } = this.#asked
    const scales = this.#scales()
    const first = await this.#walk(scales, Math.max(background.rows, fewestWalks))
    const additive = scales.findIndex((_, i) =>
      first.every((walks) => walks[i]!.isAdditive(additiveTolerance)),
    )
    if (additive >= 0) {
      const walks = first.map((list) => list[additive]!)
      return this.#found('linear-shap', scales[additive]!, walks)
    }
    const coalitions = 2 ** features.length * background.rows
    const plain = scales.findIndex(({ link }) => link === 'identity')
    if (coalitions <= mostCoalitionRows && performance.now() < this.#until) {
      const exact = await this.#coalitions(scales[plain]!)
      if (exact) return exact
    }
    const walks = first.map((list) => list[plain]!)
    await this.#goOn(walks, scales[plain]!, background.rows * (mostCycles - 1))
    return this.#found('permutation-shap', scales[plain]!, walks)
  }

  /** As the model answers; and, of probabilities and positive numbers, in the scale of a linear model's scores. */
  #scales(): readonly Scale[] {
    const { output } = this.#asked
    const links: Link[] = ['identity']
    if (areProbabilities(output)) links.push(output.targets === 2 ? 'logit' : 'softmax')
    else if (output.targets === 1 && output.data.every((value) => value > 0)) links.push('log')
    return links
      .map((link) => ({ link, scores: unlinked(output, link).data }))
      .filter(({ scores }) => scores.every(Number.isFinite))
  }

  /** One walk from every background row to each row, in every scale, while there is time. */
  async #walk(
    scales: readonly Scale[],
    cycle: number,
  ): Promise<readonly (readonly ShapleyWalks[])[]> {
    const { features, background, rows, output } = this.#asked
    const game = { features: features.length, background: background.rows, targets: output.targets }
    const all = Array.from({ length: rows }, (_, row) =>
      scales.map(() => new ShapleyWalks({ ...game, seed: seed + row })),
    )
    for (let made = 0; made < cycle; ) {
      if (made > 0 && performance.now() >= this.#until) break
      made += await this.#step(all, scales, cycle - made)
    }
    return all
  }

  /** More walks in one scale until the time is over. */
  async #goOn(walks: readonly ShapleyWalks[], scale: Scale, most: number): Promise<void> {
    const all = walks.map((one) => [one])
    for (let made = 0; made < most && performance.now() < this.#until; ) {
      made += await this.#step(all, [scale], most - made)
    }
  }

  /** A few walks more for every row, as many as go to the model at once; answers how many. */
  async #step(
    all: readonly (readonly ShapleyWalks[])[],
    scales: readonly Scale[],
    most: number,
  ): Promise<number> {
    const { rows, features, output } = this.#asked
    const { targets } = output
    const cellsOfWalk = 2 * features.length ** 2 * rows
    const walks = Math.max(1, Math.min(most, Math.floor(cellsAtATime / cellsOfWalk)))
    const mixed: MixedRow[] = []
    const plans = all.flatMap((list, row) =>
      Array.from({ length: walks }, () => {
        // Of one seed, so the same walk in every scale.
        const [walk] = list.map((walks) => walks.next())
        const from = mixed.length
        for (const mask of walk!.masks) mixed.push({ row, background: walk!.background, mask })
        return { row, from, walk: walk! }
      }),
    )
    const answers = await this.#answersOf(mixed)
    for (const [s, { link, scores }] of scales.entries()) {
      const of = link === 'identity' ? answers : unlinked({ targets, data: answers }, link).data
      for (const { row, from, walk } of plans) {
        const outputs = Array.from({ length: targets }, (_, target) =>
          Float64Array.from(walk.masks, (_, i) => of[(from + i) * targets + target]!),
        )
        const ends = outputs.map((_, target) => {
          const other = scores[(rows + walk.background) * targets + target]!
          return [other, scores[row * targets + target]!] as const
        })
        all[row]![s]!.add(walk, outputs, ends)
      }
    }
    return walks
  }

  /** Exact values from all coalitions of features against every background row; undefined where the time is over. */
  async #coalitions({ link }: Scale): Promise<Found | undefined> {
    const { features, background, rows, output } = this.#asked
    const { targets } = output
    const masks = Array.from({ length: 2 ** features.length }, (_, mask) =>
      Uint8Array.from(features, (_, i) => (mask >> i) & 1),
    )
    const values = new Float64Array(rows * targets * features.length)
    let bases: number[] = []
    for (let row = 0; row < rows; row++) {
      if (performance.now() >= this.#until) return undefined
      const mixed = masks.flatMap((mask) =>
        Array.from({ length: background.rows }, (_, other) => ({ row, background: other, mask })),
      )
      const answers = await this.#answersOf(mixed)
      const worths = Array.from({ length: targets }, (_, target) =>
        masks.map((_, m) => {
          let sum = 0
          for (let b = 0; b < background.rows; b++)
            sum += answers[(m * background.rows + b) * targets + target]!
          return sum / background.rows
        }),
      )
      for (const [target, worth] of worths.entries()) {
        const phi = shapleyValues(worth, features.length)
        values.set(phi, (row * targets + target) * features.length)
      }
      bases = worths.map(([nothing]) => nothing!)
    }
    const exact = { method: 'exact-shapley', exact: true, standardError: null } as const
    return { ...exact, ...this.#summed(link, values, bases), backgroundRows: background.rows }
  }

  #found(method: Found['method'], { link }: Scale, walks: readonly ShapleyWalks[]): Found {
    const { features, rows, output, background } = this.#asked
    const values = new Float64Array(rows * output.targets * features.length)
    const bases = Array.from(
      { length: output.targets },
      (_, target) => walks[0]!.values(target).baseValue,
    )
    let standardError = 0
    walks.forEach((walk, row) => {
      for (let target = 0; target < output.targets; target++) {
        const found = walk.values(target)
        values.set(found.values, (row * output.targets + target) * features.length)
        standardError = Math.max(standardError, walk.standardError(target))
      }
    })
    const exact = method !== 'permutation-shap'
    return {
      method,
      exact,
      standardError: exact || !Number.isFinite(standardError) ? null : standardError,
      ...this.#summed(link, values, bases),
      backgroundRows: Math.min(background.rows, ...walks.map((walk) => walk.walks)),
    }
  }

  #summed(link: Link, values: Float64Array, bases: readonly number[]) {
    const { features, rows, output } = this.#asked
    const { targets } = output
    const scores = new Float64Array(rows * targets)
    for (let at = 0; at < scores.length; at++) {
      let sum = bases[at % targets]!
      for (let i = 0; i < features.length; i++) sum += values[at * features.length + i]!
      scores[at] = sum
    }
    const residual = gapBetween(
      linked({ targets, data: scores }, link).data,
      output.data.subarray(0, rows * targets),
    )
    return { link, values, scores, bases, residual, evaluations: this.#evaluations }
  }

  /** What the model says of mixed rows, by rows and targets. */
  async #answersOf(mixed: readonly MixedRow[]): Promise<Float64Array> {
    const { features, output } = this.#asked
    const size = Math.max(1, Math.floor(cellsAtATime / features.length))
    const answers = new Float64Array(mixed.length * output.targets)
    for (let from = 0; from < mixed.length; from += size) {
      const part = mixed.slice(from, from + size)
      const tensors: Tensors = this.#mixer.mixed(part)
      const found = (await this.#model.run(tensors, [output.name]))[output.name]!
      answers.set(Float64Array.from(found.data as ArrayLike<number>, Number), from * output.targets)
    }
    this.#evaluations += mixed.length
    return answers
  }
}
