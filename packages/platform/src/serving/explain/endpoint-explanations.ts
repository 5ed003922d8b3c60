import { KaizenError } from '@kaizen/contracts'
import type { Tensors } from '../../runtime/index.ts'
import type { ServingArm } from '../endpoints/serving-arm.ts'
import type { PredictionLog } from '../log/prediction-log.ts'
import { checkReplayable, isComplete, tensorsOfRows } from '../replay/logged-tensors.ts'
import type { BoundInputs } from '../wire/bind.ts'
import type { Explainer } from './explainer.ts'
import type { Background, ExplainRequest, Explanation } from './model.ts'

/** Rows of a background, drawn evenly from the newest of the log. */
const backgroundRows = 100
const drawnFrom = 1000
/** Fewer logged rows than this are no background. */
const fewestRows = 5

interface Drawn {
  readonly background: Background | undefined
  readonly digest: string
  /** Rows in the log when it was drawn. */
  readonly logged: number
}

/** Explains answers of one endpoint against rows of its own log. */
export class EndpointExplanations {
  readonly #explainer: Explainer
  readonly #log: PredictionLog
  readonly #isRedacted: (column: string) => boolean
  #drawn: Drawn | undefined

  constructor(
    explainer: Explainer,
    {
      log,
      isRedacted,
    }: { readonly log: PredictionLog; readonly isRedacted: (column: string) => boolean },
  ) {
    this.#explainer = explainer
    this.#log = log
    this.#isRedacted = isRedacted
  }

  /** @throws TOO_LARGE, UNSUPPORTED, OVERLOADED, UNAVAILABLE */
  async explain(
    arm: ServingArm,
    { bound, ids }: { readonly bound: BoundInputs; readonly ids: readonly string[] },
    { budgetMs }: ExplainRequest,
  ): Promise<Explanation> {
    arm.enter()
    try {
      const background = await this.#background(arm, new Set(ids))
      const { tensors: inputs, rows } = bound
      return await this.#explainer.explain(arm.explained, { inputs, rows, budgetMs, background })
    } finally {
      arm.leave()
    }
  }

  /** Drawn once, and again only while the log is small and has doubled: equal requests get equal explanations. */
  async #background(arm: ServingArm, own: ReadonlySet<string>): Promise<Background | undefined> {
    const { digest } = arm.resolved
    const drawn = this.#drawn
    const logged = this.#log.loggedRows
    if (drawn?.digest === digest) {
      const { background } = drawn
      if (background?.rows === backgroundRows || logged < 2 * drawn.logged) return background
    }
    const background = await this.#draw(arm, own)
    this.#drawn = { background, digest, logged: Math.max(1, logged) }
    return background
  }

  async #draw(arm: ServingArm, own: ReadonlySet<string>): Promise<Background | undefined> {
    const { signature } = arm
    const newest = await this.#log.newest(drawnFrom, { from: 0, to: Number.MAX_SAFE_INTEGER })
    let tensors: Tensors
    const usable = newest.filter(
      (row) =>
        row.rows.schema.mode === 'live' &&
        row.error === null &&
        !own.has(row.id) &&
        isComplete(signature, row, this.#isRedacted),
    )
    const step = Math.max(1, usable.length / backgroundRows)
    const chosen = Array.from(
      { length: Math.min(backgroundRows, usable.length) },
      (_, i) => usable[Math.floor(i * step)]!,
    )
    if (chosen.length < fewestRows) return undefined
    try {
      checkReplayable(signature)
      tensors = tensorsOfRows(signature, chosen)
    } catch (failure) {
      if (failure instanceof KaizenError) return undefined
      throw failure
    }
    return { tensors, rows: chosen.length, source: 'log' }
  }
}
