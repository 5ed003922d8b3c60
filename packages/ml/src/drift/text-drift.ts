import { binaryRankingMetrics } from '../metrics/binary-ranking.ts'
import { insufficient, type Outcome } from '../outcome.ts'
import { permutation, seededRandom } from '../random/random.ts'
import { type HashWords, hashText } from '../sketches/hash.ts'
import type { Comparison } from './result.ts'

/** Texts of a column; null is missing. */
export type Texts = readonly (string | null)[]

export interface TextDriftOptions {
  /** Rows held out, each scored by a model of the others; 5 parts by default. */
  readonly folds?: number
  readonly seed?: number
}

/** A word or n-gram that speaks for one of the samples, and how much. */
export interface TellingTerm {
  readonly term: string
  /** Positive for the current sample. */
  readonly weight: number
}

export interface TextDrift extends Comparison {
  /** The terms that set the samples most apart, the strongest first. */
  readonly telling: readonly TellingTerm[]
}

const NEED = 20
const CELLS = 1 << 18
const ROUNDS = 6
const RATE = 0.5
const PENALTY = 1e-5
const TELLING = 20

/**
 * How well a linear model of words, pairs of words and groups of three letters tells current texts from those of the
 * reference, by the area under its ROC curve on texts that it has not seen: 0.5 when the samples are alike. Features are
 * hashed, so memory does not grow with the vocabulary. Lopez-Paz and Oquab 2017.
 */
export const textDrift = (
  reference: Texts,
  current: Texts,
  { folds = 5, seed = 0 }: TextDriftOptions = {},
): Outcome<TextDrift> => {
  const [before, after] = [present(reference), present(current)]
  for (const [side, texts] of [
    ['reference', before],
    ['current', after],
  ] as const) {
    if (texts.length >= NEED) continue
    return insufficient('text-drift', `${side} texts`, { have: texts.length, need: NEED })
  }
  const documents = [...before, ...after].map(documentOf)
  const isCurrent = Float64Array.from(documents, (_, i) => (i < before.length ? 0 : 1))
  const order = permutation(documents.length, seededRandom(seed))
  const scores = new Float64Array(documents.length)
  for (let fold = 0; fold < folds; fold++) {
    const isHeld = (place: number) => place % folds === fold
    const weights = trained(
      documents,
      isCurrent,
      order.filter((_, place) => !isHeld(place)),
    )
    order.forEach((row, place) => {
      if (isHeld(place)) scores[row] = scoreOf(documents[row]!, weights)
    })
  }
  const ranking = binaryRankingMetrics(isCurrent, scores)
  if (ranking.status !== 'ok') return ranking
  return {
    status: 'ok',
    method: 'text-drift',
    parameters: { folds, seed, features: 'words, word pairs, letter triples' },
    statistic: ranking.rocAuc,
    pValue: null,
    effect: { name: 'AUROC', value: ranking.rocAuc },
    sizes: { reference: before.length, current: after.length },
    telling: tellingTerms([...before, ...after], trained(documents, isCurrent, order)),
  }
}

const present = (texts: Texts): string[] => texts.filter((text) => text !== null)

/** Hashed features of a text, each once, and the share of weight of each. */
interface Document {
  readonly cells: Uint32Array
  readonly weight: number
}

const wordsOf = (text: string): string[] =>
  text
    .normalize('NFC')
    .toLowerCase()
    .match(/[\p{L}\p{M}\p{N}]+/gu) ?? []

const termsOf = (text: string): string[] => {
  const words = wordsOf(text)
  const pairs = words.slice(1).map((word, i) => `${words[i]} ${word}`)
  const triples = words.flatMap((word) => {
    const letters = Array.from(` ${word} `)
    return letters.slice(2).map((_, i) => `#${letters.slice(i, i + 3).join('')}`)
  })
  return [...words, ...pairs, ...triples]
}

const documentOf = (text: string): Document => {
  const cells = new Set(termsOf(text).map(cellOf))
  return { cells: Uint32Array.from(cells), weight: cells.size > 0 ? 1 / Math.sqrt(cells.size) : 0 }
}

const hashed: HashWords = { low: 0, high: 0 }
const cellOf = (term: string): number => {
  hashText(term, hashed)
  return hashed.low % CELLS
}

interface Weights {
  readonly bias: number
  readonly values: Float64Array
}

/** Logistic regression by stochastic gradients with steps by feature (AdaGrad, Duchi et al. 2011). */
const trained = (
  documents: readonly Document[],
  isCurrent: Float64Array,
  rows: Int32Array,
): Weights => {
  const values = new Float64Array(CELLS)
  const squares = new Float64Array(CELLS)
  let [bias, biasSquares] = [0, 0]
  for (let round = 0; round < ROUNDS; round++) {
    for (const row of rows) {
      const { cells, weight } = documents[row]!
      const slope =
        1 / (1 + Math.exp(-scoreOf(documents[row]!, { bias, values }))) - isCurrent[row]!
      biasSquares += slope * slope
      bias -= (RATE * slope) / Math.sqrt(biasSquares + 1e-8)
      for (const cell of cells) {
        const gradient = slope * weight + PENALTY * values[cell]!
        squares[cell]! += gradient * gradient
        values[cell]! -= (RATE * gradient) / Math.sqrt(squares[cell]! + 1e-8)
      }
    }
  }
  return { bias, values }
}

const scoreOf = ({ cells, weight }: Document, { bias, values }: Weights): number => {
  let sum = 0
  for (const cell of cells) sum += values[cell]!
  return bias + weight * sum
}

const tellingTerms = (texts: readonly string[], { values }: Weights): TellingTerm[] => {
  const seen = new Map<string, number>()
  for (const text of texts) {
    for (const term of termsOf(text))
      if (!term.startsWith('#')) seen.set(term, values[cellOf(term)]!)
  }
  return [...seen]
    .map(([term, weight]) => ({ term, weight }))
    .sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight) || (a.term < b.term ? -1 : 1))
    .slice(0, TELLING)
}
