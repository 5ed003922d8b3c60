import { permutation, type Random, seededRandom } from '../random/random.ts'

/** Rows to be evaluated: from the background row to the explained one and back, each mask says what has been exchanged. */
export interface ShapleyWalk {
  readonly background: number
  /** Features in the order in which they are exchanged. */
  readonly order: Int32Array
  /** Of `2 (features - 1)` mixed rows, 1 where a feature is the explained row's: forth, then in reverse order. */
  readonly masks: readonly Uint8Array[]
}

/** Walks from which anything is concluded about a model. */
const fewestWalks = 4

export interface WalkedValues {
  readonly baseValue: number
  readonly values: Float64Array
}

/**
 * Shapley values of one row by walks from background rows (Štrumbelj and Kononenko 2014; antithetic after Mitchell et al.
 * 2022), which may stop after any walk: every background row is visited once before one is visited again, and the values
 * add up to the prediction minus the mean of the background rows visited, exactly. Whoever evaluates models does so between
 * `next` and `add`.
 */
export class ShapleyWalks {
  readonly #features: number
  readonly #background: number
  readonly #random: Random
  #order: Int32Array
  #begun = 0
  #walks = 0
  readonly #sums: Float64Array[]
  readonly #squares: Float64Array[]
  readonly #bases: Float64Array
  /** Largest difference between a feature's two contributions of one walk, and the largest contribution. */
  #disagreement = 0
  #largest = 0

  constructor(game: {
    readonly features: number
    readonly background: number
    readonly targets: number
    readonly seed: number
  }) {
    this.#features = game.features
    this.#background = game.background
    this.#random = seededRandom(game.seed)
    this.#order = permutation(game.background, this.#random)
    const perTarget = (): Float64Array[] =>
      Array.from({ length: game.targets }, () => new Float64Array(game.features))
    this.#sums = perTarget()
    this.#squares = perTarget()
    this.#bases = new Float64Array(game.targets)
  }

  get walks(): number {
    return this.#walks
  }

  /** The next walk; `add` takes what the model says of it. Several may be under way. */
  next(): ShapleyWalk {
    const place = this.#begun % this.#background
    if (place === 0 && this.#begun > 0) this.#order = permutation(this.#background, this.#random)
    this.#begun++
    const order = permutation(this.#features, this.#random)
    const masks: Uint8Array[] = []
    for (const direction of [order, order.toReversed()]) {
      const mask = new Uint8Array(this.#features)
      for (const feature of direction.subarray(0, this.#features - 1)) {
        mask[feature] = 1
        masks.push(mask.slice())
      }
    }
    return { background: this.#order[place]!, order, masks }
  }

  /**
   * @param outputs by target, of the masks in their order
   * @param ends by target, what the model says of the background row and of the explained one
   */
  add(
    walk: ShapleyWalk,
    outputs: readonly ArrayLike<number>[],
    ends: readonly (readonly [background: number, row: number])[],
  ): void {
    const { order: forth } = walk
    const back = forth.toReversed()
    const steps = this.#features - 1
    outputs.forEach((output, target) => {
      const [from, to] = ends[target]!
      const gains = [forth, back].map((order, direction) => {
        const gain = new Float64Array(this.#features)
        let before = from
        order.forEach((feature, i) => {
          const after = i < steps ? output[direction * steps + i]! : to
          gain[feature] = after - before
          before = after
        })
        return gain
      })
      this.#bases[target]! += from
      this.#count(target, gains[0]!, gains[1]!)
    })
    this.#walks++
  }

  #count(target: number, forth: Float64Array, back: Float64Array): void {
    const [sums, squares] = [this.#sums[target]!, this.#squares[target]!]
    for (let i = 0; i < this.#features; i++) {
      const gain = (forth[i]! + back[i]!) / 2
      sums[i]! += gain
      squares[i]! += gain * gain
      this.#disagreement = Math.max(this.#disagreement, Math.abs(forth[i]! - back[i]!))
      this.#largest = Math.max(this.#largest, Math.abs(gain))
    }
  }

  /**
   * Whether features were worth the same wherever they stood in a walk, from every background row: the model then adds
   * them up, as linear models do, and the values are exact. `tolerance` is relative to the largest contribution.
   */
  isAdditive(tolerance: number): boolean {
    return (
      this.#walks >= Math.max(this.#background, fewestWalks) &&
      this.#disagreement <= tolerance * this.#largest
    )
  }

  values(target: number): WalkedValues {
    return {
      baseValue: this.#bases[target]! / this.#walks,
      values: this.#sums[target]!.map((sum) => sum / this.#walks),
    }
  }

  /** The largest standard error among the values of a target; 0 where the walks are one for each background row and agree. */
  standardError(target: number): number {
    const walks = this.#walks
    if (walks < 2) return Number.POSITIVE_INFINITY
    let largest = 0
    this.#squares[target]!.forEach((square, i) => {
      const mean = this.#sums[target]![i]! / walks
      const variance = Math.max(0, square / walks - mean * mean) * (walks / (walks - 1))
      largest = Math.max(largest, Math.sqrt(variance / walks))
    })
    return largest
  }
}
