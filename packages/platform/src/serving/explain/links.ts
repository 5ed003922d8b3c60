import { KaizenError, type ModelSignature } from '@kaizen/contracts'
import type { Tensors } from '../../runtime/index.ts'
import type { Link } from './model.ts'

/** Numbers by rows and targets. */
export interface Scores {
  readonly targets: number
  readonly data: Float64Array
}

/** The output that is explained, as numbers. */
export interface ExplainedOutput extends Scores {
  readonly name: string
  /** What the model calls the class of the largest number, by target, where a row shows it. */
  readonly labels: readonly (string | undefined)[]
}

/** The widest of the outputs that hold floats, else whole numbers. @throws UNSUPPORTED */
export function explainedOutput(
  signature: ModelSignature,
  outputs: Tensors,
  rows: number,
): ExplainedOutput {
  const fits = signature.outputs
    .map(({ name, datatype }) => ({ name, datatype, tensor: outputs[name]! }))
    .filter(({ tensor }) => tensor.shape[0] === rows && tensor.data.length % rows === 0)
  const floats = fits.filter(({ datatype }) => datatype === 'FP32' || datatype === 'FP64')
  const whole = fits.filter(({ datatype }) => /^U?INT/.test(datatype))
  const widest = [...(floats.length > 0 ? floats : whole)].sort(
    (a, b) => b.tensor.data.length - a.tensor.data.length,
  )[0]
  if (!widest || widest.tensor.data.length === 0) {
    throw new KaizenError(
      'UNSUPPORTED',
      'the model answers no number a row that could be explained',
      {
        hint: 'Serve a model that answers a number or probabilities of classes.',
      },
    )
  }
  const data = Float64Array.from(widest.tensor.data as ArrayLike<number>, Number)
  const targets = data.length / rows
  const label = fits.find(
    ({ name, datatype, tensor }) =>
      name !== widest.name && /BYTES|INT/.test(datatype) && tensor.data.length === rows,
  )
  const labels = Array.from({ length: targets }, (): string | undefined => undefined)
  for (let row = 0; label && targets > 1 && row < rows; row++) {
    labels[largest(data, row * targets, targets)] ??= String(label.tensor.data[row])
  }
  return { name: widest.name, targets, data, labels }
}

function largest(data: Float64Array, from: number, count: number): number {
  let best = 0
  for (let i = 1; i < count; i++) if (data[from + i]! > data[from + best]!) best = i
  return best
}

/** Rows of numbers between 0 and 1 that add up to 1. */
export function areProbabilities({ targets, data }: Scores): boolean {
  if (targets < 2) return false
  for (let from = 0; from < data.length; from += targets) {
    let sum = 0
    for (let i = 0; i < targets; i++) {
      const value = data[from + i]!
      if (!(value >= 0 && value <= 1)) return false
      sum += value
    }
    if (Math.abs(sum - 1) > 1e-4) return false
  }
  return true
}

/** The scores that a link makes answers of: log odds of two classes, centred logarithms of more. */
export function unlinked({ targets, data }: Scores, link: Link): Scores {
  const scores = new Float64Array(data.length)
  for (let from = 0; from < data.length; from += targets) {
    if (link === 'identity') scores.set(data.subarray(from, from + targets), from)
    else if (link === 'log') scores[from] = Math.log(data[from]!)
    else if (link === 'logit') {
      const odds = Math.log(data[from + 1]! / data[from]!)
      scores[from] = -odds
      scores[from + 1] = odds
    } else {
      let mean = 0
      for (let i = 0; i < targets; i++) mean += Math.log(data[from + i]!) / targets
      for (let i = 0; i < targets; i++) scores[from + i] = Math.log(data[from + i]!) - mean
    }
  }
  return { targets, data: scores }
}

