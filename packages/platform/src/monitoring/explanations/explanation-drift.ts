import { durationMs, KaizenError } from '@kaizen/contracts'
import { attributionDrift } from '@kaizen/ml/explanations'
import { describeInsufficient } from '@kaizen/ml/outcome'
import type { Table } from '../../storage/index.ts'
import type { LoggedPredictions, MonitorDeclaration, Statistic } from '../model.ts'
import { mostAnswering } from '../sources/answering-version.ts'
import { lacking, percent, statisticOf } from '../statistic.ts'
import { drawRows } from './sampled-rows.ts'

/** What each feature of a model counts over some rows. */
export interface Attributed {
  readonly method: string
  readonly exact: boolean
  readonly features: readonly string[]
  readonly meanAbsolute: Float64Array
  readonly rows: number
}

/** Asks the model that answers on an endpoint. */
export interface AttributionSource {
  attributions(
    endpoint: string,
    version: number,
    asked: { readonly rows: Table; readonly background: Table; readonly budgetMs: number },
  ): Promise<Attributed>
}

export interface ExplanationInput {
  readonly endpoint: string
  readonly declared: NonNullable<MonitorDeclaration['explanations']>
  readonly rows: LoggedPredictions
  /** Null where the reference keeps no rows. */
  readonly reference: Table | null
  /** Names the reference; what is found of it is kept. Null where it moves along. */
  readonly digest: string | null
}

/** Fewer explained rows say nothing about what a feature counts. */
const leastRows = 30
/** The order of attributions counts as another from here on, as Amazon SageMaker Clarify has it. */
const leastGain = 0.9
/** References whose attributions are kept. */
const mostKept = 64
/** Features that a note names. */
const named = 3

/** Compares what features count in the answers of a window with what they count in the reference, for one and the same model. */
export class ExplanationDrift {
  readonly #source: AttributionSource | undefined
  readonly #known = new Map<string, Promise<Attributed>>()

  constructor(source: AttributionSource | undefined) {
    this.#source = source
  }

  async statistics(input: ExplanationInput): Promise<readonly Statistic[]> {
    const { rows, reference, declared } = input
    const version = mostAnswering(rows)
    const among = rows.error.flatMap((error, row) =>
      error === null && rows.version[row] === version ? [row] : [],
    )
    const figure = { rows: among.length, referenceRows: reference?.rowCount ?? 0 }
    if (!reference)
      return both(
        figure,
        'the reference keeps no rows: it was made before attributions were compared',
      )
    if (version === null || among.length < leastRows)
      return lackOf(figure, { have: among.length, need: leastRows, of: 'answered rows' })
    if (reference.rowCount < leastRows)
      return lackOf(figure, { have: reference.rowCount, need: leastRows, of: 'reference rows' })
    try {
      const background = drawRows(reference, declared.background)
      const current = await this.#ask(input, version, {
        background,
        rows: drawRows(rows.inputs, declared.rows, among),
      })
      const before = await this.#ofReference(input, version, { reference, background })
      return compared(before, current)
    } catch (failure) {
      // A model that cannot be explained leaves a window without the values; a broken platform does not.
      if (failure instanceof KaizenError && failure.kind !== 'bug')
        return both(figure, `no attributions: ${failure.message}`)
      throw failure
    }
  }

  #ofReference(
    input: ExplanationInput,
    version: number,
    { reference, background }: { readonly reference: Table; readonly background: Table },
  ): Promise<Attributed> {
    const { digest, endpoint, declared } = input
    const rows = drawRows(reference, declared.rows)
    if (digest === null) return this.#ask(input, version, { rows, background })
    const key = JSON.stringify([endpoint, version, digest, declared])
    const known = this.#known.get(key)
    if (known) return known
    const asked = this.#ask(input, version, { rows, background })
    this.#known.set(key, asked)
    asked.catch(() => this.#known.delete(key))
    const oldest = this.#known.keys().next().value
    if (this.#known.size > mostKept && oldest !== undefined) this.#known.delete(oldest)
    return asked
  }

  #ask(
    { endpoint, declared }: ExplanationInput,
    version: number,
    rows: { readonly rows: Table; readonly background: Table },
  ): Promise<Attributed> {
    if (!this.#source) throw new KaizenError('UNSUPPORTED', 'no model can be asked here')
    const budgetMs = durationMs(declared.budget)
    return this.#source.attributions(endpoint, version, { ...rows, budgetMs })
  }
}

function compared(before: Attributed, current: Attributed): readonly Statistic[] {
  const figure = { rows: current.rows, referenceRows: before.rows }
  if (current.rows < leastRows || before.rows < leastRows) {
    const have = Math.min(current.rows, before.rows)
    return lackOf(figure, { have, need: leastRows, of: 'rows explained within the budget' })
  }
  if (before.features.join('\n') !== current.features.join('\n'))
    return both(figure, 'the features of the reference are others')
  if (![...before.meanAbsolute, ...current.meanAbsolute].every(Number.isFinite))
    return both(figure, 'no attributions: some are no finite number')
  const found = attributionDrift(before.meanAbsolute, current.meanAbsolute)
  if (found.status !== 'ok') return both(figure, describeInsufficient(found))
  const { shares } = found
  const moved = current.features
    .map((feature, i) => ({ feature, by: shares.current[i]! - shares.reference[i]!, i }))
    .sort((a, b) => Math.abs(b.by) - Math.abs(a.by))
    .slice(0, named)
    .map(
      ({ feature, i }) =>
        `${feature} ${percent(shares.reference[i]!)} to ${percent(shares.current[i]!)}`,
    )
  const how = `${current.exact && before.exact ? '' : 'estimated, '}${current.method} of ${current.rows} and ${before.rows} rows`
  const note = `${moved.join(', ')}; ${how}`
  return [
    statisticOf({ ...figure, ...gain, value: found.ndcg, note }),
    statisticOf({ ...figure, ...shift, value: found.shift, note }),
    ...current.features.map((feature, i) =>
      statisticOf({
        ...figure,
        metric: `attribution:${feature}`,
        column: feature,
        method: 'share-of-mean-absolute',
        value: shares.current[i]!,
        note: `${percent(shares.reference[i]!)} in the reference`,
      }),
    ),
  ]
}

const gain = { metric: 'explanation:ndcg', method: 'ndcg', lower: leastGain }
const shift = { metric: 'explanation:shift', method: 'total-variation-of-shares' }

type Sizes = { readonly rows: number; readonly referenceRows: number }

const both = (figure: Sizes, note: string): readonly Statistic[] =>
  [gain, shift].map((one) => statisticOf({ ...figure, ...one, value: null, note }))

const lackOf = (figure: Sizes, what: Parameters<typeof lacking>[1]): readonly Statistic[] =>
  [gain, shift].map((one) => lacking({ ...figure, ...one }, what))
