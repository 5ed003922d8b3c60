import { accumulatedLocalEffects, weightedMean } from '../explanations/accumulated-local-effects.ts'
import { equidistantGrid, partialDependence } from '../explanations/partial-dependence.ts'
import { permutationImportance, squaredLoss } from '../explanations/permutation-importance.ts'
import { exactShapley, kernelShap, type Predict } from '../explanations/shapley.ts'
import { predictEnsemble, type TreeEnsemble } from '../explanations/tree-ensemble.ts'
import { treeShap, treeShapInteractions } from '../explanations/tree-shap.ts'
import { interventionalTreeShap } from '../explanations/tree-shap-interventional.ts'
import { parseExpression } from './expression.ts'
import type { ParityFunction } from './parity-function.ts'
import { type Inputs, listOf, numbers, values } from './values.ts'

interface JsonTree {
  readonly left: number[]
  readonly right: number[]
  readonly feature: (number | null)[]
  readonly threshold: (number | null)[]
  readonly value: number[]
  readonly cover: number[]
}

const ensembleOf = (inputs: Inputs): TreeEnsemble => {
  const model = inputs['model'] as unknown as { base: unknown; scale: unknown; trees: JsonTree[] }
  return {
    features: values(inputs, 'features').length,
    base: scalar(model.base),
    scale: scalar(model.scale),
    trees: model.trees.map((tree) => ({
      left: Int32Array.from(tree.left),
      right: Int32Array.from(tree.right),
      feature: Int32Array.from(tree.feature, (feature) => feature ?? -1),
      threshold: Float64Array.from(tree.threshold, (threshold) => threshold ?? 0),
      value: Float64Array.from(tree.value),
      cover: Float64Array.from(tree.cover),
    })),
  }
}

const scalar = (value: unknown): number => Number(Array.isArray(value) ? value[0] : value)

const predictWith =
  (output: (row: Float64Array) => number): Predict =>
  (rows) =>
    rows.map(output)

const modelOf = (inputs: Inputs): Predict => {
  const text = inputs['function']
  if (text === undefined) {
    const ensemble = ensembleOf(inputs)
    return predictWith((row) => predictEnsemble(ensemble, row))
  }
  return predictWith(parseExpression(String(Array.isArray(text) ? text[0] : text)))
}

/** Up to so many features kernel SHAP enumerates every coalition, and must be exact too. */
const ENUMERATED = 12

const matrices = (size: number, flat: readonly Float64Array[]) =>
  flat.map((matrix) =>
    Array.from({ length: size }, (_, i) => matrix.slice(i * size, (i + 1) * size)),
  )

/** The explanations family of the parity schema. */
export const EXPLANATIONS_FUNCTIONS: Readonly<Record<string, ParityFunction>> = {
  'tree-shap-path-dependent': (inputs) => treeShap(ensembleOf(inputs), listOf(inputs, 'rows')),
  'tree-shap-interactions': (inputs) => {
    const ensemble = ensembleOf(inputs)
    const flat = treeShapInteractions(ensemble, listOf(inputs, 'rows'))
    return { values: matrices(ensemble.features, flat) }
  },
  'tree-shap-interventional': (inputs) =>
    interventionalTreeShap(
      ensembleOf(inputs),
      listOf(inputs, 'rows'),
      listOf(inputs, 'background'),
    ),
  'partial-dependence': (inputs, { feature, gridPoints }) => {
    const background = listOf(inputs, 'background')
    const index = values(inputs, 'features').indexOf(String(feature))
    const column = background.map((row) => row[index]!)
    const grid = equidistantGrid(column, Number(gridPoints))
    const result = partialDependence(modelOf(inputs), background, { feature: index, grid })
    return { ...result, individualFirst3: result.individual.slice(0, 3) }
  },
  'permutation-importance': (inputs) =>
    permutationImportance(
      modelOf(inputs),
      { rows: listOf(inputs, 'rows'), label: numbers(inputs, 'label') },
      { permutations: listOf(inputs, 'permutations'), loss: squaredLoss },
    ),
  'exact-shapley': (inputs) => {
    const [rows, background] = [listOf(inputs, 'rows'), listOf(inputs, 'background')]
    const exact = exactShapley(modelOf(inputs), rows, background)
    if ((background[0]?.length ?? 0) > ENUMERATED) return exact
    const kernel = kernelShap(modelOf(inputs), { rows, background }, { seed: 1 })
    const apart = exact.values.some((row, r) =>
      row.some(
        (value, i) => Math.abs(value - kernel.values[r]![i]!) > 1e-8 * (1 + Math.abs(value)),
      ),
    )
    return apart ? kernel : exact
  },
  'accumulated-local-effects': (inputs) => {
    const background = listOf(inputs, 'background')
    const results = Array.from(background[0] ?? [], (_, feature) =>
      accumulatedLocalEffects(modelOf(inputs), background, { feature }),
    )
    return {
      slopes: results.map(
        ({ edges, effects }) => (effects.at(-1)! - effects[0]!) / (edges.at(-1)! - edges[0]!),
      ),
      weightedMean: Math.max(
        ...results.map(({ effects, counts }) => Math.abs(weightedMean(effects, counts))),
      ),
    }
  },
}