/** The answers that scores stand for. */
export function linked({ targets, data }: Scores, link: Link): Scores {
  const answers = new Float64Array(data.length)
  for (let from = 0; from < data.length; from += targets) {
    if (link === 'softmax') {
      const top = Math.max(...data.subarray(from, from + targets))
      let sum = 0
      for (let i = 0; i < targets; i++) sum += Math.exp(data[from + i]! - top)
      for (let i = 0; i < targets; i++) answers[from + i] = Math.exp(data[from + i]! - top) / sum
      continue
    }
    for (let i = 0; i < targets; i++) {
      const score = data[from + i]!
      answers[from + i] =
        link === 'identity' ? score : link === 'log' ? Math.exp(score) : 1 / (1 + Math.exp(-score))
    }
  }
  return { targets, data: answers }
}

/** The largest difference between two sets of numbers. */
export function gapBetween(a: Float64Array, b: Float64Array): number {
  let gap = 0
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!)
    if (!(difference <= gap)) gap = difference
  }
  return gap
}

/** Answers are 32-bit floats, sums of many of them at worst. */
const tolerance = 1e-4

export const scaleOf = (data: Float64Array): number =>
  data.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6)

/** How answers follow from raw scores of trees: answers = link(sign * score + shift). */
export interface ScoreLink {
  readonly link: Link
  /** By target of the answer: which score, times what, plus what. */
  readonly terms: readonly {
    readonly score: number
    readonly factor: number
    readonly shift: number
  }[]
}

/** The link that makes the answers of the scores, row for row; undefined where none does. */
export function findScoreLink(scores: Scores, answers: Scores): ScoreLink | undefined {
  const same = (count: number) =>
    Array.from({ length: count }, (_, score) => ({ score, factor: 1, shift: 0 }))
  const candidates: ScoreLink[] = []
  if (scores.targets === answers.targets) {
    candidates.push({ link: 'identity', terms: same(scores.targets) })
    if (scores.targets > 1) candidates.push({ link: 'softmax', terms: same(scores.targets) })
    if (scores.targets === 1) {
      candidates.push({ link: 'logit', terms: same(1) }, { link: 'log', terms: same(1) })
      const line = lineThrough(scores.data, answers.data)
      if (line) candidates.push({ link: 'identity', terms: [{ score: 0, ...line }] })
    }
  }
  if (scores.targets === 1 && answers.targets === 2) {
    const mirrored = (shift: number) => [
      { score: 0, factor: -1, shift },
      { score: 0, factor: 1, shift: 0 },
    ]
    candidates.push(
      { link: 'logit', terms: mirrored(0) },
      { link: 'identity', terms: mirrored(1) },
      { link: 'identity', terms: mirrored(0) },
    )
  }
  const allowed = tolerance * Math.max(scaleOf(answers.data), 1e-3)
  return candidates.find(
    (candidate) =>
      gapBetween(linked(appliedTerms(scores, candidate), candidate.link).data, answers.data) <=
      allowed,
  )
}

/** Scores by target of the answer. */
export function appliedTerms({ targets, data }: Scores, { terms }: ScoreLink): Scores {
  const rows = data.length / targets
  const applied = new Float64Array(rows * terms.length)
  for (let row = 0; row < rows; row++) {
    terms.forEach(({ score, factor, shift }, i) => {
      applied[row * terms.length + i] = factor * data[row * targets + score]! + shift
    })
  }
  return { targets: terms.length, data: applied }
}

/** Through fewer points every line goes. */
const fewestPoints = 4

/** The straight line through pairs of numbers, where they lie on one that is not level. */
function lineThrough(
  x: Float64Array,
  y: Float64Array,
): { readonly factor: number; readonly shift: number } | undefined {
  if (new Set(x).size < fewestPoints) return undefined
  const low = x.indexOf(Math.min(...x))
  const high = x.indexOf(Math.max(...x))
  const factor = (y[high]! - y[low]!) / (x[high]! - x[low]!)
  if (!Number.isFinite(factor) || factor === 0) return undefined
  return { factor, shift: y[low]! - factor * x[low]! }
}
