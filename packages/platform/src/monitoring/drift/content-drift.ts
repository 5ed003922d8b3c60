import { embeddingDrift, textDescriptorDrift, textDrift } from '@kaizen/ml/drift'
import { describeInsufficient, type Outcome } from '@kaizen/ml/outcome'
import type { Table } from '../../storage/index.ts'
import type { ContentReference, EmbeddingSample, Statistic, TextSample } from '../model.ts'
import { type Figure, lacking, percent, statisticOf } from '../statistic.ts'
import { type ContentColumns, embeddingSample, textSample } from './content-reference.ts'

/** Fewer texts or vectors on either side give no verdict. */
const leastRows = 50
/** A share of empty texts or useless vectors may exceed the reference's by so much. */
const tolerance = 0.05
/** From this area under the ROC curve on texts are told apart, and never by less than three standard errors of chance. */
const [toldApart, errors] = [0.55, 3]
/** Chance calls one window in a hundred changed. */
const alpha = 0.01
const permutations = 199
/** Terms that a note names. */
const telling = 5

/**
 * Drift of texts and embeddings. Of a text column: how well words and letters tell the window's from the reference's, its
 * figures (lengths, shares of letters and so on), and empty ones. Of an embedding: the kernel test of the whole distribution,
 * the angle between mean vectors, and rows that hold no vector of the reference's length.
 */
export function contentDrift(
  reference: ContentReference | undefined,
  inputs: Table,
  { texts, embeddings }: ContentColumns,
): readonly Statistic[] {
  return [
    ...texts.flatMap((name) =>
      ofTexts(name, reference?.texts[name], textSample(inputs, name), inputs.rowCount),
    ),
    ...embeddings.flatMap((name) =>
      ofVectors(name, reference?.embeddings[name], embeddingSample(inputs, name), inputs.rowCount),
    ),
  ]
}

const noReference = 'the reference was made before this column was read so'

type Sampled = { readonly sample: readonly unknown[] }

/** Figures about what is compared of a column. */
const figuresOf =
  (column: string, before: Sampled | null | undefined, after: Sampled | null) =>
  (metric: string, method: string) => ({
    column,
    metric,
    method,
    rows: after?.sample.length ?? 0,
    referenceRows: before?.sample.length ?? 0,
  })

function ofTexts(
  column: string,
  before: TextSample | null | undefined,
  after: TextSample | null,
  rows: number,
): readonly Statistic[] {
  const about = figuresOf(column, before, after)
  const classifier = about(`text:${column}:classifier`, 'text-classifier')
  const descriptors = about(`text:${column}:descriptors`, 'text-descriptors')
  const empty = { ...about(`text:${column}:empty`, 'empty-share'), rows }
  const lack = lackOf({ before, after, column: `no column "${column}"` })
  if (lack !== null) return [classifier, descriptors, empty].map((one) => without(one, lack))
  const [x, y] = [before!, after!]
  const spread = bound(x.sample.length, y.sample.length)
  return [
    tested(classifier, { x, y }, () => {
      const found = textDrift(x.sample, y.sample)
      if (found.status !== 'ok') return found
      const terms = found.telling
        .slice(0, telling)
        .map(({ term, weight }) => `${weight > 0 ? 'more' : 'less'} "${term.slice(0, 40)}"`)
      return { ...found, threshold: spread, note: terms.join(', ') }
    }),
    tested(descriptors, { x, y }, () => {
      const found = textDescriptorDrift(x.sample, y.sample)
      if (found.status !== 'ok') return found
      return { ...found, byP: true, note: String(found.parameters['descriptor']) }
    }),
    share(empty, { before: x.empty / Math.max(1, x.rows), now: y.empty, rows }),
  ]
}

function ofVectors(
  column: string,
  before: EmbeddingSample | null | undefined,
  after: EmbeddingSample | null,
  rows: number,
): readonly Statistic[] {
  const about = figuresOf(column, before, after)
  const kernel = about(`embedding:${column}:mmd`, 'embedding-mmd')
  const angle = about(`embedding:${column}:cosine`, 'embedding-mean-cosine')
  const useless = { ...about(`embedding:${column}:invalid`, 'invalid-share'), rows }
  const lack = lackOf({
    before,
    after,
    column: `no column "${column}", "${column}[0]" or "${column}_0"`,
  })
  if (lack !== null) return [kernel, angle, useless].map((one) => without(one, lack))
  const [x, y] = [before!, after!]
  const others = y.dimension === x.dimension ? y.invalid : y.rows - y.missing
  const invalid = share(useless, {
    before: (x.invalid + x.missing) / Math.max(1, x.rows),
    now: others + y.missing,
    rows,
  })
  if (y.dimension !== x.dimension && y.sample.length > 0) {
    const note = `vectors of ${y.dimension} numbers, of ${x.dimension} in the reference`
    return [without(kernel, note), without(angle, note), { ...invalid, note }]
  }
  return [
    tested(kernel, { x, y }, () => {
      const found = embeddingDrift(x.sample, y.sample, { method: 'mmd', permutations })
      return found.status === 'ok' ? { ...found, byP: true, note: null } : found
    }),
    tested(angle, { x, y }, () => {
      const found = embeddingDrift(x.sample, y.sample, { method: 'mean-cosine' })
      return found.status === 'ok' ? { ...found, note: null } : found
    }),
    invalid,
  ]
}

/** Three standard errors of the area under the ROC curve where nothing has changed (Mann and Whitney 1947). */
const bound = (n: number, m: number): number =>
  Math.max(toldApart, 0.5 + errors * Math.sqrt((n + m + 1) / (12 * Math.max(1, n * m))))

function lackOf(given: {
  readonly before: unknown
  readonly after: unknown
  readonly column: string
}): string | null {
  if (given.before === undefined) return noReference
  if (given.before === null) return `${given.column} in the reference`
  return given.after === null ? `${given.column} in the window` : null
}

type Named = Omit<Figure, 'value' | 'note'>

const without = (figure: Named, note: string): Statistic =>
  statisticOf({ ...figure, value: null, note })

interface Compared {
  readonly statistic: number
  readonly pValue: number | null
  readonly threshold?: number
  /** The p-value decides. */
  readonly byP?: true
  readonly note: string | null
}

function tested(
  figure: Named,
  { x, y }: { readonly x: Sampled; readonly y: Sampled },
  compare: () => Outcome<Compared>,
): Statistic {
  if (y.sample.length < leastRows)
    return lacking(figure, { have: y.sample.length, need: leastRows, of: 'rows' })
  if (x.sample.length < leastRows)
    return lacking(figure, { have: x.sample.length, need: leastRows, of: 'reference rows' })
  const found = compare()
  if (found.status !== 'ok') return without(figure, describeInsufficient(found))
  const { statistic: value, pValue, threshold, byP, note } = found
  const told = statisticOf({ ...figure, value, pValue, note, ...(threshold && { threshold }) })
  return byP && told.value !== null && pValue !== null
    ? { ...told, threshold: alpha, drifted: pValue < alpha }
    : told
}

function share(
  figure: Named,
  { before, now, rows }: { readonly before: number; readonly now: number; readonly rows: number },
): Statistic {
  if (rows === 0) return lacking(figure, { have: 0, need: 1, of: 'rows' })
  const [value, threshold] = [now / rows, before + tolerance]
  const note = value > threshold ? `${percent(value)}, ${percent(before)} in the reference` : null
  return statisticOf({ ...figure, value, threshold, note })
}
