/** Main of the explaining thread: reads trees out of models and computes their Shapley values. */
import { readFileSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import { interventionalTreeShap, predictEnsemble } from '@kaizen/ml'
import { readOnnxGraph, UnreadableGraph } from '../../runtime/index.ts'
import type {
  ExplainAnswer,
  ExplainTask,
  ReadTrees,
  TreeQuestion,
  TreeValues,
} from './explain-messages.ts'
import { exposedModel } from './exposed-model.ts'
import { type GraphTrees, treesOf } from './onnx-trees.ts'

/** Constants beside the trees are only looked at where they are small: offsets of scores. */
const mostConstantBytes = 65_536
/** Between looks at the clock. */
const backgroundAtATime = 4

const models = new Map<number, GraphTrees>()

function read(model: number, source: string | Uint8Array): ReadTrees | undefined {
  const bytes = typeof source === 'string' ? readFileSync(source) : source
  try {
    const trees = treesOf(readOnnxGraph(bytes, mostConstantBytes))
    models.set(model, trees)
    const { input, ensembles } = trees
    return { input, scores: ensembles.length, exposed: exposedModel(bytes, input) }
  } catch (failure) {
    if (failure instanceof UnreadableGraph) return undefined
    throw failure
  }
}

function explain({ ensembles }: GraphTrees, question: TreeQuestion): TreeValues {
  const { width, players, playerCount } = question
  const until = performance.now() + question.budgetMs
  const rows = rowsOf(question.rows, width)
  const background = rowsOf(question.background, width)
  const scores = ensembles.length
  const values = new Float64Array(rows.length * scores * playerCount)
  let used = 0
  while (used < background.length && (used === 0 || performance.now() < until)) {
    const part = background.slice(used, used + backgroundAtATime)
    ensembles.forEach((ensemble, score) => {
      const found = interventionalTreeShap(ensemble, rows, part, {
        of: players,
        count: playerCount,
      })
      found.values.forEach((phi, row) => {
        const from = (row * scores + score) * playerCount
        for (let i = 0; i < playerCount; i++) values[from + i]! += phi[i]! * part.length
      })
    })
    used += part.length
  }
  for (let i = 0; i < values.length; i++) values[i]! /= used
  const scored = (list: readonly Float64Array[]): Float64Array =>
    Float64Array.from(
      list.flatMap((row) => ensembles.map((ensemble) => predictEnsemble(ensemble, row))),
    )
  return {
    scores,
    values,
    backgroundRows: used,
    rowScores: scored(rows),
    backgroundScores: scored(background),
  }
}

const rowsOf = (matrix: Float64Array, width: number): Float64Array[] =>
  Array.from({ length: matrix.length / width }, (_, i) =>
    matrix.subarray(i * width, (i + 1) * width),
  )

function answer(task: ExplainTask): ExplainAnswer {
  const { id } = task
  try {
    switch (task.kind) {
      case 'read':
        return { id, read: read(task.model, task.source) }
      case 'forget':
        models.delete(task.model)
        return { id, done: true }
      case 'explain': {
        const trees = models.get(task.model)
        if (!trees) throw new Error('the model is not known any more')
        return { id, values: explain(trees, task) }
      }
    }
  } catch (failure) {
    return { id, failure: failure instanceof Error ? failure.message : String(failure) }
  }
}

parentPort?.on('message', (task: ExplainTask) => parentPort?.postMessage(answer(task)))
