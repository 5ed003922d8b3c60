import { applyPostTransform, logistic, type PostTransform } from '@kaizen/ml/forest'
import type { NodeContext } from '../compiling.ts'
import { classNames, namesOf } from './classes.ts'
import { forestOver } from './forest-over.ts'
import type { ForestLists } from './tree-lists.ts'

interface Classifier extends ScoreRules {
  readonly lists: ForestLists
}

/** Adds the base to the scores of a row, in place; answers the class. */
type Judge = (scores: Float32Array | Float64Array) => number

interface Judged {
  readonly judge: Judge
  /** Makes answers of judged scores, in place. */
  readonly finish: (scores: Float32Array) => void
}

/**
 * Labels and scores of a classifier of trees. With more than two classes the class of the largest score is the answer;
 * weights for the first of two are one score, which both are made of. What two classes with weights for the second or for
 * both are, onnxruntime decides by rules that the definition does not know.
 */
export function treeClasses(node: NodeContext, { lists, transform, base }: Classifier): void {
  const names = classNames(node, 'classlabels_int64s', 'classlabels_strings')
  const classes = names.names.length
  if (classes < 2) node.refuse('has one class')
  const { sum, columns } = forestOver(node, lists, { targets: classes, aggregate: 'sum' })
  const isAlone = classes === 2 && sum.isGiven[0] === true && sum.isGiven[1] === false
  if (!isAlone && (classes === 2 || !sum.isGiven.every(Boolean))) {
    node.refuse('leaves classes without trees, or none of two')
  }
  const { judge, finish } = isAlone
    ? alone(node, { lists, transform, base })
    : largest(node, { transform, base, classes })
  let chosen = new Int32Array(0)
  const spec = { type: 'float', width: classes, rank: 2, isSingle: true } as const
  // The label is the second output of one computation, so the scores are computed first.
  const scoreName = node.node.outputs[1] ?? ''
  node.output(
    spec,
    (frame) => {
      const scores = sum.compute(columns(frame), frame.rows)
      chosen = new Int32Array(frame.rows)
      for (let row = 0; row < frame.rows; row++) {
        chosen[row] = judge(scores.subarray(row * classes, (row + 1) * classes))
      }
      // Scores of float64 are rounded before they are transformed.
      const answers = scores instanceof Float32Array ? scores : new Float32Array(scores)
      for (let at = 0; at < answers.length; at += classes) {
        finish(answers.subarray(at, at + classes))
      }
      return answers
    },
    scoreName === '' ? node.refuse('has no output of scores') : 1,
  )
  const label = { type: names.type, width: 1, rank: 1, isSingle: false } as const
  node.output(label, () => namesOf(names, chosen), 0)
}

interface ScoreRules {
  readonly transform: PostTransform
  readonly base: readonly number[]
}

/** The first of the largest scores. */
function largest(
  node: NodeContext,
  { transform, base, classes }: ScoreRules & { readonly classes: number },
): Judged {
  if (base.length > 0 && base.length !== classes) {
    node.refuse('has another number of base values than of classes')
  }
  const judge: Judge = (scores) => {
    for (let i = 0; i < base.length; i++) scores[i] = scores[i]! + base[i]!
    let best = 0
    for (let i = 1; i < classes; i++) if (scores[i]! > scores[best]!) best = i
    return best
  }
  return { judge, finish: (scores) => applyPostTransform(scores, transform) }
}

/** Weights that are all positive are probabilities of the second class; others are scores around zero. */
function alone(
  node: NodeContext,
  { lists, transform, base }: ScoreRules & { readonly lists: ForestLists },
): Judged {
  if (base.length > 1) node.refuse('has several base values for one score')
  if (transform !== 'none' && transform !== 'logistic') node.refuse('transforms a single score')
  const isPositive = lists.weight.every((weight) => weight >= 0)
  if (isPositive && transform !== 'none') node.refuse('transforms probabilities')
  const judge: Judge = (scores) => {
    scores[0] = scores[0]! + (base[0] ?? 0)
    return Number(scores[0]! > (isPositive ? 0.5 : 0))
  }
  const finish = (scores: Float32Array): void => {
    const score = scores[0]!
    if (isPositive) scores[0] = 1 - score
    else scores[0] = transform === 'logistic' ? logistic(-score) : -score
    scores[1] = transform === 'logistic' ? logistic(score) : score
  }
  return { judge, finish }
}
