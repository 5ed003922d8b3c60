import { applyPostTransform, logistic, type PostTransform } from '@kaizen/ml/forest'
import type { NodeContext } from '../compiling.ts'
import { classNames, namesOf } from './classes.ts'
import { forestOver } from './forest-over.ts'
import type { ForestLists } from './tree-lists.ts'

interface Classifier {
  readonly lists: ForestLists
  readonly transform: PostTransform
  readonly base: readonly number[]
}

/** Scores of a row: those of all classes, of which it changes the base and transforms. Answers the class. */
type Judge = (scores: Float32Array | Float64Array) => number

/**
 * Labels and scores of a classifier of trees. With more than two classes, or weights for both of two, the class of the
 * largest score is the answer; weights for one of two classes are one score, which both classes are made of.
 */
export function treeClasses(node: NodeContext, { lists, transform, base }: Classifier): void {
  const names = classNames(node, 'classlabels_int64s', 'classlabels_strings')
  const classes = names.names.length
  if (classes < 2) node.refuse('has one class')
  const { sum, columns } = forestOver(node, lists, { targets: classes, aggregate: 'sum' })
  const given = sum.isGiven.flatMap((is, target) => (is ? [target] : []))
  const isAlone = classes === 2 && given.length === 1
  if (!isAlone && given.length < classes) node.refuse('leaves classes without trees')
  const judge = isAlone
    ? aloneJudge(node, { lists, transform, base, given: given[0]! })
    : largestJudge(node, { transform, base, classes })
  const both = new Int32Array(0)
  let chosen = both
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
      return scores instanceof Float32Array ? scores : Float32Array.from(scores)
    },
    scoreName === '' ? node.refuse('has no output of scores') : 1,
  )
  const label = { type: names.type, width: 1, rank: 1, isSingle: false } as const
  node.output(label, () => namesOf(names, chosen), 0)
}

/** The first of the largest scores. */
function largestJudge(
  node: NodeContext,
  {
    transform,
    base,
    classes,
  }: {
    readonly transform: PostTransform
    readonly base: readonly number[]
    readonly classes: number
  },
): Judge {
  if (base.length > 0 && base.length !== classes)
    node.refuse('has another number of base values than of classes')
  // What becomes of base values for two classes that both have trees is said nowhere.
  if (base.length > 0 && classes === 2) node.refuse('has base values for two classes')
  return (scores) => {
    for (let i = 0; i < base.length; i++) scores[i] = scores[i]! + base[i]!
    let best = 0
    if (classes === 2) best = Number(scores[1]! > 0)
    else for (let i = 1; i < classes; i++) if (scores[i]! > scores[best]!) best = i
    applyPostTransform(scores, transform)
    return best
  }
}

/** Weights that are all positive are probabilities; others are scores around zero. */
function aloneJudge(
  node: NodeContext,
  { lists, transform, base, given }: Classifier & { readonly given: number },
): Judge {
  if (base.length > 1) node.refuse('has several base values for one score')
  if (transform !== 'none' && transform !== 'logistic') node.refuse('transforms a single score')
  const isPositive = lists.weight.every((weight) => weight >= 0)
  if (isPositive && transform !== 'none') node.refuse('transforms probabilities')
  return (scores) => {
    scores[given] = scores[given]! + (base[0] ?? 0)
    const score = scores[given]!
    if (isPositive) {
      scores[1] = score
      scores[0] = 1 - scores[1]!
      return Number(score > 0.5)
    }
    if (transform === 'logistic') {
      scores[1] = logistic(score)
      scores[0] = logistic(-score)
    } else {
      scores[1] = score
      scores[0] = -score
    }
    return Number(score > 0)
  }
}
